"""What the commands of the night's work have in common: a run in this process, or a look at what it would do, told on standard output."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeVar

from django.core.management.base import CommandError, OutputWrapper
from tqdm import tqdm

from bookstrack.lib import db, http, redis
from harvest.models import Run
from jobs.services import Job, Standing

T = TypeVar("T")
Work = Callable[..., Awaitable[tuple[Run, Job] | None]]


class Look(Protocol):
    """A dry run."""

    async def __call__(self) -> Run: ...


def looked_at(out: OutputWrapper, look: Look, words: Mapping[str, str]) -> None:
    """Tell what a run would do; nothing is changed."""
    run = asyncio.run(_with_doors_closed(look()))
    out.write("This would be done; nothing was changed.")
    _tell(out, run, words)


def done_here(work: Work, *, unit: str, quiet: bool) -> tuple[Run, Job]:
    """Do the work in this process. Raises: CommandError while it is done elsewhere."""
    with tqdm(unit=unit, file=sys.stderr, disable=quiet, dynamic_ncols=True) as bar:

        def tell(standing: Standing) -> None:
            bar.total = standing.total
            bar.update(standing.processed - bar.n)

        done = asyncio.run(_with_doors_closed(work(tell=tell)))
        if done is None:
            raise CommandError("Another run goes on; its record is in the admin.", returncode=1)
        bar.total = done[1].total_count
        bar.update(done[1].processed_count - bar.n)
    return done


def ended(out: OutputWrapper, done: tuple[Run, Job], words: Mapping[str, str]) -> None:
    """Tell what was done. Raises: CommandError where something was not."""
    run, job = done
    _tell(out, run, words)
    if not job.ended:
        stands = job.state.replace("_", " ")
        reason = f" ({run.note})" if run.note else ""
        raise CommandError(f"It did not end: it is {stands}{reason}, and goes on where a worker runs.", returncode=1)
    if run.state != Run.State.DONE or run.note:
        raise CommandError(run.note or f"It is {run.get_state_display()}.", returncode=1)


def _tell(out: OutputWrapper, run: Run, words: Mapping[str, str]) -> None:
    for name, number in run.figures.items():
        out.write(f"{number:>12,} {words.get(name, name)}")


async def _with_doors_closed(work: Awaitable[T]) -> T:
    try:
        return await work
    finally:
        await http.close()
        await redis.close()
        db.close()
