"""Whatever becomes of the output: no request is the worse for it, lines are printed whole, and those that were not are counted."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookstrack.lib import access_log, logging
from tests.bookstrack.lib.printing import PLAIN, as_configured, said_of, taken, with_path


@pytest.fixture
def as_json(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    with as_configured("json", monkeypatch) as stream:
        yield stream


@pytest.fixture
def pipe(as_json: io.StringIO) -> Iterator[tuple[int, io.TextIOWrapper]]:
    """The reading end of a pipe that lines are printed into, and the stream of the other."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "w", encoding="ascii") as stream:
        logging.printer().stream = stream
        yield reader, stream
        logging.printer().stream = as_json
    with contextlib.suppress(OSError):
        os.close(reader)


def test_lines_that_nobody_reads_are_counted(pipe: tuple[int, io.TextIOWrapper], as_json: io.StringIO) -> None:
    os.close(pipe[0])
    for _ in range(3):
        access_log.line(*PLAIN)
    logging.printer().stream = as_json
    access_log.line(*PLAIN)
    notice, line = said_of(taken(as_json))
    assert notice["event"] == "access lines could not be printed" and notice["lines"] == 3 and notice["level"] == "warning"
    assert line["event"] == "request"
    access_log.line(*PLAIN)
    assert len(said_of(taken(as_json))) == 1


def test_a_closed_stream_is_no_requests_fault(pipe: tuple[int, io.TextIOWrapper], as_json: io.StringIO) -> None:
    pipe[1].close()
    access_log.line(*PLAIN)
    logging.printer().stream = as_json
    access_log.line(*PLAIN)
    assert [one.get("lines") for one in said_of(taken(as_json))] == [1, None]


async def test_a_full_pipe_gets_whole_lines_only(pipe: tuple[int, io.TextIOWrapper]) -> None:
    reader, stream = pipe
    os.set_blocking(stream.fileno(), False)
    os.set_blocking(reader, False)
    text = b""
    for turn in range(4):
        for number in range(4 * access_log.MOST_LINES):  # more than a pipe takes; so many at once that it takes a part
            access_log.line(*PLAIN[:5], f"{turn}-{number}")
        text += read_all(reader)
    access_log.line(*PLAIN[:5], "last")
    access_log.flush()
    found = said_of((text + read_all(reader)).decode())
    lost = sum(int(str(one["lines"])) for one in found if one["event"] != "request")
    ids = [one["trace_id"] for one in found if one["event"] == "request"]
    assert lost > 0 and lost + len(ids) == 4 * 4 * access_log.MOST_LINES + 1 and len(set(ids)) == len(ids) and ids[-1] == "last"


def read_all(reader: int) -> bytes:
    text = b""
    with contextlib.suppress(BlockingIOError):
        while more := os.read(reader, 65_536):
            text += more
    return text


def test_signs_that_an_output_does_not_know_are_escaped(pipe: tuple[int, io.TextIOWrapper], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:  # which ends before that of `pipe`
        patched.setenv("LOG_FORMAT", "console")
        logging.configure()
    logging.printer().stream = pipe[1]
    access_log.line(*with_path("/é"))
    assert rb"path=/\xe9 " in os.read(pipe[0], 65_536)


AT_THE_END = """
import asyncio, os, sys
from bookstrack.lib import access_log, logging
logging.configure()

async def main():
    access_log.line("GET", "/a", "/a", 200, 1.0, "before")
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    access_log.line("GET", "/a", "/a", 200, 1.0, "child" if not child else "parent")

asyncio.run(main())
"""


def test_what_waits_is_printed_at_exit_by_the_process_that_noted_it() -> None:
    env = os.environ | {"LOG_FORMAT": "json", "LOG_LEVEL": "INFO"}
    done = subprocess.run([sys.executable, "-c", AT_THE_END], env=env, capture_output=True, text=True, timeout=60, check=True)
    assert [one["trace_id"] for one in said_of(done.stdout)] == ["child", "before", "parent"], done.stderr


def test_a_file_gets_them_too(as_json: io.StringIO, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as stream:
        logging.printer().stream = stream
        stream.write("{}\n")  # not yet written: others print into the same stream
        access_log.line(*PLAIN)
        logging.printer().stream = as_json
    assert [one.get("event") for one in said_of((tmp_path / "log").read_text())] == [None, "request"]
