"""Whether both databases answer alike: `python -m benchmarks.same_answers --postgres URL FILE…`. Prints a row of docs/accuracy.md.

The files are loaded into a new SQLite database and into the empty PostgreSQL database of that address, by the command itself; then the
same labelled set (`manage.py evaluate search`) is asked on both, and title and author of the first results are compared.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def answers(url: str, files: list[Path], folder: Path, queries: int, seed: int) -> list[dict[str, Any]]:
    """What the first results are on one database; the sample catalogue where no file is given."""
    surroundings = {**os.environ, "BOOKSTRACK_DATA_DIR": str(folder), "DATABASE_URL": url, "SEARCH_PROVIDERS": "catalogue"}
    told = folder / "answers.jsonl"
    load = (
        ["load_catalogue", "--quiet", *map(str, files)]
        if files
        else ["shell", "-c", "from search import services; services.load_sample_catalogue()"]
    )
    ask = ["evaluate", "search", "--json", "--queries", str(queries), "--seed", str(seed), "--answers", str(told)]
    for command in (["migrate", "-v0"], load, ask):
        subprocess.run([sys.executable, "manage.py", *command], check=True, env=surroundings, stdout=subprocess.DEVNULL)
    return [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--postgres", metavar="URL", required=True, help="an empty database; it is filled")
    parser.add_argument("--queries", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        sets = [
            answers(url, options.files, Path(folder), options.queries, options.seed)
            for url, folder in (("", one), (options.postgres, other))
        ]
    if [(each["kind"], each["text"], each["author"]) for each in sets[0]] != [
        (each["kind"], each["text"], each["author"]) for each in sets[1]
    ]:
        raise SystemExit("the two databases made different queries: their catalogues differ")
    pairs = list(zip(*sets, strict=True))
    for sqlite, postgres in pairs:
        if sqlite["first"] != postgres["first"]:
            print(
                f"{sqlite['kind']}: {sqlite['text']!r} {sqlite['author']!r}: {sqlite['first']!r}, PostgreSQL {postgres['first']!r}",
                file=sys.stderr,
            )
    same = sum(sqlite["first"] == postgres["first"] for sqlite, postgres in pairs)
    print(f"same first result on both: {same / len(pairs):.4f} of {len(pairs):,}")


if __name__ == "__main__":
    main()
