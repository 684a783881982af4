"""The open sockets of this process: who is pinged, who is silent or has lost its token, and what is counted of all."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError

from bookstrack.lib import clock
from bookstrack.lib import redis as redis_door
from bookstrack.lib.telemetry import Counter, Histogram, live_gauge
from jobs import places, services
from jobs.messages import Event

if TYPE_CHECKING:
    from jobs.consumers import ProgressConsumer

log = structlog.get_logger(__name__)
TICK_S = 5.0
PING_EVERY_S = 30.0
SILENT_S = 300.0
JOB_AWAITED_S = 120.0
CHECK_TOKENS_EVERY_S = 30.0
REPLAYED_AFTER_S = 10.0

open_sockets = live_gauge("bookstrack_sockets_open", "Sockets of the progress channel that are open")
messages_sent = Counter("bookstrack_socket_messages_total", "Events sent to sockets")
replays = Counter("bookstrack_socket_replays_total", "Events that were read from the log again, for those who came late")
push_seconds = Histogram(
    "bookstrack_push_seconds", "From an event's making to its sending", buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5)
)
connection_seconds = Histogram("bookstrack_socket_seconds", "How long sockets were open", buckets=(1, 10, 60, 300, 1800, 7200))
_open: set["ProgressConsumer"] = set()
_opening: set["ProgressConsumer"] = set()


@contextmanager
def opening(socket: "ProgressConsumer") -> Iterator[None]:
    """While a socket's handshake goes on: it ends with an answer also when the process is told to stop."""
    _opening.add(socket)
    try:
        yield
    finally:
        _opening.discard(socket)


def add(socket: "ProgressConsumer") -> None:
    """A socket was opened."""
    _open.add(socket)
    open_sockets.inc()


def remove(socket: "ProgressConsumer") -> None:
    """A socket was closed."""
    if socket in _open:
        _open.discard(socket)
        open_sockets.dec()
        connection_seconds.observe(clock.monotonic_s() - socket.opened_s)


def pushed(event: Event) -> None:
    """An event went to a socket; of those that are no replays the first one's delay is kept."""
    messages_sent.inc()
    if not event.pushed:
        event.pushed = True
        delay_s = clock.unix_s() - event.made_s
        if delay_s < REPLAYED_AFTER_S:
            push_seconds.observe(max(0.0, delay_s))
        else:
            replays.inc()


async def closed(within_s: float) -> None:
    """Wait until all sockets have been told that they are closed, but no longer than that."""
    until_s = clock.monotonic_s() + within_s
    while (_opening or any(not socket.closed for socket in _open)) and clock.monotonic_s() < until_s:  # noqa: ASYNC110 - many, no one event
        await asyncio.sleep(0.01)


async def keep() -> None:
    """Look after the sockets until cancelled."""
    pinged_s = checked_s = renewed_s = clock.monotonic_s()
    while True:
        await asyncio.sleep(TICK_S)
        now_s = clock.monotonic_s()
        await _close_silent(now_s)
        if now_s - pinged_s >= PING_EVERY_S - TICK_S / 2:
            pinged_s = now_s
            await asyncio.gather(*(socket.say("ping", {}) for socket in list(_open)), return_exceptions=True)
        if now_s - renewed_s >= places.RENEW_EVERY_S:
            renewed_s = now_s
            await _renew_places()
        if now_s - checked_s >= CHECK_TOKENS_EVERY_S:
            checked_s = now_s
            await _close_without_token()


async def _close_silent(now_s: float) -> None:
    for socket in list(_open):
        if now_s - socket.heard_s > SILENT_S:
            await socket.end(1008, "silent for five minutes")
        elif now_s - socket.opened_s > JOB_AWAITED_S and socket.awaits_job:
            await socket.end(1008, "no job came")


async def _renew_places() -> None:
    held = [(job_id, socket.client, socket.member) for socket in _open for job_id in socket.held]
    if not held:
        return
    try:
        await places.renew(held)
    except redis_door.Away:
        log.warning("places of sockets could not be renewed: Redis is away")


async def _close_without_token() -> None:
    held: dict[str, set[str]] = {}
    for socket in _open:
        for job_id, digest in socket.held.items():
            if digest:
                held.setdefault(job_id, set()).add(digest)
    if not held:
        return
    try:
        dead = await services.dead_tokens(held)
    except DatabaseError:
        log.warning("tokens of sockets could not be checked: the database is away")
        return
    for socket in list(_open):
        if any(digest and digest in dead.get(job_id, ()) for job_id, digest in socket.held.items()):
            await socket.end(1008, "the token is no longer valid")
