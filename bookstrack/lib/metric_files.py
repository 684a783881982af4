"""The files that all processes of a host count in, one folder of them. Standard library only: whoever supervises uses it too.

prometheus_client maps them into memory, a file for each type of figure and process: `counter_4711.db`, `gauge_livesum_4711.db`.
"""

import contextlib
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# Bytes that a process takes for its files beforehand. They are mapped: a page that a full disk cannot take would end the process.
RESERVED = {"counter": 2**17, "histogram": 2**19, "gauge_livesum": 2**15, "summary": 2**14}
_NAME = re.compile(r"(?:counter|histogram|summary|gauge_(?P<live>live)?[a-z]+)_(?P<pid>\d+)\.db\Z")
_EPOCH, _LOCK = "epoch", "lock"
FOLDED = 0  # as if it were a process: what those counted that are gone


def begin(folder: Path) -> None:
    """Make the folder empty for a new start: files of processes that are gone are removed, and nothing that is not such a file.

    Raises: OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.iterdir():
        found = _NAME.match(path.name)
        if found and not _maps(int(found["pid"]), path):
            path.unlink(missing_ok=True)
    (folder / _EPOCH).write_text(secrets.token_hex(8))


def epoch(folder: Path) -> str:
    """What tells one start of the counters from the next; empty where nobody said it."""
    with contextlib.suppress(FileNotFoundError):
        return (folder / _EPOCH).read_text()
    return ""


def reserve(folder: Path) -> None:
    """Take the room for this process's files, and drop where gauges of an earlier process with the same number stood.

    Raises: OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.glob(f"gauge_live*_{os.getpid()}.db"):
        path.unlink(missing_ok=True)
    for kind, size in RESERVED.items():
        path = folder / f"{kind}_{os.getpid()}.db"
        if not path.exists():
            draft = path.with_suffix(".new")  # a reader takes what ends in .db
            draft.write_bytes(bytes(size))
            draft.replace(path)


def forget_dead(folder: Path) -> None:
    """Remove where the gauges of processes stood that are gone; what they counted stays."""
    for path in folder.glob("gauge_live*_*.db"):
        found = _NAME.match(path.name)
        if found and not _lives(int(found["pid"])):
            path.unlink(missing_ok=True)


def of_the_dead(folder: Path) -> list[Path]:
    """Files in which processes counted that are gone."""
    found = ((path, _NAME.match(path.name)) for path in folder.glob("*.db"))
    return [path for path, name in found if name and not name["live"] and not _lives(int(name["pid"]))]


@contextlib.contextmanager
def looking(folder: Path, *, alone: bool = False) -> Iterator[None]:
    """While files are read nobody folds them into others; who does so is `alone`."""
    with (folder / _LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError, OverflowError):  # of another user: none of ours
        return False
    return True


def _maps(pid: int, path: Path) -> bool:
    """Whether this process counts in this file: after a reboot a number may be anybody's."""
    if not Path("/proc/self/maps").exists():
        return _lives(pid)
    try:
        return str(path.resolve()) in Path(f"/proc/{pid}/maps").read_text(errors="replace")
    except OSError:
        return False
