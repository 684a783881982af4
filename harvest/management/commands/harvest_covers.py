"""`manage.py harvest_covers`: covers fetched, judged and kept, in this process.

The summary goes to standard output, the progress bar to standard error. Exit code 0 when every book was seen to, 1 when a source did not
answer for some, or the harvest did not end; 0 also where the day's calls are used up, which is no fault.
"""

import asyncio
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from bookstrack.lib import db, embedded_redis, http, logging, redis
from bookstrack.lib.errors import ApiError
from harvest import conf, services
from jobs.services import Job, Standing

SHOWN = 20  # ISBNs of a dry run


class Command(BaseCommand):
    help = "Fetch, judge and keep the covers of books: of those that are due, or of a list."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--isbns", metavar="FILE", help="one ISBN a line, # begins a comment; - is standard input")
        most = f"at most so many books (default: HARVEST_LIMIT, {conf.harvest_limit()})"
        parser.add_argument("--limit", type=_limit, metavar="N", help=most)
        parser.add_argument("--dry-run", action="store_true", help="tell which books would be asked for, and fetch nothing")
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.to_stderr()
        try:
            isbns = services.isbns_of(_lines(options["isbns"])) if options["isbns"] else None
            if options["dry_run"]:
                self._tell_plan(asyncio.run(_planned(isbns, options["limit"])))
                return
            bar = tqdm(unit="cover", file=sys.stderr, disable=options["quiet"], dynamic_ncols=True)
            with _redis(), bar:
                run, job = asyncio.run(_harvested(isbns, options["limit"], bar))
        except ApiError as error:
            raise CommandError(error.message) from None
        self._tell_end(run, job)

    def _tell_plan(self, plan: services.HarvestPlan) -> None:
        self.stdout.write(f"{len(plan.due)} covers would be asked for; {plan.known} books are settled.")
        for origin, count in plan.origins.items():
            self.stdout.write(f"  {origin}: {count}")
        for source, calls in plan.calls.items():
            left = plan.budget_left.get(source)
            self.stdout.write(f"  at most {calls} calls of {source}" + (f", {left} left today" if left is not None else ""))
        for isbn in plan.due[:SHOWN]:
            self.stdout.write(isbn)
        if len(plan.due) > SHOWN:
            self.stdout.write(f"… and {len(plan.due) - SHOWN} more")

    def _tell_end(self, run: services.Run, job: Job) -> None:
        figures = {"found": 0, "skipped": 0, "none": 0, **run.figures}
        errors: dict[str, int] = figures.get("errors", {})
        numbers = ", ".join(f"{figures[name]} {name}" for name in ("found", "skipped", "none"))
        self.stdout.write(f"{numbers}, {sum(errors.values())} errors.")
        for reason, count in errors.items():
            self.stdout.write(f"  {count} x {reason}")
        self.stdout.write(f"{figures.get('bytes', 0)} bytes kept of {figures.get('originalBytes', 0)}.")
        for name in ("calls", "pictures"):
            told = ", ".join(f"{source} {count}" for source, count in figures.get(name, {}).items())
            self.stdout.write(f"{name}: {told or 'none'}")
        if run.note:
            self.stdout.write(run.note)
        if not job.ended:
            stands = job.state.replace("_", " ")
            raise CommandError(f"The harvest did not end: it is {stands}, and goes on where a worker runs.", returncode=1)
        if run.state == services.Run.State.FAILED:
            raise CommandError("The harvest failed.", returncode=1)
        if errors and run.state != services.Run.State.STOPPED:
            raise CommandError(f"{sum(errors.values())} covers could not be looked for.", returncode=1)


@contextmanager
def _redis() -> Iterator[None]:
    """One process at a time writes a book's cover, and Redis sees to it: where no server runs, one runs as long as this does."""
    folder = settings.DATA_DIR
    if settings.REDIS_URL or embedded_redis.answers(folder):
        yield
        return
    try:
        embedded_redis.ensure_running(folder)
    except embedded_redis.EmbeddedRedisError as error:
        raise CommandError(str(error)) from None
    try:
        yield
    finally:
        embedded_redis.stop(folder)


async def _planned(isbns: list[str] | None, limit: int | None) -> services.HarvestPlan:
    try:
        return await services.plan_harvest(isbns=isbns, limit=limit)
    finally:
        await _closed()


async def _harvested(isbns: list[str] | None, limit: int | None, bar: Any) -> tuple[services.Run, Job]:
    def tell(standing: Standing) -> None:
        bar.total = standing.total
        bar.set_postfix_str(standing.item, refresh=False)
        bar.update(standing.processed - bar.n)

    try:
        run, job = await services.harvest_here(isbns=isbns, limit=limit, tell=tell)
        bar.total = job.total_count
        bar.update(job.processed_count - bar.n)
        return run, job
    finally:
        await _closed()


async def _closed() -> None:
    await http.close()
    await redis.close()
    db.close()


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= conf.MAX_HARVEST):
        raise ArgumentTypeError(f"a whole number, 1 to {conf.MAX_HARVEST}")
    return int(text)


def _lines(name: str) -> list[str]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from None
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]
