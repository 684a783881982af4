"""Examples of the OpenAPI document."""

from typing import Any

_META = {"timestamp": "2026-01-31T12:00:00.000Z", "processingTime": 9.1, "traceId": "3f1c9a7be21d4c0f8a5b6e7d"}
_ID = "5f0c1a9e-7a5e-4c77-9d1d-2f7a54a9b0c1"
_HOST = "127.0.0.1:8000"

BATCH_EXAMPLE: dict[str, Any] = {
    "books": [{"isbn": "9780441478125"}, {"title": "Dune", "author": "Frank Herbert"}, {"openLibraryId": "OL893415W"}]
}
START_EXAMPLE: dict[str, Any] = {"jobId": "my-job-1", "workIds": ["9780441478125", "OL893415W", "Dune"]}
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
        "success": True,
        "processedCount": 0,
        "totalCount": 3,
    },
    "metadata": _META,
}
PLAN_EXAMPLE: dict[str, Any] = {
    "success": True,
    "data": {
        "items": 3,
        "cached": 0,
        "calls": {"openlibrary": 3, "google-books": 1, "isbndb": 2},
        "budgetLeft": {"google-books": 800},
        "estimatedSeconds": {"p50": 2.1, "p90": 5.0},
    },
    "metadata": _META,
}
IMPORT_STARTED_EXAMPLE: dict[str, Any] = {
    "success": True,
    "data": {name: value for name, value in STARTED_EXAMPLE["data"].items() if name not in ("success", "processedCount", "totalCount")}
    | {"detectedFormat": "goodreads", "totalRows": 42},
    "metadata": _META,
}
IMPORT_PLAN_EXAMPLE: dict[str, Any] = {
    "success": True,
    "data": PLAN_EXAMPLE["data"]
    | {
        "detectedFormat": "generic",
        "kind": "csv",
        "encoding": "utf-8",
        "delimiter": ",",
        "totalRows": 3,
        "mapping": [
            {"column": "Buchtitel", "field": "title", "confidence": 0.95, "by": "header"},
            {"column": "Regal", "field": None, "confidence": 0.4, "by": "header"},
        ],
        "warnings": [],
        "preview": {
            "header": ["Buchtitel", "Regal"],
            "rows": [["Die Verwandlung", "3"]],
            "books": [{"row": 1, "title": "Die Verwandlung", "author": None, "extra": {"Regal": "3"}}],
        },
    },
    "metadata": _META,
}
_STAGES: dict[str, Any] = {
    "stages": [
        {"name": "quality", "typicalDuration": 0.5, "progress": 0.1},
        {"name": "detection", "typicalDuration": 6.0, "progress": 0.5},
    ],
    "estimatedRange": [4.0, 20.0],
}
_JOB = {name: value for name, value in STARTED_EXAMPLE["data"].items() if name not in ("success", "processedCount", "totalCount")}
_SCAN = _JOB | {"status": "started"} | _STAGES
SCAN_STARTED_EXAMPLE: dict[str, Any] = {**_SCAN, "success": True, "data": _SCAN, "metadata": _META}
SCAN_BATCH_STARTED_EXAMPLE: dict[str, Any] = {
    "success": True,
    "data": _JOB | {"status": "processing", "totalPhotos": 3} | _STAGES,
    "metadata": _META,
}
SCAN_PLAN_EXAMPLE: dict[str, Any] = {
    "success": True,
    "data": {
        "items": 1,
        "cached": 0,
        "calls": {"gemini": 1},
        "budgetLeft": {"gemini": 1_990_000},
        "tokens": 1_800,
        "engines": ["barcode", "ocr", "gemini"],
        "enginesOff": {},
        "photos": [{"index": 0, "width": 4000, "height": 3000, "quality": {"warnings": []}}],
        "estimatedSeconds": {"p50": 8.0, "p90": 20.0},
    },
    "metadata": _META,
}
