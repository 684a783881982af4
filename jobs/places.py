"""How many sockets a job and a client may have, counted over all processes. A place is held for a while and renewed, so that those of a
process that was killed become free by themselves."""

import secrets
from typing import Any, cast

from bookstrack.lib import clock
from bookstrack.lib import redis as redis_door
from jobs import conf

HELD_S = 75.0
RENEW_EVERY_S = 25.0

# KEYS: the job's places, the client's. ARGV: now, until, member, limit a job, limit a client. Answers 0 taken, 1 or 2: which is full.
_TAKE = redis_door.Script(
    """
    for i = 1, 2 do
        redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', ARGV[1])
        local own = redis.call('ZSCORE', KEYS[i], ARGV[3])
        if not own and redis.call('ZCARD', KEYS[i]) >= tonumber(ARGV[3 + i]) then return i end
    end
    for i = 1, 2 do
        redis.call('ZADD', KEYS[i], ARGV[2], ARGV[3])
        redis.call('EXPIRE', KEYS[i], 120)
    end
    return 0
    """
)


class Full(Exception):
    """No place is left; the text is for the client."""


def _keys(job_id: str, client: str) -> list[str]:
    return [f"sockets:job:{job_id}", f"sockets:client:{client}"]


def new_member() -> str:
    """A name for a socket, that says whose process it is."""
    return f"{redis_door.PROCESS}:{secrets.token_hex(8)}"


async def take(job_id: str, client: str, member: str) -> None:
    """Take a place for a socket at a job; at its client it has one, however many jobs it follows.

    Raises: Full, redis.Away.
    """
    now = clock.unix_s()
    limits = [conf.sockets_per_job(), conf.sockets_per_client()]
    keys = _keys(job_id, client)
    full = await _TAKE(keys=keys, args=[now, now + HELD_S, member, *limits])
    if full:
        await _free_those_of_the_dead(keys[full - 1])
        full = await _TAKE(keys=keys, args=[now, now + HELD_S, member, *limits])
    if full:
        whose = ("this job", "this address")[full - 1]
        raise Full(f"too many sockets: {whose} has {limits[full - 1]}")


async def _free_those_of_the_dead(key: str) -> None:
    """Free the places of processes that were killed: their clients come back at once.

    Redis knows who lives: the connections of a dead process are cut.
    """
    members = cast(list[bytes], await cast(Any, redis_door.client().zrange(key, 0, -1)))
    living = await redis_door.living()
    dead = [member for member in members if living and member.decode().partition(":")[0] not in living]
    if dead:
        await redis_door.client().zrem(key, *dead)


async def renew(places: list[tuple[str, str, str]]) -> None:
    """Hold these places, as (job id, client, member), for longer.

    Raises: redis.Away.
    """
    until = clock.unix_s() + HELD_S
    async with redis_door.client().pipeline(transaction=False) as pipe:
        for job_id, client, member in places:
            for key in _keys(job_id, client):
                pipe.zadd(key, {member: until})
                pipe.expire(key, 120)
        await pipe.execute()


async def leave(job_id: str, member: str) -> None:
    """Give back the place at one of the jobs.

    Raises: redis.Away.
    """
    await redis_door.client().zrem(_keys(job_id, "")[0], member)


async def free(job_id: str, client: str, member: str) -> None:
    """Give back both places.

    Raises: redis.Away.
    """
    async with redis_door.client().pipeline(transaction=False) as pipe:
        for key in _keys(job_id, client):
            pipe.zrem(key, member)
        await pipe.execute()
