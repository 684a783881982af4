"""The local catalogue, measured: `python -m benchmarks.catalogue [--editions N] [--postgres URL]`. Prints rows of docs/performance.md.

Editions, works and authors are synthesised from a seed: titles of one to eight words of a vocabulary in which, as in real titles, few
words are common and most are rare. Each database is made anew, loaded by the command itself in a process of its own, and asked by
`catalogue.answer`.
"""

import argparse
import bisect
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvwz" for vowel in "aeiou"]
COMMON = (  # noqa: SIM905
    "of and in to for history life world book new story guide introduction art modern man love house war time night study letters"
).split()
QUERIES = 400
MEMORY_EVERY_S = 0.2


def synthesise(folder: Path, editions: int, seed: int = 7) -> list[Path]:
    """Dump files of authors, works and editions: three editions for two works, one author for three works."""
    rng = random.Random(seed)
    words = COMMON + ["".join(rng.choices(SYLLABLES, k=rng.choice((2, 3, 3, 4, 4)))) for _ in range(max(20_000, editions // 4))]
    sums = list(itertools.accumulate(1 / (place + 3) for place in range(len(words))))

    def word() -> str:
        return words[bisect.bisect_left(sums, rng.random() * sums[-1])]

    files = [folder / f"{kind}.txt" for kind in ("authors", "works", "editions")]
    works, authors = editions * 2 // 3, editions * 2 // 9
    with files[0].open("w") as out:
        for number in range(1, authors + 1):
            key, name = f"/authors/OL{number}A", f"{word()} {word()}".title()
            out.write(f"/type/author\t{key}\t2\t2020-01-01T00:00:00\t{json.dumps({'key': key, 'name': name, 'birth_date': '1950'})}\n")
    titles = [" ".join(word() for _ in range(rng.choice((1, 2, 3, 3, 4, 4, 5, 6, 8)))).capitalize() for _ in range(works)]
    with files[1].open("w") as out:
        for number, title in enumerate(titles, 1):
            author = {"author": {"key": f"/authors/OL{rng.randint(1, authors)}A"}, "type": {"key": "/type/author_role"}}
            key = f"/works/OL{number}W"
            out.write(f"/type/work\t{key}\t1\t2020-01-01T00:00:00\t{json.dumps({'key': key, 'title': title, 'authors': [author]})}\n")
    with files[2].open("w") as out:
        for number in range(1, editions + 1):
            key, work = f"/books/OL{number}M", (number - 1) % works + 1
            facts = {
                "key": key, "title": titles[work - 1], "works": [{"key": f"/works/OL{work}W"}], "isbn_13": [isbn13(number)],
                "publishers": [f"{word().title()} Press"], "publish_date": f"May {number % 28 + 1}, {1960 + number % 60}",
                "languages": [{"key": "/languages/eng"}], "number_of_pages": 100 + number % 500, "physical_format": "Paperback",
                "oclc_numbers": [str(10**8 + number)], "type": {"key": "/type/edition"},
            }  # fmt: skip
            out.write(f"/type/edition\t{key}\t3\t2020-01-01T00:00:00\t{json.dumps(facts)}\n")
    return files


def isbn13(number: int) -> str:
    """A valid ISBN-13 for a number below 10^9."""
    nine = f"978{number:09d}"
    return nine + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(nine)) % 10)


def load(files: list[Path]) -> tuple[float, float]:
    """Seconds and MB at most (both processes of the command) that the load took."""
    began, most = time.perf_counter(), 0.0
    command = subprocess.Popen([sys.executable, "manage.py", "load_catalogue", "--quiet", *map(str, files)])
    while command.poll() is None:
        most = max(most, sum(map(_rss_mb, _family(command.pid))))
        time.sleep(MEMORY_EVERY_S)
    if command.returncode:
        raise SystemExit("the load failed")
    return time.perf_counter() - began, most


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(each for child in children for each in _family(int(child)))]


def _rss_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError):
        return 0.0


def questions(seed: int = 11) -> dict[str, list[Any]]:
    """Labelled queries out of the loaded catalogue itself; the same for every database, whose keys are the same."""
    from search.models import Work

    rng = random.Random(seed)
    keys = rng.sample(range(1, Work.objects.count() + 1), QUERIES)
    by_key = Work.objects.in_bulk([10**9 + key for key in keys])
    works = [by_key[10**9 + key] for key in keys]
    asked: dict[str, list[Any]] = {"title": [(work.title, work.title) for work in works]}
    several = [work for work in works if len(work.title.split()) > 2]
    asked["words in another order"] = [(" ".join(reversed(work.title.split())), work.title) for work in several]
    long_words = [work for work in works if len(work.title.split()) > 1 and max(map(len, work.title.split())) >= 6]
    asked["misspelt"] = [(_misspelt(work.title, rng), work.title) for work in long_words]
    asked["common words only"] = [(" ".join(rng.sample(COMMON, 2)), None) for _ in range(50)]
    return asked


def _misspelt(title: str, rng: random.Random) -> str:
    words = title.split()
    longest = max(range(len(words)), key=lambda place: len(words[place]))
    at = rng.randrange(1, len(words[longest]) - 1)
    words[longest] = words[longest][:at] + rng.choice("aeiourstn") + words[longest][at + 1 :]
    return " ".join(words)


def ask(editions: int) -> tuple[dict[str, str], list[Any]]:
    """Times and hits by kind, and the top results in order."""
    from search.catalogue.answering import answer
    from search.provider import Kind, Question

    rng = random.Random(3)
    took = []
    for number in rng.choices(range(1, editions + 1), k=1_000):
        began = time.perf_counter()
        found = answer(Question(Kind.ISBN, isbns=(isbn13(number),)))
        took.append((time.perf_counter() - began) * 1000)
        if not found.records:
            raise SystemExit(f"ISBN {isbn13(number)} was not found")
    told, tops = {"ISBN": _times(took)}, []
    for kind, queries in questions().items():
        took, first, ten = [], 0, 0
        for text, wanted in queries:
            began = time.perf_counter()
            page = answer(Question(Kind.TITLE, text=text, limit=10))
            took.append((time.perf_counter() - began) * 1000)
            titles = list(dict.fromkeys(record.title for record in page.records))
            tops.append((kind, text, titles[0].lower() if titles else None))
            first += bool(titles) and titles[0] == wanted
            ten += wanted in titles[:10]
        told[kind] = f"{_times(took)}; right at 1: {first / len(queries):.3f}, within 10: {ten / len(queries):.3f}"
    return told, tops


def _times(took: list[float]) -> str:
    cuts = statistics.quantiles(took, n=100)
    return f"p50 {cuts[49]:.2f} ms, p95 {cuts[94]:.2f} ms, p99 {cuts[98]:.2f} ms"


def size_bytes() -> int:
    """Of all catalogue tables with their indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        else:
            cursor.execute("SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relname LIKE 'search\\_%'")
        return int(cursor.fetchone()[0])


def measure(files: list[Path], editions: int) -> list[Any]:
    """Load and ask the database that the environment names; the top results."""
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True)
    took_s, memory_mb = load(files)
    import django

    django.setup()
    from django.db import connection

    records = editions + editions * 2 // 3 + editions * 2 // 9
    print(f"{connection.vendor}: {records:,} records in {took_s:.1f} s = {records / took_s:,.0f} records/s, {memory_mb:.0f} MB", flush=True)
    print(f"{connection.vendor}: {size_bytes() / editions:.0f} bytes an edition", flush=True)
    told, tops = ask(editions)
    for kind, result in told.items():
        print(f"{connection.vendor}: {kind}: {result}", flush=True)
    return tops


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--editions", type=int, default=1_000_000)
    parser.add_argument("--postgres", metavar="URL", help="an empty database; it is filled")
    parser.add_argument("--folder", type=Path, help="where files and SQLite go (default: a temporary folder)")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")
    if options.child:
        names = [options.child / f"{kind}.txt" for kind in ("authors", "works", "editions")]
        (options.child / "tops.json").write_text(json.dumps(measure(names, options.editions)))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        folder = Path(made)
        synthesise(folder, options.editions)
        tops = []
        for url in filter(None, ["sqlite", options.postgres]):
            surroundings = {**os.environ, "BOOKSTRACK_DATA_DIR": str(folder), "DATABASE_URL": "" if url == "sqlite" else url}
            command = [sys.executable, "-m", "benchmarks.catalogue", "--child", str(folder), "--editions", str(options.editions)]
            subprocess.run(command, check=True, env=surroundings)
            tops.append(json.loads((folder / "tops.json").read_text()))
        if len(tops) == 2:
            same = sum(one == other for one, other in zip(*tops, strict=True))
            print(f"same top result on both: {same / len(tops[0]):.4f} of {len(tops[0]):,}")


if __name__ == "__main__":
    main()
