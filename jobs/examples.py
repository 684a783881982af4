"""Examples of the OpenAPI document."""

from typing import Any

_META = {"timestamp": "2026-01-31T12:00:00.000Z", "processingTime": 2.4, "traceId": "3f1c9a7be21d4c0f8a5b6e7d"}
_ID = "5f0c1a9e-7a5e-4c77-9d1d-2f7a54a9b0c1"
_STATE: dict[str, Any] = {
    "jobId": _ID,
    "pipeline": "batch_enrichment",
    "status": "running",
    "progress": 0.42,
    "processedCount": 42,
    "totalCount": 100,
    "currentItem": "9780441478125",
    "startTime": "2026-01-31T11:59:58.100Z",
    "lastUpdate": "2026-01-31T11:59:59.950Z",
    "endTime": None,
    "version": "2.0.0",
    "error": None,
    "lastSeq": 17,
}
_RESULTS: dict[str, Any] = {
    "jobId": _ID,
    "pipeline": "batch_enrichment",
    "status": "completed",
    "summary": {"totalProcessed": 1, "successCount": 1, "failureCount": 0, "totalCount": 1},
    "pagination": {"total": 1, "limit": 1000, "offset": 0, "hasMore": False},
    "enrichedBooks": [
        {"index": 0, "isbn": "9780441478125", "success": True, "status": "success", "provider": "openlibrary", "cached": False}
    ],
}
_TOKEN: dict[str, Any] = {"jobId": _ID, "token": "a-token-of-43-signs", "expiresIn": 7200, "expiresAt": "2026-01-31T14:00:00.000Z"}
_LETTER: dict[str, Any] = {
    "id": 7,
    "jobId": _ID,
    "kind": "WORKER_LOST",
    "error": "The worker that did this job died, again and again.",
    "attempts": 3,
    "failedAt": "2026-01-31T12:00:00.000Z",
}


def _reply(data: dict[str, Any], *, flat: bool = False) -> dict[str, Any]:
    return {**(data if flat else {}), "success": True, "data": data, "metadata": _META}


STATE = _reply(_STATE)
FLAT_STATE = _reply(_STATE, flat=True)
RESULTS = _reply(_RESULTS)
CANCELED = _reply({"jobId": _ID, "status": "canceled", "processedCount": 42})
REFRESHED = _reply(_TOKEN, flat=True)
DEAD_LETTERS = _reply({"depth": 1, "items": [_LETTER]})
RETRIED = _reply({"jobId": _ID, "status": "queued"})


def documented(example: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What ninja adds to an operation: an example of its answer, and more."""
    return {"responses": {200: {"content": {"application/json": {"example": example}}}}, **more}
