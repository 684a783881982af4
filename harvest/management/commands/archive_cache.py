"""`manage.py archive_cache`: answers that hardly anybody asks for are moved into the archive, in this process.

Figures go to standard output, the progress bar to standard error. Exit code 0 when all that was due was seen to.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from bookstrack.lib import logging
from harvest import conf, services
from harvest.management.nightly import done_here, ended, looked_at

WORDS = {
    "moved": "moved into the archive",
    "moved_bytes": "bytes of files",
    "asked_for": "asked for often enough to stay",
    "younger": "made anew since they were counted",
    "gone": "rows whose answer was not in Redis any more, deleted",
    "waits": "times the archive did not answer",
}


class Command(BaseCommand):
    help = "Move cached answers that hardly anybody asks for out of Redis, into the archive."

    def add_arguments(self, parser: ArgumentParser) -> None:
        days, hits = conf.archive_after().days, conf.archive_below_hits()
        about = f"count what is older than {days} days with under {hits} hits in that time, and change nothing"
        parser.add_argument("--dry-run", action="store_true", help=about)
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.to_stderr()
        if options["dry_run"]:
            looked_at(self.stdout, services.archival_outlook, WORDS)
        else:
            ended(self.stdout, done_here(services.archive_here, unit="part", quiet=options["quiet"]), WORDS)
