"""`manage.py purge_expired`: what nobody may ask for any more is deleted, in this process.

Figures go to standard output, the progress bar to standard error. Exit code 0 when everything was deleted that is over.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from bookstrack.lib import logging
from harvest import services
from harvest.management.nightly import done_here, ended, looked_at

WORDS = {
    "entries": "cache entries",
    "coldEntries": "cold cache entries with their files",
    "leftFiles": "files that were left in the archive",
    "pictures": "proxied pictures",
    "uploads": "photos of scans",
    "jobs": "jobs with their results, events and uploads",
    "verdicts": "verdicts on covers",
    "runs": "records of runs",
    "alerts": "alerts that are over",
}


class Command(BaseCommand):
    help = "Delete what is over: cache entries, uploads, jobs, results, events, pictures, records."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count what is over, and delete nothing")
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.to_stderr()
        if options["dry_run"]:
            looked_at(self.stdout, services.expiry_outlook, WORDS)
        else:
            ended(self.stdout, done_here(services.expire_here, unit="kind", quiet=options["quiet"]), WORDS)
