"""Starting, measured: `python -m benchmarks.start`. From `make run` to /readyz, with an installed .venv: first on an empty data folder,
then again on the same."""

import os
import signal
import subprocess
import tempfile
import time

from benchmarks import stage
from benchmarks.table import not_measured, run, tell


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
    tell("`make run` to ready, second time", f"{second:.1f} s", must="≤ 6 s", reference=f"first time {first:.1f} s", holds=second <= 6)
    not_measured("`make test`", "takes minutes: `time make test`", must="≤ 6 min")


if __name__ == "__main__":
    raise SystemExit(run("Starting", main))
