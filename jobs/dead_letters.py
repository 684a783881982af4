"""Jobs that were given up: listed, retried, discarded by operators and by machines with a service token."""

from typing import Any

from django.http import HttpRequest

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from bookstrack.lib.errors import Forbidden, NotFound, Unauthorized
from jobs import services
from jobs.models import DeadLetter, ServiceToken

MAX_LISTED = 200


async def allowed(request: HttpRequest, scope: str) -> ServiceToken:
    """The service token of a request, where it carries the scope.

    Raises: Unauthorized, Forbidden.
    """
    scheme, _, clear = request.headers.get("Authorization", "").partition(" ")
    named = request.headers.get("X-Service-Name", "")
    if scheme.lower() != "bearer" or not clear.strip():
        clear = request.headers.get("X-Service-Token", "") if named else ""
    token = await in_db(ServiceToken.find, clear.strip()) if clear.strip() else None
    if token is None or (named and token.name != named):
        raise Unauthorized("A valid service token is needed.")
    if not token.allows(scope):
        raise Forbidden(f"This service token lacks the scope {scope}.", details={"scope": scope})
    await in_db(token.used)
    return token


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


async def retried(letter_id: str) -> dict[str, Any]:
    """Put the letter's job back into its queue: `{jobId, status}`.

    Raises: NotFound.
    """
    number = int(letter_id) if letter_id.isascii() and letter_id.isdigit() and len(letter_id) < 16 else 0
    letter = await in_db(DeadLetter.objects.select_related("job").filter(pk=number).first)
    if letter is None or not await in_db(services.retry, letter.job):
        raise NotFound("There is no such dead letter.")
    return {"jobId": letter.job_id, "status": letter.job.state}


def discarded(letter: DeadLetter) -> None:
    """Give the job up for good: its results go with the next cleaning."""
    letter.delete()
