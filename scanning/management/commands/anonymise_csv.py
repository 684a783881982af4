"""`manage.py anonymise_csv FILE --out FILE`: an export that may be given away, for tests: what was private in it is x.

Structure, encoding, ISBNs, titles and authors stay as they are. Look at the file before you send it: a title may be private, too.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scanning import conf
from scanning.imports.anonymising import anonymised
from scanning.imports.table import Unreadable


class Command(BaseCommand):
    help = "Replace the letters of reviews, notes and names of borrowers in a library export by x, and take e-mail addresses out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the result goes; never the file itself")

    def handle(self, *args: Any, **options: Any) -> None:
        file, out = options["file"], options["out"]
        try:
            if file.stat().st_size > conf.MAX_IMPORT_BYTES:
                raise CommandError(f"{file.name} has more than {conf.MAX_IMPORT_BYTES // 2**20} MB, more than an import takes.")
            if out.exists() and out.samefile(file):
                raise CommandError("The result needs a file of its own.")
            out.write_bytes(anonymised(file.read_bytes()))
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        except Unreadable as error:
            raise CommandError(f"{file.name}: {error.message}") from None
        self.stdout.write(f"{out}: look at it before you give it away.")
