"""Archival over a full cache: `python -m benchmarks.archive [--postgres URL] [--rows N] [--entries N]`.

A scratch database gets a million rows of cache entries, a fifth of which are due, and Redis the entries of some of those. Printed: what
choosing takes, how fast entries move into the archive (local files) and, asked for one by one, come back, and what a cold answer takes
beside one from Redis. Ratios say more than times: they are of the same minute on the same machine.
"""

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

BATCH = 5_000
ASKED = 500
DUE = 5
WORK = (
    b'{"title":"The %d Rivers","authors":[{"name":"Author %d","gender":"Unknown"}],"subjectTags":["Fantasy","Classics"],"quality":%d,'
    b'"description":"%s"}'
)


def main() -> None:
    """Fill, move, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", metavar="URL", help="a server where a scratch database may be made; else SQLite")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=10_000, help="of them in Redis, due")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bt-bench-") as folder:
        os.environ |= {"BOOKSTRACK_DATA_DIR": folder, "DATABASE_URL": options.postgres or "", "REDIS_URL": "", "STORAGE_URL": ""}
        os.environ |= {"DJANGO_SETTINGS_MODULE": "bookstrack.settings", "LOG_LEVEL": "ERROR", "SEARCH_PROVIDERS": "catalogue"}
        import django

        django.setup()
        from django.test.utils import setup_databases, teardown_databases

        from bookstrack.lib import db, embedded_redis

        embedded_redis.ensure_running(Path(folder), durable=False)
        made = setup_databases(verbosity=0, interactive=False)
        try:
            took("filled", lambda: fill(options.rows, options.entries))
            choose()
            asyncio.run(move_and_ask(options.entries))
            expire()
        finally:
            db.close()
            teardown_databases(made, verbosity=0)
            embedded_redis.stop(Path(folder))


def took(what: str, work: Callable[[], Any]) -> Any:
    """Do it, print what it took, and give its result."""
    began_s = time.monotonic()
    done = work()
    print(f"{what}: {time.monotonic() - began_s:.2f} s", flush=True)
    return done


def fill(rows: int, entries: int) -> None:
    """Rows of which every fifth is old and quiet; those that are made first, and are due, have their entry in Redis. The others are their
    copies, made by the database."""
    from django.db import connection
    from django.utils import timezone

    from search.models import CacheEntry

    chance, now, first = random.Random(7), timezone.now(), entries * DUE
    for start in range(0, first, BATCH):
        CacheEntry.objects.bulk_create(row(number, now, chance) for number in range(start, min(first, start + BATCH)))
    columns = [field.column for field in CacheEntry._meta.fields if field.column not in ("id", "key")]
    numbers = " UNION ALL ".join(f"SELECT {number} AS number" for number in range(1, max(2, rows // first)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO search_cacheentry (key, {', '.join(columns)}) SELECT rows.key || '-' || numbers.number, {', '.join(columns)} "
            f"FROM ({numbers}) AS numbers CROSS JOIN search_cacheentry AS rows ORDER BY numbers.number, rows.id"
        )
    fill_redis([9780000000000 + number for number in range(0, first, DUE)], chance)


def row(number: int, now: datetime, chance: random.Random) -> Any:
    """A row, due where its number is a multiple of DUE."""
    from search.models import CacheEntry

    made_at = now - timedelta(days=40 if number % DUE == 0 else chance.random() * 29)
    isbn = 9780000000000 + number
    return CacheEntry(
        key=f"search:isbn:{isbn}", kind="isbn", label=f"book {number}", providers="openlibrary", found=1, size_bytes=2_000, hits=number % 8,
        created_at=made_at, counted_at=made_at, expires_at=now + timedelta(days=300),
        question={"kind": "isbn", "isbns": [str(isbn)], "limit": 1},
    )  # fmt: skip


def fill_redis(isbns: list[int], chance: random.Random) -> None:
    """An answer of one work, about 2 kB as JSON, for each."""
    from bookstrack.lib import clock, redis
    from search.entry import PREFIX, Entry, pack

    created_at = clock.unix_s() - 40 * 86_400
    with redis.sync_client().pipeline(transaction=False) as pipeline:
        for isbn in isbns:
            words = b" ".join(b"%x" % chance.getrandbits(28) for _ in range(200))
            work = WORK % (isbn, isbn, chance.randint(0, 100), words)
            data = b'{"works":[' + work + b'],"editions":[],"authors":[]}'
            entry = Entry(data, created_at, 340 * 86_400, "openlibrary", {"openlibrary": "ok"})
            pipeline.set(f"{PREFIX}search:isbn:{isbn}", pack(entry), ex=300 * 86_400)
        pipeline.execute()


def choose() -> None:
    """What is due, as the job and as the dry run ask."""
    from search import archiving

    rule = the_rule()
    parts = took("chosen and cut into parts", lambda: archiving.parts(rule))
    outlook = took("dry run", lambda: archiving.outlook(rule))
    print(f"  {len(parts)} parts, {outlook['moved']:,} to move", flush=True)


def the_rule() -> Any:
    """That of the settings' defaults."""
    from django.utils import timezone

    from search.archiving import ArchiveRule

    return ArchiveRule(timezone.now() - timedelta(days=30), 10)


async def move_and_ask(entries: int) -> None:
    """Move what has an entry, then ask for some of it one by one."""
    from bookstrack.lib import redis
    from search import services

    rule, moved, began_s, cpu_s = the_rule(), 0, time.monotonic(), time.process_time()
    for part in await services.archive_parts(rule):
        moves = await services.archive(part, rule)
        moved += moves.moved
        if moved >= entries:
            break
    seconds = time.monotonic() - began_s
    cpu_s = time.process_time() - cpu_s
    print(f"moved {moved:,} entries in {seconds:.1f} s: {moved / seconds:,.0f}/s; {cpu_s / moved * 1e6:.0f} µs of CPU each", flush=True)
    keys = [f"search:isbn:{9780000000000 + DUE * number}" for number in range(min(ASKED, moved))]
    cold_ms = await asked(keys, "cold")
    await services.settled()
    warm_ms = await asked(keys, "redis")
    none_ms = await asked([f"search:isbn:{number}" for number in range(len(keys))], None)
    print(f"found in Redis: {warm_ms:.2f} ms; cold: {cold_ms:.2f} ms, {cold_ms / warm_ms:.1f} times that; nowhere: {none_ms:.2f} ms")
    await redis.close()


async def asked(keys: list[str], tier: str | None) -> float:
    """Median of look-ups one after the other, ms; each must come from that tier."""
    from search import services

    times = []
    for key in keys:
        services.cache.memory.clear()
        began_s = time.perf_counter()
        found = await services.cache.find(key)
        times.append((time.perf_counter() - began_s) * 1000)
        if (found[1] if found else None) != tier:
            raise SystemExit(f"{key} came from {found[1] if found else None}, not from {tier}")
        await services.settled()
    return statistics.median(times)


def expire() -> None:
    """What purge_expired asks of the cache's rows, and deleting a tenth of them."""
    from django.db.models import F
    from django.utils import timezone

    from search import expiring
    from search.models import CacheEntry

    over = timezone.now() - timedelta(days=2)
    CacheEntry.objects.annotate(rest=F("pk") % 10).filter(rest=0).update(expires_at=over)
    found = took("dry run of expiry", expiring.overdue)
    deleted = took("expired rows deleted", lambda: sum(iter(expiring._delete_rows, 0)))
    print(f"  {deleted:,} of {found['entries']:,} rows", flush=True)


if __name__ == "__main__":
    main()
