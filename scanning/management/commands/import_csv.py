"""`manage.py import_csv FILE`: a library export read, and completed where asked, from the command line.

Books and errors go to standard output or --out, as JSON Lines (`{"book": …}`, `{"error": …}`) or CSV; what is to be said of the file and
the progress bar go to standard error. Exit code 0 when every row is a book, 1 when some are errors.
"""

import asyncio
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import orjson
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from bookstrack.lib import db, http, logging, redis
from bookstrack.lib.errors import ApiError
from jobs.services import Standing
from scanning import importing
from scanning.importing import How, Upload
from scanning.imports import exporting


class Command(BaseCommand):
    help = "Read a library export (CSV, TSV, XLSX, JSON); with --enrich its books are looked up too."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--enrich", action="store_true", help="look the books up, as POST /v1/import/csv does")
        parser.add_argument("--out", type=Path, metavar="FILE", help="where results go (default: standard output)")
        parser.add_argument("--format", choices=("jsonl", "csv", "goodreads"), default="jsonl")
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.to_stderr()
        path: Path = options["file"]
        with ExitStack() as stack:
            try:
                file = stack.enter_context(path.open("rb"))
                out: TextIO = stack.enter_context(options["out"].open("w", encoding="utf-8", newline="")) if options["out"] else sys.stdout
            except OSError as error:
                raise CommandError(f"{error.filename}: {error.strerror}") from None
            bar = stack.enter_context(tqdm(unit="row", file=sys.stderr, disable=options["quiet"], dynamic_ncols=True))
            upload = Upload(file, path.name, path.stat().st_size)
            found = asyncio.run(_imported(upload, How(enrich=options["enrich"]), bar))
            _write(found, out, options["format"])
        self.stderr.write(f"{found['detectedFormat']}, {found['successRate']} rows are books")
        for warning in found["warnings"]:
            self.stderr.write(f"{warning['code']}: {warning['message']}")
        if found["errors"]:
            raise CommandError(f"{len(found['errors'])} rows are no books.", returncode=1)


async def _imported(upload: Upload, how: How, bar: Any) -> dict[str, Any]:
    def tell(standing: Standing) -> None:
        bar.total = standing.total or None
        bar.update(standing.processed - bar.n)

    try:
        return await importing.import_here(upload, how, tell=tell)
    except ApiError as error:
        raise CommandError(error.message) from None
    finally:
        await http.close()
        await redis.close()
        db.close()


def _write(found: dict[str, Any], out: TextIO, layout: str) -> None:
    if layout == "jsonl":
        for name, rows in (("book", found["books"]), ("error", found["errors"])):
            for row in rows:
                out.write(orjson.dumps({name: row}).decode() + "\n")
        return
    books = found["books"]
    further = exporting.further_columns(books)
    out.writelines(exporting.goodreads_csv(books) if layout == "goodreads" else exporting.own_csv(books, further))
