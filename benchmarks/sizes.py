"""How much memory and processor time the processes of a server take."""

import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.stage import Stage
from benchmarks.table import tell

LIMIT_MB = 150  # of a web process, and of a worker without OCR
WEB, WORKER = "bookstrack.web", "jobs.worker"


def processes(on: Stage, module: str) -> Iterator[Path]:
    """The /proc folder of each process of the server that runs this module."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            group = int((folder / "stat").read_text().rpartition(")")[2].split()[2])
        except (OSError, IndexError, ValueError):
            continue  # it ended meanwhile, or is not ours to read
        if module.encode() in words and group == on.group:
            yield folder


def resident_mb(on: Stage, module: str) -> dict[int, float]:
    """Resident memory of each process of the server that runs this module, in MB by process id."""
    return {int(folder.name): size for folder in processes(on, module) if (size := _resident_mb(folder)) is not None}


def _resident_mb(folder: Path) -> float | None:
    try:
        return int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError):
        return None


def cpu_s(on: Stage, module: str) -> float:
    """Processor seconds that these processes have taken."""
    return sum(cpu_of(int(folder.name)) for folder in processes(on, module))


def cpu_of(pid: int) -> float:
    """Processor seconds that one process has taken; 0 where it ended."""
    try:
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    except (OSError, ValueError):
        return 0.0
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def memory_row(on: Stage, what: str, module: str) -> None:
    """Tell how large the processes are that run this module."""
    sizes = resident_mb(on, module).values()
    shown = ", ".join(f"{size:.0f} MB" for size in sizes)
    tell(what, shown, must=f"≤ {LIMIT_MB} MB", holds=bool(sizes) and max(sizes) <= LIMIT_MB)
