"""`manage.py enrich --isbns FILE`: books completed from the command line, for people who script.

Results go to standard output or --output, as JSON Lines or CSV, in the order of the file; the progress bar goes to standard error. Exit
code 0 when every book was looked up, 1 when some could not be.
"""

import asyncio
import csv
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import orjson
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from bookstrack.lib import db, http, logging, redis
from jobs.services import Standing
from scanning import conf, services

COLUMNS = ("asked", "status", "title", "authors", "year", "publisher", "isbn", "provider", "error")


class Command(BaseCommand):
    help = "Complete the books of a list of ISBNs, one a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--isbns", required=True, metavar="FILE", help="one ISBN a line, # begins a comment; - is standard input")
        parser.add_argument("--output", metavar="FILE", help="where results go (default: standard output)")
        parser.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.to_stderr()
        isbns = _isbns(options["isbns"])
        if not isbns:
            raise CommandError("The file names no ISBN.")
        failed = 0
        bar = tqdm(total=len(isbns), unit="book", file=sys.stderr, disable=options["quiet"], dynamic_ncols=True)
        with bar, _output(options["output"]) as out:
            write = _json_lines(out) if options["format"] == "jsonl" else _rows(out)
            for first in range(0, len(isbns), conf.MAX_BATCH):
                batch = isbns[first : first + conf.MAX_BATCH]
                for book in asyncio.run(_enriched(batch, bar, first)):
                    failed += book["status"] in ("error", "circuit_open")
                    write(book)
        if failed:
            raise CommandError(f"{failed} of {len(isbns)} could not be looked up.", returncode=1)


async def _enriched(isbns: list[str], bar: Any, before: int) -> list[dict[str, Any]]:
    def tell(standing: Standing) -> None:
        bar.set_postfix_str(standing.item, refresh=False)
        bar.update(before + standing.processed - bar.n)

    try:
        books = await services.enrich_here([{"isbn": isbn} for isbn in isbns], tell=tell)
        bar.update(before + len(isbns) - bar.n)
        return books
    finally:
        await http.close()
        await redis.close()
        db.close()


def _isbns(name: str) -> list[str]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from None
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


@contextmanager
def _output(name: str | None) -> Iterator[TextIO]:
    if name is None:
        yield sys.stdout
        return
    try:
        with Path(name).open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise CommandError(f"{name} cannot be written: {error}") from None


def _json_lines(out: TextIO) -> Any:
    def write(book: dict[str, Any]) -> None:
        out.write(orjson.dumps(book).decode() + "\n")

    return write


def _rows(out: TextIO) -> Any:
    writer = csv.writer(out)
    writer.writerow(COLUMNS)

    def write(book: dict[str, Any]) -> None:
        enriched = book.get("enriched") or {}
        work, edition = enriched.get("work") or {}, enriched.get("edition") or {}
        names = "; ".join(author["name"] for author in enriched.get("authors") or ())
        year = edition.get("publicationYear") or work.get("firstPublicationYear") or ""
        cells = (book.get("isbn"), book["status"], work.get("title"), names, year, edition.get("publisher"))
        writer.writerow([_safe(cell) for cell in (*cells, edition.get("isbn"), book["provider"], book.get("error"))])

    return write


def _safe(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text
