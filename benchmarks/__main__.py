"""All that must hold, measured: `python -m benchmarks [NAME …] [--quick]`, or `make bench`. Exit code 1 where a row does not hold.

Without names it is the table of docs/performance.md, in about a quarter of an hour; a name is one of this package's commands. `--quick`
measures less often, to see that everything runs: figures of such a run say little.
"""

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

from benchmarks.table import HOLDS, MISSED, NOT_MEASURED, begin, machine, relayed, tell

ROWS: dict[str, tuple[str, ...]] = {  # in the table's order, with what makes them quick
    "hot": ("--rounds", "2", "--seconds", "0.5"),
    "zipf": (),
    "search": ("--runs", "5"),
    "jobs": ("--runs", "1", "--pairs", "2"),
    "progress": ("--seconds", "15"),
    "imports": ("--runs", "1"),
    "catalogue": ("--editions", "50000"),
    "photos": (),
    "covers": ("--rounds", "2", "--seconds", "0.5"),
    "growth": ("--rounds", "1"),
    "start": (),
}


def main() -> int:
    """Run the commands, one after the other; 1 where a row does not hold or a command fails."""
    parser = argparse.ArgumentParser(description="Measures all that must hold.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ROWS)}, or another module of this package")
    parser.add_argument("--quick", action="store_true", help="less often: to see that everything runs")
    options = parser.parse_args()
    unknown = [name for name in options.names if not Path(__file__).with_name(f"{name}.py").exists()]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    print(f"{machine()}\n", flush=True)
    began_s, verdicts = time.monotonic(), Counter[str]()
    begin()
    for name in options.names or ROWS:
        verdicts.update(measured(name, ROWS.get(name, ()) if options.quick else ()))
    took = f"{(time.monotonic() - began_s) / 60:.0f} min; load afterwards {os.getloadavg()[0]:.1f}"
    counts = f"{verdicts[HOLDS]} rows hold, {verdicts[MISSED]} do not, {verdicts[NOT_MEASURED]} were not measured"
    print(f"\n{counts}; {took}")
    return 1 if verdicts[MISSED] else 0


def measured(name: str, arguments: tuple[str, ...]) -> list[str]:
    """The verdicts of one command's rows; a command that fails is a row of its own, and the others go on."""
    try:
        return relayed([sys.executable, "-m", f"benchmarks.{name}", *arguments])
    except SystemExit as error:
        tell(f"`benchmarks.{name}`", str(error), holds=False)
        return [MISSED]


if __name__ == "__main__":
    raise SystemExit(main())
