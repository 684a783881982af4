"""How much memory the processes of a server hold."""

from pathlib import Path

from benchmarks.stage import Stage

LIMIT_MB = 150  # of a web process, and of a worker without OCR


def resident_mb(on: Stage, module: str) -> list[float]:
    """Resident memory of each process of the server that runs this module, in MB."""
    sizes = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            group = int((folder / "stat").read_text().rpartition(")")[2].split()[2])
            if module.encode() in words and group == on.group:
                status = (folder / "status").read_text()
                sizes.append(int(status.split("VmRSS:")[1].split()[0]) / 1024)
        except (OSError, IndexError, ValueError):
            continue  # it ended meanwhile, or is not ours to read
    return sizes


def row(what: str, ours: str, reference: str, difference: str, holds: bool) -> None:
    """Print a row of docs/performance.md with whether it holds."""
    print(f"| {what} | {ours} | {reference} | {difference} | {'holds' if holds else 'DOES NOT HOLD'} |", flush=True)


def memory_row(on: Stage, what: str, module: str) -> None:
    """Print how large the processes are that run this module."""
    sizes = resident_mb(on, module)
    row(what, ", ".join(f"{size:.0f} MB" for size in sizes), f"{LIMIT_MB} MB", "", bool(sizes) and max(sizes) <= LIMIT_MB)
