"""Jobs that were given up: listed, retried, discarded by operators and by machines with a service token."""

from typing import Any

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from bookstrack.lib.errors import NotFound
from jobs import audit, services
from jobs.models import DeadLetter

MAX_LISTED = 200


async def listed() -> dict[str, Any]:
    """`{depth, items: [{id, jobId, kind, error, attempts, failedAt}]}`, newest first, 200 at most."""
    depth = await in_db(DeadLetter.objects.count)
    rows = await in_db(lambda: list(DeadLetter.objects.all()[:MAX_LISTED]))
    items = [
        {
            "id": row.pk,
            "jobId": row.job_id,
            "kind": row.kind,
            "error": row.error,
            "attempts": row.attempts,
            "failedAt": clock.iso_ms(row.failed_at),
        }
        for row in rows
    ]
    return {"depth": depth, "items": items}


async def retried(letter_id: str, asked_by: str) -> dict[str, Any]:
    """Put the letter's job back into its queue: `{jobId, status}`. `asked_by` is a service token's name.

    Raises: NotFound.
    """
    number = int(letter_id) if letter_id.isascii() and letter_id.isdigit() and len(letter_id) < 16 else 0
    letter = await in_db(DeadLetter.objects.select_related("job").filter(pk=number).first)
    if letter is None or not await in_db(services.retry, letter.job):
        raise NotFound("There is no such dead letter.")
    await in_db(audit.by_token, asked_by, "Retried from its dead letter.", row=letter.job)
    return {"jobId": letter.job_id, "status": letter.job.state}


def discarded(letter: DeadLetter) -> None:
    """Give the job up for good: its results go with the next cleaning."""
    letter.delete()
