"""Examples of the OpenAPI document."""

from typing import Any

_META = {"timestamp": "2026-01-31T12:00:00.000Z", "processingTime": 9.1, "traceId": "3f1c9a7be21d4c0f8a5b6e7d"}
_ID = "5f0c1a9e-7a5e-4c77-9d1d-2f7a54a9b0c1"
_HOST = "127.0.0.1:8000"
_TOLD = {"authorsQueued": 2, "estimatedWorks": 64, "rowsUnusable": 1}

STARTED_EXAMPLE: dict[str, Any] = {
    "success": True,
    "data": {
        "jobId": _ID,
        "token": "a-token-of-43-signs",
        "authToken": "a-token-of-43-signs",
        "expiresIn": 7200,
        "websocketUrl": f"ws://{_HOST}/ws/progress?jobId={_ID}",
        "sseUrl": f"http://{_HOST}/v1/jobs/{_ID}/events",
        "statusUrl": f"http://{_HOST}/v1/jobs/{_ID}",
        "resultsUrl": f"http://{_HOST}/v1/jobs/{_ID}/results",
        **_TOLD,
    },
    "metadata": _META,
}
PLAN_EXAMPLE: dict[str, Any] = {
    "success": True,
    "data": {
        "items": 2,
        "keys": 2,
        "cached": 0,
        "calls": {"openlibrary": 6, "google-books": 8, "isbndb": 2},
        "budgetLeft": {"google-books": 800, "isbndb": 4990},
        "estimatedSeconds": {"p50": 2.1, "p90": 5.0},
        **_TOLD,
    },
    "metadata": _META,
}
