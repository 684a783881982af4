"""`manage.py check_alerts [--test]`: look for what is wrong now and tell it; or try every channel. For the system's own cron too, which
notices what no scheduler can: that none runs."""

from argparse import ArgumentParser
from typing import Any

from asgiref.sync import async_to_sync
from django.core.management.base import BaseCommand, CommandError

from bookstrack.lib import db, http, logging, redis
from harvest.alerting import alert_channels, alerts
from harvest.alerting.alert_rules import Side


class Command(BaseCommand):
    help = "Look for what is wrong and tell it by log, e-mail and webhook; exits with 1 while anything is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--test", action="store_true", help="send a test by every channel instead; exits with 1 when one fails")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.to_stderr()
        async_to_sync(self._tested if options["test"] else self._checked)()

    async def _tested(self) -> None:
        failed = []
        try:
            for name in alert_channels.channels():
                try:
                    await alert_channels.test(name)
                    self.stdout.write(f"{name}: sent")
                except alert_channels.NotTold as why:
                    failed.append(name)
                    self.stdout.write(f"{name}: not sent: {why}")
        finally:
            await _close()
        if failed:
            raise CommandError(f"not told by {', '.join(failed)}")

    async def _checked(self) -> None:
        try:
            done = await alerts.check()
        finally:
            await _close()
        for rule, found in done.findings.items():
            if found is None:
                self.stdout.write(f"?       {rule}: cannot be told now")
            for one in found or ():
                self.stdout.write(f"{one.side.value if one.side is not Side.GOOD else 'ok':<8}{rule}: {one.message}")
        for name, why in done.not_told.items():
            self.stdout.write(f"not told by {name}: {why}")
        if done.open:
            raise CommandError(f"{len(done.open)} alerts are open: {', '.join(sorted({row.rule for row in done.open}))}")


async def _close() -> None:
    await http.close()
    await redis.close()
    db.close()
