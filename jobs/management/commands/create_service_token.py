"""`manage.py create_service_token NAME --scope S [--scope S] [--expires DAYS]`: the last printed line is the token."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from jobs import audit
from jobs.models import SCOPES, ServiceToken

MAX_DAYS = 36_500


class Command(BaseCommand):
    help = "Make a service token; it is shown once, on the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--scope", action="append", required=True, metavar="SCOPE", help=", ".join(SCOPES))
        parser.add_argument("--expires", "--days", type=int, metavar="DAYS", help="days until it expires, at least 1 (default: never)")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["expires"]
        if days is not None and not 1 <= days <= MAX_DAYS:
            raise CommandError(f"--expires: say 1 to {MAX_DAYS:,} days.")
        expires_at = timezone.now() + timedelta(days=days) if days is not None else None
        try:
            row, clear = ServiceToken.issue(options["name"], options["scope"], expires_at)
        except ValueError as error:
            raise CommandError(str(error)) from None
        audit.by_command("create_service_token", f"Made, with the scopes {', '.join(row.scopes)}.", row=row)
        self.stderr.write(f"Made {row}, scopes {', '.join(row.scopes)}. Keep it now: it is not shown again.")
        self.stdout.write(clear)
