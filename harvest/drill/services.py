"""Starting a drill as a job, one at a time, for staff.

Raises: ApiError.
"""

import random
import uuid
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

from bookstrack.lib.db import in_db
from bookstrack.lib.errors import BadInput, JobExists
from harvest.drill import faults as known
from harvest.drill.load import LEAST
from harvest.models import Run
from harvest.pipelines.fire_drill import FireDrill
from jobs import services as jobs

MOST = 1_000  # requests: a job of a minute or two, beside which the service goes on


async def start_drill(asked_by: str, faults: Mapping[str, str], requests: int = 200) -> jobs.Started:
    """Start a drill with these faults by option: {"google": "429", "openlibrary": "slow:5"}; who is not named is well.

    Its report is the job's result, its figures are in the record (harvest.models.Run). Raises: BadInput; JobExists while one runs;
    Unavailable.
    """
    payload = {"faults": checked_faults(faults), "requests": _checked_requests(requests), "seed": random.randrange(10**6)}
    run = await in_db(_opened, asked_by, await _last())
    try:
        return await jobs.start(
            pipeline=FireDrill.name, payload={"run": run.pk, **payload}, total=1, job_id=run.job_id, client=f"staff:{asked_by}"
        )
    except BaseException:
        await in_db(run.delete)
        raise


def checked_faults(faults: Mapping[str, str]) -> dict[str, str]:
    """The faults as they are written shortest, without those that are none. Raises: BadInput."""
    found = {}
    for option, text in faults.items():
        if option not in known.OPTIONS:
            raise BadInput(f"There is no provider {option[:40]!r}.", details={"field": "faults", "known": list(known.OPTIONS)})
        try:
            fault = known.parsed(text or "ok")
        except known.BadFault as error:
            raise BadInput(str(error), details={"field": f"faults.{option}"}) from None
        if fault != known.OK:
            found[option] = str(fault)
    return found


def _checked_requests(requests: int) -> int:
    if not LEAST <= requests <= MOST:
        raise BadInput(f"A drill takes {LEAST} to {MOST} requests.", details={"field": "requests"})
    return requests


async def _last() -> int | None:
    """The record of a drill whose job is over or gone, though the record says that it runs. Raises: JobExists while one runs."""
    run = await in_db(Run.objects.filter(kind=Run.Kind.DRILL, state=Run.State.RUNNING).first)
    if run is None:
        return None
    job = await jobs.find(run.job_id)
    if job is not None and not job.ended:
        raise _exists(run)
    return run.pk


def _opened(asked_by: str, lost: int | None) -> Run:
    """The record of a drill that begins. Raises: JobExists."""
    if lost is not None:
        rows = Run.objects.filter(pk=lost, state=Run.State.RUNNING)
        rows.update(state=Run.State.FAILED, ended_at=timezone.now(), note="Its job is gone.")
    try:
        with transaction.atomic():
            return Run.objects.create(kind=Run.Kind.DRILL, asked_by=asked_by[:150], job_id=str(uuid.uuid4()))
    except IntegrityError:
        raise _exists(Run.objects.filter(kind=Run.Kind.DRILL, state=Run.State.RUNNING).first()) from None


def _exists(run: Run | None) -> JobExists:
    details = {"jobId": run.job_id, "run": run.pk} if run else {}
    return JobExists("A fire drill runs already: there is one at a time.", details=details)
