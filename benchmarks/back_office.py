"""The operators' pages over a full database: `python -m benchmarks.back_office [--postgres URL] [--small]`.

A scratch database gets a million cache rows, 100,000 jobs and covers, and seven days of figures; then the dashboard and every list page of
the admin are asked as a logged-in user asks, in this process. Prints the median of five in ms, the queries, and whether it holds.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

DASHBOARD_MS, LIST_MS, QUERIES = 300, 500, 20
ASKED = 5
BATCH = 5_000
SKIPPED = ("add/", "rq")  # forms; django-rq's own pages


def main() -> int:
    """Fill, ask, print; 1 when a row does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", metavar="URL", help="a server where a scratch database may be made; else SQLite")
    parser.add_argument("--small", action="store_true", help="a hundredth of the rows: to try the benchmark itself")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bt-bench-") as folder:
        os.environ |= {"BOOKSTRACK_DATA_DIR": folder, "DATABASE_URL": options.postgres or "", "REDIS_URL": "", "RATE_LIMITS_ENABLED": "0"}
        os.environ |= {"DJANGO_SETTINGS_MODULE": "bookstrack.settings", "LOG_LEVEL": "ERROR", "ALLOWED_HOSTS": "testserver"}
        import django

        django.setup()
        from pathlib import Path

        from bookstrack.lib import embedded_redis

        embedded_redis.ensure_running(Path(folder), durable=False)
        try:
            return run(0.01 if options.small else 1.0)
        finally:
            embedded_redis.stop(Path(folder))


def run(share: float) -> int:
    """In a test database, which is dropped afterwards."""
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        began_s = time.monotonic()
        fill(share)
        print(f"filled in {time.monotonic() - began_s:.0f} s", flush=True)
        return measure()
    finally:
        teardown_databases(made, verbosity=0)


# -- filling
def fill(share: float) -> None:
    """Rows of every kind that grows."""
    from django.contrib.admin.models import CHANGE, LogEntry
    from django.contrib.auth.models import User
    from django.contrib.contenttypes.models import ContentType
    from django.utils import timezone

    from harvest.models import Alert, Cover, CoverVerdict, ProxiedPicture, Run
    from jobs.models import Job, JobItem
    from search.models import CacheEntry

    chance, now = random.Random(7), timezone.now()
    user = User.objects.create_superuser("bench", "bench@example.org", "a-long-pass-phrase-of-benchmarks")

    def count(number: int) -> range:
        return range(int(number * share))

    def past(days: int) -> datetime:
        return now - timedelta(seconds=chance.random() * days * 86_400)

    many(CacheEntry, (
        CacheEntry(
            key=f"search:isbn:{9780000000000 + i}", kind=chance.choice(["isbn", "title", "author"]), label=f"book {i}",
            providers="openlibrary", tier="cold" if i % 9 == 0 else "redis",
            cold_name=f"cold-cache/2026/10/{i:x}.json.zst" if i % 9 == 0 else None,
            found=1, quality=i % 100, size_bytes=2_000, hits=i % 50, created_at=past(90), expires_at=now + timedelta(days=i % 300),
        )
        for i in count(1_000_000)
    ))  # fmt: skip
    many(Job, (
        Job(
            id=f"job-{i}", pipeline=chance.choice(["csv_import", "batch_enrichment", "ai_scan", "cover_harvest"]), queue="default",
            state=chance.choice(["completed"] * 8 + ["failed", "canceled"]), payload={"books": []}, created_at=past(2), ended_at=past(1),
            token_salt="s", token_digest="d", token_expires_at=now,
        )
        for i in count(100_000)
    ))  # fmt: skip
    many(JobItem, (JobItem(job_id=f"job-{i % 1000}", index=i, success=True, status="success", body=b"{}") for i in count(100_000)))
    runs = [Run.objects.create(kind="harvest", state="done", began_at=now - timedelta(days=i), figures={"found": 9}) for i in range(90)]
    many(Cover, (
        Cover(
            isbn=str(9780000000000 + i), state="kept" if i % 5 else "none", source=chance.choice(["isbndb", "openlibrary", "google-books"]),
            width=600, height=900, original_bytes=90_000, stored_bytes=40_000, score=0.8, likeness=f"{chance.getrandbits(64):016x}",
            kept_at=past(90) if i % 5 else None, version="v",
        )
        for i in count(100_000)
    ))  # fmt: skip
    many(CoverVerdict, (
        CoverVerdict(
            run=runs[i % 90], isbn=str(9780000000000 + i), outcome=chance.choice(["found", "none", "error"]), reason="late", at=past(90)
        )
        for i in count(200_000)
    ))  # fmt: skip
    many(ProxiedPicture, (
        ProxiedPicture(
            digest=f"{i:064x}", host="covers.openlibrary.org", url=f"https://covers.openlibrary.org/b/id/{i}-L.jpg", stored_bytes=30_000
        )
        for i in count(50_000)
    ))  # fmt: skip
    many(Alert, (Alert(rule="hit_rate", subject=str(i), message="low", value=0.2, threshold=0.5, ended_at=past(30)) for i in count(2_000)))
    kind = ContentType.objects.get_for_model(Job)
    many(LogEntry, (
        LogEntry(
            user_id=user.pk, content_type_id=kind.pk, object_id=f"job-{i}", object_repr="job", action_flag=CHANGE, change_message="Retried."
        )
        for i in count(50_000)
    ))  # fmt: skip
    fill_rollups()
    analyse()


def fill_rollups() -> None:
    """Seven days of one host, as the rollups keep them."""
    from asgiref.sync import async_to_sync
    from django.utils import timezone

    from harvest.counting import rollups
    from harvest.models import MetricRollup

    chance, end = random.Random(11), rollups.begin_of(timezone.now(), 60)
    for span in MetricRollup.Span:
        size_s = int(span)
        moments = (rollups.begin_of(end - timedelta(seconds=size_s * back), size_s) for back in range(7 * 86_400 // size_s))
        many(MetricRollup, (MetricRollup(span_s=span, at=at, host=rollups.host(), data=block(chance, size_s // 60)) for at in moments))
    async_to_sync(rollups.step)()  # as the scheduler process does every minute


def block(chance: random.Random, minutes: int) -> dict[str, Any]:
    """What a busy host counts in so many minutes."""
    from bookstrack.lib.telemetry import CALL_BUCKETS, REPLY_BUCKETS

    routes = ["/v1/search/isbn", "/v1/search/title", "/v1/search", "/covers/{isbn}/{size}.webp", "/v1/jobs/{job_id}", "/health", "/admin/"]
    providers, tiers = ["openlibrary", "google-books", "isbndb", "wikidata"], ["memory", "redis", "miss", "memory-negative", "cold"]

    def crossed(left: list[str], right: list[str], at_most: int) -> dict[str, float]:
        return {f"{one}|{other}": some(at_most) for one in left for other in right}

    def some(at_most: int) -> int:
        return chance.randrange(1, at_most) * minutes

    def buckets(bounds: Any) -> list[float]:
        return [some(50) / 10, *(some(40) for _ in bounds), 0]

    counters = {
        "requests": (["method", "route", "status"], crossed([f"GET|{route}" for route in routes], ["2xx", "4xx", "5xx"], 300)),
        "cache_lookups": (["kind", "tier"], crossed(["isbn", "title", "author"], tiers, 200)),
        "provider_calls": (["provider", "status"], crossed(providers, ["ok", "empty", "timeout"], 30)),
        "cache_coalesced": ([], {"": some(9)}),
    }
    histograms = {
        "request_seconds": (["route"], REPLY_BUCKETS, routes),
        "provider_call_seconds": (["provider"], CALL_BUCKETS, providers),
    }
    return {
        "n": minutes,
        "counters": {name: {"by": by, "of": of} for name, (by, of) in counters.items()},
        "histograms": {
            name: {"by": by, "le": [bound for bound in le if bound != float("inf")], "of": {key: buckets(le) for key in keys}}
            for name, (by, le, keys) in histograms.items()
        },
        "gauges": {},
        "stores": {"queue_depth": {"by": ["queue"], "of": {name: some(5) for name in ("high", "default", "low", "photos")}}},
    }


def many(model: Any, rows: Iterator[Any]) -> None:
    """Insert rows, some thousands at a time."""
    while batch := list(islice(rows, BATCH)):
        model.objects.bulk_create(batch, batch_size=1_000)


def analyse() -> None:
    """What an autovacuum would have done by now."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


# -- asking
def measure() -> int:
    """Print a line a page; 1 when one does not hold."""
    from django.contrib import admin
    from django.contrib.auth.models import User
    from django.test import Client
    from django.urls import reverse

    client = Client()
    client.force_login(User.objects.get(username="bench"))
    pages = {"dashboard, 24 h": "/admin/harvest-dashboard/", "dashboard, 7 d": "/admin/harvest-dashboard/?period=7d", "index": "/admin/"}
    for model in admin.site._registry:
        meta = model._meta
        pages[f"list {meta.app_label}.{meta.model_name}"] = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    print(f"{'page':44} {'ms':>8} {'must':>6} {'queries':>8}")
    missed = 0
    for name, address in pages.items():
        must = DASHBOARD_MS if name.startswith("dashboard") else LIST_MS
        took_ms, queries = asked(lambda address=address: client.get(address, follow=True))  # type: ignore[misc]
        holds = took_ms <= must and (queries <= QUERIES or not name.startswith("list"))
        missed += not holds
        print(f"{name:44} {took_ms:8.1f} {must:6} {queries:8} {'' if holds else '  MISSED'}", flush=True)
    return 1 if missed else 0


def asked(call: Callable[[], Any]) -> tuple[float, int]:
    """The median time in ms after a first look, and the queries of one call, whichever thread makes them."""
    from django.db.backends.utils import CursorWrapper

    plain, statements = CursorWrapper.execute, []
    call()  # what a first look copies or counts is not there at the next

    def counted(self: Any, sql: Any, params: Any = None) -> Any:
        statements.append(sql)
        return plain(self, sql, params)

    CursorWrapper.execute = counted  # type: ignore[method-assign]
    try:
        response = call()
    finally:
        CursorWrapper.execute = plain  # type: ignore[method-assign]
    if response.status_code != 200:
        raise SystemExit(f"{response.request['PATH_INFO']} answers {response.status_code}")
    times = []
    for _ in range(ASKED):
        began_s = time.perf_counter()
        call()
        times.append((time.perf_counter() - began_s) * 1000)
    return statistics.median(times), len(statements)


if __name__ == "__main__":
    sys.exit(main())
