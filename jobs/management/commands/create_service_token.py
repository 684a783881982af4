"""`manage.py create_service_token NAME --scope S [--scope S] [--days N]`: the last printed line is the token."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from jobs.models import SCOPES, ServiceToken


class Command(BaseCommand):
    help = "Make a service token; it is shown once, on the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--scope", action="append", required=True, metavar="SCOPE", help=", ".join(SCOPES))
        parser.add_argument("--days", type=int, help="days until it expires (default: never)")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["days"]
        expires_at = timezone.now() + timedelta(days=days) if days is not None else None
        try:
            row, clear = ServiceToken.issue(options["name"], options["scope"], expires_at)
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stderr.write(f"Made {row}, scopes {', '.join(row.scopes)}. Keep it now: it is not shown again.")
        self.stdout.write(clear)
