"""Starts jobs in the data folder of the environment: payloads as JSON on standard input, ids and tokens on standard output."""

import asyncio
import os
import sys
import uuid

import orjson


async def main() -> None:
    from bookstrack.lib import db, redis
    from bookstrack.lib.errors import JobExists, Unavailable
    from jobs import services

    started = []
    for payload in orjson.loads(sys.stdin.buffer.read()):
        key, body = uuid.uuid4().hex, orjson.dumps(payload)
        while True:
            try:
                one = await services.start(
                    pipeline=sys.argv[1], payload=payload, total=payload.get("count", 0), job_id=None, client="drill", key=key, body=body
                )
                break
            except Unavailable:  # Redis was killed: nothing was started, so the same key starts it now
                await asyncio.sleep(0.3)
            except JobExists as error:
                raise SystemExit(f"half-started: {error}") from error
        started.append({"jobId": one.job.pk, "token": one.token})
    await redis.close()
    db.close()
    sys.stdout.buffer.write(b"\n" + orjson.dumps(started) + b"\n")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")
    import django

    django.setup()
    asyncio.run(main())
