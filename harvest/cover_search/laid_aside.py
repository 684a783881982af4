"""Pictures of books that are in hand, kept in Redis until it is written down what came of the book: whoever goes on with a harvest that was
killed in that moment, or whose storage was away, does not fetch them again. Where Redis is away they are fetched again."""

import contextlib
from typing import Any, cast

from bookstrack.lib import redis

STAYS_S = 3600  # a harvest is taken up within seconds, one that waits for its storage within minutes
MAX_BYTES = 2 * 2**20  # hardly a cover is larger; some more of these at once would push answers out of the cache


async def lay(isbn: str, url: str, body: bytes) -> None:
    """Keep a picture of a book that came from this address."""
    if len(body) > MAX_BYTES:
        return
    with contextlib.suppress(*redis.Away):
        async with redis.client().pipeline(transaction=False) as pipeline:
            pipeline.hset(_name(isbn), url, body)
            pipeline.expire(_name(isbn), STAYS_S)
            await pipeline.execute()


async def find(isbn: str, url: str) -> bytes | None:
    """What came from this address for the book, if that is known."""
    with contextlib.suppress(*redis.Away):
        return cast(bytes | None, await cast(Any, redis.client().hget(_name(isbn), url)))
    return None


async def drop(isbn: str) -> None:
    """It is written down what came of the book."""
    with contextlib.suppress(*redis.Away):
        await redis.client().delete(_name(isbn))


def _name(isbn: str) -> str:
    return f"pictures:{isbn}"
