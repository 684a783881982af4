"""The table that benchmarks print: a row for each thing measured, in one form, as soon as it is measured.

A command tells its rows by `tell` and ends by `run`, whose exit code is 1 where a row does not hold. Rows of a process that another one
started by `relayed` are read from its standard output, so all of them stand in one table.
"""

import asyncio
import os
import platform
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path

HEAD = ("| What | Must | Ours | Reference | Ratio | |", "|---|---|---|---|---|---|")
HOLDS, MISSED, NOT_MEASURED = "holds", "DOES NOT HOLD", "not measured"
_HEADED = "BENCHMARKS_HEADED"  # set for processes whose rows belong to a table that was begun already
_missed: list[str] = []


class NotMeasured(Exception):
    """What a benchmark needs is not on this machine; the message says what."""


def tell(what: str, ours: str, *, must: str = "", reference: str = "", ratio: str = "", holds: bool | None = None) -> None:
    """Print a row. `ratio` may be a difference as well; `holds` is None where nothing must hold."""
    if holds is False:
        _missed.append(what)
    verdict = "" if holds is None else HOLDS if holds else MISSED
    cells = (what, must, ours, reference, ratio, verdict)
    print("| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |", flush=True)


def not_measured(what: str, why: str, *, must: str = "") -> None:
    """Print a row for what could not be measured here; it fails nothing."""
    print(f"| {what} | {must} | {why} | | | {NOT_MEASURED} |", flush=True)


def relayed(command: Sequence[str], env: Mapping[str, str] | None = None) -> list[str]:
    """Run a process that tells rows, print what it prints, and give the verdict of each row. Raises: SystemExit where it fails."""
    verdicts = []
    with subprocess.Popen(command, env={**(env or os.environ), _HEADED: "1"}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            if line.startswith("| "):
                verdicts.append(line.rstrip().removesuffix("|").rpartition("|")[2].strip())
    if process.returncode and MISSED not in verdicts:
        raise SystemExit(f"{' '.join(command[1:])} failed with exit code {process.returncode}")
    return verdicts


def part(command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
    """Run a part of a benchmark in a process of its own, whose rows count as ours. Raises: SystemExit where it fails."""
    _missed.extend(verdict for verdict in relayed(command, env) if verdict == MISSED)


def run(name: str, work: Callable[[], Coroutine[object, object, None] | None]) -> int:
    """Print a table of what `work` tells; 1 where a row does not hold. A benchmark that cannot go on is such a row."""
    begin()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the servers that it started end with it
    try:
        coroutine = work()
        if coroutine is not None:
            asyncio.run(coroutine)
    except NotMeasured as error:
        not_measured(name, str(error))
    except Exception:
        traceback.print_exc()
        tell(name, "the benchmark broke", holds=False)
    except SystemExit as error:
        if isinstance(error.code, int):
            raise
        tell(name, f"not all was measured: {error}", holds=False)
    return 1 if _missed else 0


def begin() -> None:
    """Print the head of the table, unless this process's rows belong to one that was begun already."""
    if _HEADED not in os.environ:
        print("\n".join(HEAD), flush=True)
    os.environ[_HEADED] = "1"


def machine() -> str:
    """What the figures were measured on, and when."""
    model = next((line.partition(":")[2].strip() for line in _cpu_lines() if line.startswith("model name")), platform.machine())
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    when = time.strftime("%Y-%m-%d %H:%M %Z")
    return f"{when}; {os.cpu_count()} cores of {model}; Python {platform.python_version()}; load before {load}"


def _cpu_lines() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
