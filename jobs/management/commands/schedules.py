"""`manage.py schedules [--run NAME | --pause NAME | --resume NAME]`: what runs by the clock; one of them is run here and now."""

from argparse import ArgumentParser
from typing import Any

from asgiref.sync import async_to_sync
from django.core.management.base import BaseCommand, CommandError

from bookstrack.lib import db, http, logging, redis
from jobs import audit, schedule_list, schedules
from jobs.models import Schedule, ScheduleRun

COMMAND = "command"  # who asks


class Command(BaseCommand):
    help = "List what runs by the clock; run one here and now, pause or resume it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--run", metavar="NAME", help="do its work now and wait for its end; exits with 1 when it failed")
        which.add_argument("--pause", metavar="NAME", help="leave it out until it is resumed")
        which.add_argument("--resume", metavar="NAME", help="run it again, from its next time on")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.to_stderr()
        try:
            self._operate(options)
        except (schedules.Unknown, schedules.Busy) as error:
            raise CommandError(str(error)) from None

    def _operate(self, options: dict[str, Any]) -> None:
        if name := options["run"]:
            audit.by_command("schedules", f"Run by hand: {name}.")
            run = async_to_sync(_run)(name)
            self.stdout.write(f"{name}: {run.outcome}. {run.detail}" + (f" Job {run.job_id}." if run.job_id else ""))
            if run.outcome == ScheduleRun.Outcome.FAILED:
                raise CommandError(f"{name} failed.")
        elif name := options["pause"]:
            self._changed(name, schedules.pause(name), "paused", "was paused already")
        elif name := options["resume"]:
            self._changed(name, schedules.resume(name), "resumed", "was not paused")
        else:
            self._list()

    def _changed(self, name: str, done: bool, said: str, else_said: str) -> None:
        if done:
            audit.by_command("schedules", f"{said.capitalize()}.", row=Schedule.objects.get(pk=name))
        self.stdout.write(f"{name}: {said if done else else_said}.")

    def _list(self) -> None:
        lines = [("NAME", "WHEN (UTC)", "NEXT", "LAST", "OUTCOME", "DETAIL")]
        for one in schedule_list.scheduled():
            upcoming = f"{one.next_run_at:%Y-%m-%d %H:%M}" if one.next_run_at else "paused"
            last = f"{one.run.began_at:%Y-%m-%d %H:%M}" if one.run else "–"
            lines.append((one.plan.name, one.when, upcoming, last, one.outcome, one.run.detail if one.run else ""))
        widths = [max(len(line[column]) for line in lines) for column in range(5)]
        for line in lines:
            cells = [text.ljust(width) for text, width in zip(line, [*widths, 0], strict=True)]
            self.stdout.write("  ".join(cells).rstrip())


async def _run(name: str) -> ScheduleRun:
    try:
        return await schedules.run_now(name, COMMAND)
    finally:
        await http.close()
        await redis.close()
        db.close()
