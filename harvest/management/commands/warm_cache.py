"""`manage.py warm_cache --csv FILE | --isbns FILE | --popular N | --expiring`: the keys that clients ask, filled before they do.

It works here and waits, inside the part of the daily budgets that warming may use up. The summary goes to standard output, the progress
bar to standard error. Exit code 0 when nothing failed, 1 when some keys could not be filled.
"""

import asyncio
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from bookstrack.lib import db, http, logging, redis
from bookstrack.lib.errors import ApiError
from harvest.cache_filling import warming, warming_lists
from harvest.cache_filling.warming import How
from harvest.cache_filling.warming_lists import Worklist
from jobs.services import Standing

SHOWN = 20  # things of a dry run
NAMES = {
    "warmed": "warmed", "fresh": "fresh already", "notFound": "known to nobody", "failed": "failed", "left": "left for another day",
    "rowsUnusable": "rows without anything to go by",
}  # fmt: skip


class Command(BaseCommand):
    help = "Fill the cache with what clients are about to ask: of a file, of what is asked for often, of what expires."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--csv", type=Path, metavar="FILE", help="books or authors, in any layout that the import reads")
        what.add_argument("--isbns", metavar="FILE", help="one ISBN a line, # begins a comment; - is standard input")
        what.add_argument("--popular", type=int, metavar="N", help="the most asked keys of the last month that the cache lacks")
        what.add_argument("--expiring", action="store_true", help="keys that were asked for and expire soon (--days)")
        parser.add_argument("--days", type=float, default=warming.EXPIRING_DAYS, help="how soon (default: %(default)s)")
        parser.add_argument("--depth", type=int, choices=warming.DEPTHS, default=1, help="2: editions too; 3: co-authors too")
        parser.add_argument("--dry-run", action="store_true", help="show what would be asked, and ask nobody")
        parser.add_argument("--quiet", action="store_true", help="no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.to_stderr()
        for name in ("popular", "days"):
            if options[name] is not None and options[name] <= 0:
                raise CommandError(f"--{name} is more than 0.")
        failed = asyncio.run(self._warmed(options, How(options["depth"])))
        if failed:
            raise CommandError(f"{failed} keys could not be filled.", returncode=1)

    async def _warmed(self, options: dict[str, Any], how: How) -> int:
        """How many keys could not be filled."""
        try:
            worklist = await _listed(options) if options["popular"] or options["expiring"] else await asyncio.to_thread(_read, options)
            if not worklist.things:
                self.stdout.write("Nothing is to be warmed.")
                return 0
            if options["dry_run"]:
                await self._planned(worklist, how)
                return 0
            return await self._done(worklist, how, quiet=options["quiet"])
        except ApiError as error:
            raise CommandError(error.message) from None
        finally:
            await http.close()
            await redis.close()
            db.close()

    async def _planned(self, worklist: Worklist, how: How) -> None:
        plan = await warming.plan_warming(worklist, how)
        for thing in worklist.things[:SHOWN]:
            self.stdout.write(f"{thing[0]}: {warming_lists.label_of(thing)}")
        if len(worklist.things) > SHOWN:
            self.stdout.write(f"… and {len(worklist.things) - SHOWN} more")
        calls = ", ".join(f"{name} {number}" for name, number in plan["calls"].items()) or "none"
        self.stdout.write(f"{plan['keys']} keys to warm, {plan['cached']} of them fresh")
        self.stdout.write(f"rows without anything to go by: {plan['rowsUnusable']}")
        self.stdout.write(f"calls of depth 1: {calls}; about {plan['estimatedSeconds']['p50']:.0f} s")
        self.stdout.write(f"authors {plan['authorsQueued']}, about {plan['estimatedWorks']} works")

    async def _done(self, worklist: Worklist, how: How, *, quiet: bool) -> int:
        with tqdm(total=len(worklist.things), unit="thing", file=sys.stderr, disable=quiet, dynamic_ncols=True) as bar:

            def tell(standing: Standing) -> None:
                bar.set_postfix_str(standing.item, refresh=False)
                bar.update(standing.processed - bar.n)

            run, job = await warming.warm_here(worklist, how, tell=tell)
            bar.update(job.processed_count - bar.n)
        figures = run.figures
        self.stdout.write("; ".join(f"{name} {figures[member]}" for member, name in NAMES.items() if figures.get(member)))
        calls = figures.get("calls", {})
        self.stdout.write(f"calls: {', '.join(f'{name} {number}' for name, number in sorted(calls.items())) or 'none'}")
        self.stdout.write(f"run {run.pk}: {run.get_state_display()}{f'. {run.note}' if run.note else ''}")
        return int(figures.get("failed", 0))


async def _listed(options: dict[str, Any]) -> Worklist:
    if options["popular"] is not None:
        return await warming.list_of_popular(options["popular"])
    return await warming.list_of_expiring(options["days"])


def _read(options: dict[str, Any]) -> Worklist:
    """The list of a file. Raises: CommandError, ApiError."""
    try:
        if options["csv"] is not None:
            path: Path = options["csv"]
            with path.open("rb") as file:
                return warming.list_of_file(file, path.stat().st_size)
        name: str = options["isbns"]
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
        return warming_lists.of_isbns(text.splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The file cannot be read: {error}") from None
