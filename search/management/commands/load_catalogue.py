"""`manage.py load_catalogue FILE…`: Open Library dumps, CSV and JSON lines into the local catalogue.

A load that was stopped or killed goes on where it was when the command is given again; a file that is loaded is not loaded twice. Exit
code 0 when every file was read to its end or its limit, 1 when one could not be, or another load runs.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from tqdm import tqdm

from search.catalogue import title_index
from search.catalogue.loading.load import File, first_line, load_file, looked_into
from search.catalogue.loading.lock import AnotherLoads, only_one
from search.catalogue.loading.reader import BrokenFile
from search.catalogue.loading.settle import settle
from search.models import Load

# authors first, so that works have their names at once; any order is right
ORDER = ("/type/author", "/type/work", "/type/edition", "")
LARGE_BYTES = 32 * 2**20
SQLITE_CACHE_KB = 32 * 1024


class Command(BaseCommand):
    help = "Load files into the local catalogue: Open Library dump lines (plain, .gz, .zst), CSV with a header, JSON lines."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
        parser.add_argument("--update", action="store_true", help="replace what the file has in a newer revision")
        parser.add_argument("--limit", type=_positive, metavar="N", help="at most N lines of each file; the next run goes on")
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with only_one():
                self._load(options)
        except AnotherLoads:
            raise CommandError("Another load is running; only one can.") from None
        except DatabaseError as error:
            raise CommandError(
                f"The database failed: {first_line(error)}. When that is mended, give the command again: it goes on from the last batch."
            ) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped. Give the command again: it goes on from here.", returncode=130) from None

    def _load(self, options: dict[str, Any]) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA cache_size = -{SQLITE_CACHE_KB}")
        files, failed = self._looked_into(options["files"])
        if sum(file.path.stat().st_size for file in files) >= LARGE_BYTES:
            title_index.stand_aside()
        for file in files:
            failed |= self._one(file, options).state == Load.State.FAILED
        if files:  # even if all were loaded before: the last run may have been killed here
            settle(lambda what: self.stderr.write(f"{what} …") if not options["quiet"] else None)
        if failed:
            raise CommandError("Not every file could be read to its end.")

    def _looked_into(self, paths: list[Path]) -> tuple[list[File], bool]:
        files, failed = [], False
        for path in paths:
            try:
                files.append(looked_into(path))
            except (OSError, BrokenFile) as error:
                self.stderr.write(f"{path}: {error}")
                failed = True
        return sorted(files, key=lambda file: ORDER.index(file.first) if file.first in ORDER else len(ORDER)), failed

    def _one(self, file: File, options: dict[str, Any]) -> Load:
        total = file.path.stat().st_size
        name, quiet = file.path.name[:30], options["quiet"]
        bar = tqdm(total=total, unit="B", unit_scale=True, desc=name, file=sys.stderr, disable=quiet, mininterval=0.5)
        records = 0
        with bar:

            def tell(read_bytes: int, lines: int) -> None:
                nonlocal records
                records += lines
                bar.update(read_bytes - bar.n)
                elapsed_s = bar.format_dict["elapsed"] or 0
                bar.set_postfix_str(f"{records / elapsed_s:,.0f} records/s" if elapsed_s else "", refresh=False)

            load = load_file(file, update=options["update"], limit=options["limit"], tell=tell)
        self.stdout.write(_told(load))
        return load


def _told(load: Load) -> str:
    counts = ", ".join(f"{number:,} {what}" for what, number in load.counts.items() if number)
    bad = f"; {load.bad_lines:,} bad lines, the first of them in the admin" if load.bad_lines else ""
    error = f" ({load.error})" if load.error else ""
    return f"{load.name}: {load.state}{error}, {load.lines:,} lines: {counts or 'nothing'}{bad}"


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("must be positive")
    return number
