"""What several processes count is one figure; what a dead one held open is nobody's."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from bookstrack.lib import metric_files, telemetry

COUNTING = """
import sys
from bookstrack.lib.telemetry import Counter, Histogram, live_gauge
counter = Counter("bookstrack_t_total", "t", ["kind"])
seconds = Histogram("bookstrack_t_seconds", "t", buckets=(0.01, 0.1))
held = live_gauge("bookstrack_t_open", "t")
counter.labels(sys.argv[1]).inc(int(sys.argv[2]))
seconds.observe(0.05)
held.set(int(sys.argv[2]))
print("done", flush=True)
sys.stdin.read()
"""
READING = """
import json
from bookstrack.lib import telemetry
text, kind = telemetry.exposition("text/plain", [telemetry.Sample("bookstrack_store", {"q": 'a"b'}, 4.0, "gauge")])
print(json.dumps({"samples": telemetry.samples(), "text": text.decode(), "type": kind, "epoch": telemetry.epoch()}))
"""
Process = subprocess.Popen[str]


def env(folder: Path) -> dict[str, str]:
    return os.environ | {metric_files.VARIABLE: str(folder)}


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[Callable[[str, int], Process]]:
    """Starts a process that counts so much of a kind and then waits."""
    begun: list[Process] = []

    def begin(kind: str, count: int) -> Process:
        command = [sys.executable, "-c", COUNTING, kind, str(count)]
        process = subprocess.Popen(command, env=env(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        begun.append(process)
        out: IO[str] | None = process.stdout
        assert out is not None and out.readline() == "done\n"
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def read(folder: Path) -> tuple[dict[str, float], dict[str, Any]]:
    """Every figure as a process of its own sees them."""
    done = subprocess.run([sys.executable, "-c", READING], env=env(folder), capture_output=True, text=True, timeout=60, check=True)
    said = json.loads(done.stdout)
    return {f"{name}{sorted(labels.items())}": value for name, labels, value, _ in said["samples"]}, said


def test_processes_are_added_up_and_the_dead_hold_nothing(tmp_path: Path, counting: Callable[[str, int], Process]) -> None:
    metric_files.begin(tmp_path)
    one = counting("a", 3)
    counting("a", 4)
    counting("b", 5)
    found, said = read(tmp_path)
    assert found["bookstrack_t_total[('kind', 'a')]"] == 7 and found["bookstrack_t_total[('kind', 'b')]"] == 5
    assert found["bookstrack_t_seconds_count[]"] == 3 and found["bookstrack_t_seconds_bucket[('le', '0.01')]"] == 0
    assert found["bookstrack_t_open[]"] == 12
    assert not any(name.startswith(("python_", "process_")) for name in found)
    assert 'bookstrack_t_total{kind="a"} 7.0' in said["text"] and 'bookstrack_store{q="a\\"b"} 4.0' in said["text"]
    assert said["type"].startswith("text/plain")

    one.send_signal(signal.SIGKILL)
    one.wait()
    found, again = read(tmp_path)
    assert found["bookstrack_t_total[('kind', 'a')]"] == 7
    assert found["bookstrack_t_open[]"] == 9
    assert again["epoch"] == said["epoch"] != ""


def test_what_many_dead_counted_is_kept_in_one_file(tmp_path: Path, counting: Callable[[str, int], Process]) -> None:
    metric_files.begin(tmp_path)
    for turn in range(2):
        dying = [counting("a", 2) for _ in range(5)]
        for process in dying:
            process.kill()
            process.wait()
        found, _ = read(tmp_path)
        died = 5 * (turn + 1)
        assert found["bookstrack_t_total[('kind', 'a')]"] == 2 * died
        assert found["bookstrack_t_seconds_count[]"] == found["bookstrack_t_seconds_bucket[('le', '0.1')]"] == died
        assert found["bookstrack_t_seconds_sum[]"] == pytest.approx(0.05 * died)
        assert len(list(tmp_path.glob("counter_*.db"))) == 2  # that file, and the reader's own
    counting("a", 1)
    assert read(tmp_path)[0]["bookstrack_t_total[('kind', 'a')]"] == 21
    metric_files.begin(tmp_path)
    assert not (tmp_path / "counter_0.db").exists()


def test_a_new_start_empties_the_folder_of_its_own_files_only(tmp_path: Path, counting: Callable[[str, int], Process]) -> None:
    metric_files.begin(tmp_path)
    epoch = metric_files.epoch(tmp_path)
    one, other = counting("a", 3), counting("b", 4)
    one.kill()
    one.wait()
    strange = [tmp_path / name for name in ("notes.txt", "counter_x.db", "my_counter_1.db", "sub")]
    for path in strange[:3]:
        path.write_text("mine")
    strange[3].mkdir()
    metric_files.begin(tmp_path)
    assert all(path.exists() for path in strange)
    left = {path.name for path in tmp_path.glob("*_[0-9]*.db")}
    assert left == {f"{kind}_{other.pid}.db" for kind in ("counter", "histogram", "gauge_livesum")} | {"my_counter_1.db"}
    assert metric_files.epoch(tmp_path) != epoch
    for path in strange[1:3]:
        path.unlink()
    assert "bookstrack_t_total[('kind', 'a')]" not in read(tmp_path)[0]


def test_room_is_taken_beforehand(tmp_path: Path, counting: Callable[[str, int], Process]) -> None:
    """A page of a mapped file that a full disk cannot take ends a process: none of the first ones is a hole."""
    process = counting("a", 1)
    for kind, size in metric_files.RESERVED.items():
        found = (tmp_path / f"{kind}_{process.pid}.db").stat()
        assert found.st_size == size and found.st_blocks * 512 >= size


def test_gauges_of_an_earlier_process_with_this_number_are_dropped(tmp_path: Path) -> None:
    old = tmp_path / f"gauge_livesum_{os.getpid()}.db"
    old.write_bytes(b"\x40" + bytes(4095))
    kept = tmp_path / f"counter_{os.getpid()}.db"
    kept.write_bytes(b"\x40" + bytes(4095))
    metric_files.reserve(tmp_path)
    assert old.read_bytes() == bytes(metric_files.RESERVED["gauge_livesum"])
    assert kept.stat().st_size == 4096


def test_without_a_folder_a_process_counts_for_itself() -> None:
    counter = telemetry.Counter("bookstrack_test_alone_total", "t", ["x"])
    counter.labels("1").inc(2)
    assert telemetry.Sample("bookstrack_test_alone_total", {"x": "1"}, 2.0, "counter") in telemetry.samples()
    text, kind = telemetry.exposition("application/openmetrics-text;version=1.0.0")
    assert b'bookstrack_test_alone_total{x="1"} 2.0' in text and text.endswith(b"# EOF\n")
    assert kind.startswith("application/openmetrics-text")
    assert telemetry.epoch() == telemetry.epoch() != ""
