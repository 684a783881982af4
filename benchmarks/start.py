"""Starting, measured: `python -m benchmarks.start`. From `make run` to /readyz, with an installed .venv: first on an empty data folder,
then again on the same."""

import os
import signal
import subprocess
import tempfile
import time

from benchmarks import stage


def started_s(data: str) -> float:
    """Seconds from `make run` to /readyz; it is stopped afterwards."""
    port = stage.free_port()
    env = {**os.environ, "BOOKSTRACK_DATA_DIR": data, "BOOKSTRACK_PORT": str(port), "SEARCH_PROVIDERS": "catalogue"}
    began = time.perf_counter()
    run = subprocess.Popen(["make", "run"], cwd=stage.ROOT, env=env, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        stage.wait_for(f"http://127.0.0.1:{port}/readyz")
        return time.perf_counter() - began
    finally:
        os.killpg(run.pid, signal.SIGTERM)
        run.wait(15)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bt-bench-") as data:
        first, second = started_s(data), started_s(data)
    print(f"| make run to /readyz, first time | {first:.1f} s | | | |")
    print(f"| make run to /readyz, second time | {second:.1f} s | 6 s | | {'holds' if second <= 6 else 'DOES NOT HOLD'} |")


if __name__ == "__main__":
    main()
