"""Groups of tiny real processes, run by a supervisor in a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bookstrack.lib import processes
from bookstrack.lib.processes import describe_exit

WAIT_S = 20
ROOT = Path(processes.__file__).resolve().parent.parent.parent
SUPERVISOR = """
import asyncio, json, os, sys
from pathlib import Path
from bookstrack.lib.processes import Console, Group, Part, run_until_stopped

async def main():
    console = Console(1, colour="colour" in sys.argv[2:])
    group = Group(console, cwd=Path.cwd(), env={**os.environ, "PYTHONUNBUFFERED": "1"})
    async def work():
        for part in json.loads(sys.argv[1]):
            group.start(Part(**part))
        await asyncio.Event().wait()
    code = await run_until_stopped(group, work())
    group.console.say("all ended")
    return code

raise SystemExit(asyncio.run(main()))
"""
SLEEPS = "import os, time; print('pid', os.getpid()); time.sleep(600)"
DEAF = "import signal; [signal.signal(n, signal.SIG_IGN) for n in (signal.SIGTERM, signal.SIGINT)]; " + SLEEPS


def part(name: str, code: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "argv": [sys.executable, "-c", code], **more}


class Supervisor:
    """A running supervisor and what it printed so far."""

    def __init__(self, log: Path, parts: list[dict[str, Any]], *options: str) -> None:
        self.log = log
        with log.open("wb") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SUPERVISOR, json.dumps(parts), *options],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, pattern: str, *, times: int = 1) -> list[str]:
        """The matches of a pattern in the output, once there are so many."""
        wait_until(lambda: len(re.findall(pattern, self.text())) >= times, self.text)
        return re.findall(pattern, self.text())

    def pids(self, *, times: int) -> list[int]:
        return [int(pid) for pid in self.wait_for(r"pid (\d+)\n", times=times)]


def wait_until(true: Callable[[], bool], text: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline, text()
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and waits for its parent does not."""
    status = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(status) and "Z" not in status


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    started: list[Supervisor] = []

    def start(*parts: dict[str, Any], options: tuple[str, ...] = ()) -> Supervisor:
        started.append(Supervisor(tmp_path / f"{len(started)}.log", list(parts), *options))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.wait()


Supervise = Callable[..., Supervisor]


def test_each_line_carries_the_name_of_its_part(supervise: Supervise) -> None:
    says = "import sys, time; print('to out'); print('to err', file=sys.stderr); time.sleep(600)"
    run = supervise(part("one", says), part("two", says, replicas=2))
    run.wait_for("to err", times=3)
    assert sorted(run.text().splitlines()) == sorted(
        f"{label:<8} | {line}" for label in ("one", "two.1", "two.2") for line in ("to out", "to err")
    )


def test_names_are_coloured_on_a_terminal_only(supervise: Supervise) -> None:
    run = supervise(part("one", SLEEPS), options=("colour",))
    run.pids(times=1)
    assert run.text().startswith("\x1b[36mone      |\x1b[0m pid ")


def test_lines_are_whole_whatever_their_bytes_and_length(supervise: Supervise) -> None:
    code = (
        "import os, sys, time; w = sys.stdout.buffer.write; w(b'half '); sys.stdout.flush(); time.sleep(0.1); "
        "w(b'line\\r\\n\\xff\\xfe \\xc3\\xa9\\n' + b'x' * 300_000 + b'\\n\\nno newline at the end')"
    )
    run = supervise(part("odd", code))
    run.wait_for("no newline at the end\n")
    lines = [line.removeprefix("odd      | ") for line in run.text().splitlines()[:5]]
    assert lines == ["half line", r"\xff\xfe é", "x" * 300_000, "", "no newline at the end"]


def test_a_line_without_end_is_broken(supervise: Supervise) -> None:
    code = "import sys, time; sys.stdout.write('x' * 2_500_000); sys.stdout.flush(); time.sleep(600)"
    run = supervise(part("endless", code))
    run.wait_for(r"x\n", times=2)
    assert max(map(len, run.text().splitlines())) < processes.LONGEST_LINE_BYTES + 2 * processes.CHUNK_BYTES


def test_a_part_that_dies_starts_again_after_longer_and_longer_pauses(supervise: Supervise) -> None:
    run = supervise(part("frail", "raise SystemExit(7)"), part("steady", SLEEPS))
    assert run.wait_for(r"frail ended with exit code 7; it starts again in (\S+) s", times=3)[:3] == ["0.5", "1", "2"]
    assert len(run.pids(times=1)) == 1


def test_a_killed_part_starts_again(supervise: Supervise) -> None:
    run = supervise(part("web", SLEEPS))
    os.kill(run.pids(times=1)[0], signal.SIGKILL)
    run.wait_for("web was ended by SIGKILL; it starts again")
    first, second = run.pids(times=2)
    assert first != second
    assert alive(second)


def test_a_part_that_cannot_be_started_says_why_and_is_tried_again(supervise: Supervise) -> None:
    run = supervise({"name": "gone", "argv": ["/no/such/program"]})
    run.wait_for(r"gone could not be started: .*No such file.*; it starts again in 1 s")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_whole_group_ends_all_of_it(supervise: Supervise, number: int) -> None:
    run = supervise(part("web", SLEEPS, replicas=2), part("redis", SLEEPS, ends_last=True))
    pids = run.pids(times=3)
    os.killpg(run.process.pid, number)
    assert run.process.wait(WAIT_S) == 0
    assert not any(map(alive, pids))
    assert "starts again" not in run.text()
    assert run.text().endswith("all ended\n")


def test_what_ends_last_ends_after_the_others(supervise: Supervise) -> None:
    ends = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep({}), print('ended'), sys.exit()))\n"
        "print('pid 1'); time.sleep(600)"
    )
    run = supervise(part("redis", ends.format(0), ends_last=True), part("web", ends.format(0.5)))
    run.pids(times=2)
    run.process.terminate()
    assert run.process.wait(WAIT_S) == 0
    assert re.findall(r"(\w+) +\| ended", run.text()) == ["web", "redis"]


def test_a_part_that_does_not_listen_is_killed_in_the_end(supervise: Supervise) -> None:
    run = supervise(part("deaf", DEAF), part("redis", SLEEPS, ends_last=True))
    pids = run.pids(times=2)
    run.process.terminate()
    assert run.process.wait(WAIT_S) == 0
    assert "deaf did not end within 8 s and is killed" in run.text()
    assert not any(map(alive, pids))


def test_a_second_ctrl_c_ends_all_at_once(supervise: Supervise) -> None:
    run = supervise(part("deaf", DEAF), part("redis", DEAF, ends_last=True))
    pids = run.pids(times=2)
    run.process.send_signal(signal.SIGINT)
    run.wait_for("stopping")
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(WAIT_S) == 0
    assert "did not end" not in run.text()
    assert not any(map(alive, pids))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties children to their parent")
def test_children_end_with_a_supervisor_that_is_killed(supervise: Supervise) -> None:
    run = supervise(part("deaf", DEAF), part("redis", SLEEPS, ends_last=True))
    pids = run.pids(times=2)
    run.process.kill()
    wait_until(lambda: not any(map(alive, pids)))


def test_ends_when_nobody_reads_its_output_any_more() -> None:
    chatty = part("chatty", "import time\nwhile True: print('line'); time.sleep(0.01)")
    command = [sys.executable, "-c", SUPERVISOR, json.dumps([chatty])]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"chatty   | line\n"
        process.stdout.close()
        assert process.wait(WAIT_S) == 0
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "ended with exit code 0"), (3, "ended with exit code 3"),
        (-9, "was ended by SIGKILL"), (-99, "was ended by signal 99"),
    ],
)
def test_an_exit_is_told_in_words(code: int, words: str) -> None:
    assert describe_exit(code) == words
