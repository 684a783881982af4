"""The local catalogue, measured: `python -m benchmarks.catalogue [--editions N] [--postgres URL]`.

Editions, works and authors are synthesised from a seed: titles of one to eight words of a vocabulary in which, as in real titles, few
words are common and most are rare. Each database is made anew, loaded by the command itself in a process of its own, and asked by
`catalogue.answer`; before that a tenth as many editions, to see how the look-up by ISBN grows. Beside wall-clock times stand the CPU
seconds of each process: they are what the times would be with a machine to oneself.
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
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.sizes import cpu_of
from benchmarks.stage import isbn13
from benchmarks.table import part, run, tell

SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvwz" for vowel in "aeiou"]
COMMON = (  # noqa: SIM905
    "of and in to for history life world book new story guide introduction art modern man love house war time night study letters"
).split()
QUERIES = 400
LOOK_EVERY_S = 0.1
RECORDS_S, ISBN_MS, TITLE_MS, MISSPELT_MS = 20_000, 2, 50, 150  # of a whole catalogue: at least; p95 at most


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


@dataclass(frozen=True, slots=True)
class Took:
    """What a load took: seconds, MB of both processes of the command at most, CPU seconds by process."""

    wall_s: float
    memory_mb: float
    cpu_s: dict[str, float]


def load(files: list[Path], database: str | None) -> Took:
    """Load files; `database` is the name of a PostgreSQL database, whose backends are counted where they run on this machine."""
    began, most = time.perf_counter(), 0.0
    command = subprocess.Popen([sys.executable, "manage.py", "load_catalogue", "--quiet", *map(str, files)], stdout=subprocess.DEVNULL)
    spent: dict[int, tuple[str, float]] = {}
    while command.poll() is None:
        family = _family(command.pid)
        most = max(most, sum(map(_rss_mb, family)))
        roles = {pid: "writing" if pid == command.pid else "parsing" for pid in family} | dict.fromkeys(_backends(database), "database")
        spent |= {pid: (role, cpu_s) for pid, role in roles.items() if (cpu_s := cpu_of(pid))}
        time.sleep(LOOK_EVERY_S)
    if command.returncode:
        raise SystemExit("the load failed")
    roles_cpu_s: Counter[str] = Counter()
    for role, cpu_s in spent.values():
        roles_cpu_s[role] += cpu_s  # type: ignore[assignment]
    return Took(time.perf_counter() - began, most, dict(roles_cpu_s))


def _backends(database: str | None) -> list[int]:
    """Processes of a PostgreSQL server on this machine that serve a database."""
    if not database:
        return []
    lines = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout.splitlines()
    split = (line.strip().partition(" ") for line in lines)
    return [int(pid) for pid, _, told in split if told.startswith("postgres: ") and f" {database} " in told]


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


def ask_isbns(editions: int) -> list[float]:
    """Times of look-ups by ISBN, ms."""
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
    return took


def ask_titles() -> tuple[dict[str, tuple[list[float], str]], list[Any]]:
    """Times in ms and hits by kind, and the top results in order."""
    from search.catalogue.answering import answer
    from search.provider import Kind, Question

    told, tops = {}, []
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
        hits = f"; right at 1: {first / len(queries):.3f}, within 10: {ten / len(queries):.3f}"
        told[kind] = took, hits if queries[0][1] else ""
    return told, tops


def tell_times(what: str, took_ms: list[float], more: str = "", *, must_ms: float | None = None) -> None:
    """A row of times; `must_ms` is for their p95."""
    cuts = statistics.quantiles(took_ms, n=100)
    shown = f"{cuts[49]:.2f} / {cuts[94]:.2f} / {cuts[98]:.2f} ms{more}"
    must, holds = (f"p95 ≤ {must_ms} ms", cuts[94] <= must_ms) if must_ms else ("", None)
    tell(f"… {what}, p50 / p95 / p99", shown, must=must, holds=holds)


def size_bytes() -> int:
    """Of all catalogue tables with their indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        else:
            cursor.execute("SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relname LIKE 'search\\_%'")
        return int(cursor.fetchone()[0])


def measure(files: list[Path], editions: int, whole: bool) -> list[Any]:
    """Load and ask the database that the environment names; the top results of the `whole`, or empty it again."""
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True)
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from search.models import Work

    if Work.objects.exists():
        raise SystemExit("the database is not empty")
    postgres = connection.vendor == "postgresql"
    took = load(files, connection.settings_dict["NAME"] if postgres else None)
    records = editions + editions * 2 // 3 + editions * 2 // 9
    rate, name = records / took.wall_s, f"Local catalogue, {editions:,} editions ({connection.vendor})"
    shown = f"{rate:,.0f} records/s ({took.wall_s:.0f} s)"
    tell(f"{name}: load", shown, must=f"≥ {RECORDS_S:,} records/s" if whole else "", holds=rate >= RECORDS_S if whole else None)
    cpu = ", ".join(f"{role} {cpu_s:.1f} s" for role, cpu_s in took.cpu_s.items())
    tell("… its CPU; memory; bytes an edition", f"{cpu}; {took.memory_mb:.0f} MB; {size_bytes() / editions:.0f}")
    tell_times("ISBN", ask_isbns(editions), must_ms=ISBN_MS if whole else None)
    if not whole:
        call_command("flush", interactive=False, verbosity=0)
        return []
    told, tops = ask_titles()
    limits_ms = {"title": TITLE_MS, "misspelt": MISSPELT_MS}
    for kind, (took_ms, hits) in told.items():
        tell_times(kind, took_ms, hits, must_ms=limits_ms.get(kind))
    return tops


def _of_database(folder: Path, url: str, editions: int) -> list[Any]:
    """Measure a tenth and the whole, each in processes of its own; the top results."""
    for count in (editions // 10, editions):
        files = folder / str(count)
        if not files.exists():
            files.mkdir()
            synthesise(files, count)
        surroundings = {**os.environ, "BOOKSTRACK_DATA_DIR": str(files), "DATABASE_URL": url}
        command = [sys.executable, "-m", "benchmarks.catalogue", "--child", str(files), "--editions", str(count)]
        part([*command, *(["--whole"] if count == editions else [])], surroundings)
    found: list[Any] = json.loads((files / "tops.json").read_text())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--editions", type=int, default=1_000_000)
    parser.add_argument("--postgres", metavar="URL", help="an empty database of its own; it is filled")
    parser.add_argument("--folder", type=Path, help="where files and SQLite go (default: a temporary folder)")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--whole", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")
    if options.child:
        names = [options.child / f"{kind}.txt" for kind in ("authors", "works", "editions")]
        (options.child / "tops.json").write_text(json.dumps(measure(names, options.editions, options.whole)))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        tops = [_of_database(Path(made), url, options.editions) for url in ("", options.postgres) if url is not None]
        if len(tops) == 2:
            same = sum(one == other for one, other in zip(*tops, strict=True))
            share = same / len(tops[0])
            tell("Same first result on both databases", f"{share:.4f} of {len(tops[0]):,}", must="≥ 0.99", holds=share >= 0.99)


if __name__ == "__main__":
    raise SystemExit(run("Local catalogue", main))
