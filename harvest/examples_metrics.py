"""Examples of figures, for the OpenAPI document."""

from typing import Any

_TIMES = {"count": 25, "mean": 9.1, "p50": 1.4, "p95": 41.0, "p99": 212.5}
_NOT_MEASURED = {"count": 0, "mean": None, "p50": None, "p95": None, "p99": None}
_RATES = {"total": 0.8, "byTier": {"memory": 0.7, "redis": 0.1}, "byKind": {"isbn": 0.8}, "negative": 0.04}
PROMETHEUS = 'bookstrack_requests_total{method="GET",route="/v1/search/isbn",status="2xx"} 25.0\n'
FIGURES: dict[str, Any] = {
    "period": "1h",
    "since": "2026-01-31T11:00:00.000Z",
    "until": "2026-01-31T12:00:12.000Z",
    "hosts": 1,
    "hitRates": _RATES,
    "latency": {"unit": "ms", **_TIMES, "byRoute": {"/v1/search/isbn": _TIMES}},
    "volume": {
        "requests": 25,
        "requestsPerSecond": 0.007,
        "searches": 25,
        "byRoute": {"/v1/search/isbn": 25},
        "byStatus": {"2xx": 24, "4xx": 1},
        "limitsRefused": {"search": 1},
        "cacheLookups": 25,
        "pictures": {"kept": 12, "fetched": 3},
        "covers": {"found": 40, "none": 7},
        "coversFound": {"isbndb": 31, "openlibrary": 9},
        "socketMessages": 120,
    },
    "costs": {
        "providerCalls": {"openlibrary": 5},
        "providerBytes": {"openlibrary": 48_211},
        "geminiCalls": 2,
        "geminiTokens": {"asked": 5_200, "answered": 640},
        "geminiUsd": 0.0063,
    },
    "providers": {
        "openlibrary": {
            "calls": 5, "byStatus": {"ok": 5}, "retries": 0, "bytes": 48_211, **_TIMES, "breaker": "closed", "usedToday": 5,
            "budgetLeft": None,
        }
    },
    "jobs": {
        "started": {"csv_import": 1},
        "ended": {"completed": 1},
        "items": {"success": 97, "failure": 3},
        "durationMs": {"csv_import": _TIMES},
        "pushMs": _TIMES,
        "eventLagMs": _NOT_MEASURED,
        "deadLetters": 0,
        "workers": 3,
        "workersBusy": 1,
        "byState": {"completed": 3, "running": 1},
        "queues": {"default": {"depth": 0, "oldestSeconds": 0}},
        "socketsOpen": 2,
    },
    "health": {
        "status": "ok",
        "queueAnswers": True,
        "openCircuits": [],
        "serverErrors": 0,
        "serverErrorShare": 0.0,
        "diskFreeBytes": 82_656_735_232,
        "diskBytes": 270_553_174_016,
        "storedBytes": {"covers": 1_204_118, "pictures": 40_112},
    },
}  # fmt: skip
CACHE: dict[str, Any] = {
    "success": True,
    "data": {
        "period": "1h",
        "since": "2026-01-31T11:00:00.000Z",
        "hitRates": _RATES,
        "lookups": 25,
        "negativeHits": 1,
        "coalesced": 11,
        "staleServed": 0,
        "brokenEntries": 0,
        "redisAway": 0,
        "entries": 5,
        "tiers": {
            "memory": {"entries": 5, "bytes": 9_120, "evictions": 0},
            "redis": {"keys": 31, "bytes": 1_048_576, "evictionsSinceStart": 0},
        },
    },
    "metadata": {"timestamp": "2026-01-31T12:00:12.000Z", "processingTime": 8.1, "traceId": "3f1c9a7be21d4c0f8a5b6e7d"},
}
