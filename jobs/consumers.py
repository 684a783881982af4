"""The progress channel's sockets. Source: spec 03.

A consumer talks; what it has to say comes from the hub, whom it may see and how long from the services.
"""

import asyncio
import contextlib
from typing import Any

import orjson
import structlog
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.db import DatabaseError

from bookstrack import envelope
from bookstrack.lib import clock, trace
from bookstrack.lib import redis as redis_door
from bookstrack.lib.errors import ApiError, Unauthorized, Unavailable
from jobs import conf, messages, places, services, sockets, tokens
from jobs.handshake import asked, header, understood
from jobs.hub import Follower, Stopping, hub
from jobs.messages import Encoding
from jobs.models import Job

log = structlog.get_logger(__name__)
MAX_JOBS = 50  # on one socket
MAX_NONSENSE = 10  # in a row
SEND_S = 20.0  # a client that does not read for so long is dropped
DONE, GOING_AWAY, PROTOCOL, POLICY, BROKEN, OVERLOAD = 1000, 1001, 1002, 1008, 1011, 1013
_COMMANDS = frozenset({"ready", "ping", "pong", "ack", "cancel", "subscribe", "unsubscribe"})


class ProgressConsumer(AsyncConsumer):  # type: ignore[misc]
    """One socket: one job by its address, more by `subscribe`."""

    def __init__(self) -> None:
        self.member = places.new_member()
        self.protocol, self.encoding = 2, Encoding.JSON
        self.client = "unknown"
        self.job_id = ""
        self.held: dict[str, str] = {}  # job id -> digest of the token it was opened with; "" without one
        self.pumps: dict[str, asyncio.Task[None]] = {}
        self.nonsense = 0
        self.heard_s = self.opened_s = clock.monotonic_s()
        self.closed = False
        self.opened = False
        self.awaits_job = False
        self.sent = 0

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does it, without a thread for each message: this consumer has no database connection to tidy up."""
        try:
            await getattr(self, message["type"].replace(".", "_"))(message)
        except StopConsumer:
            raise
        except OSError:  # the client has left
            await self.end(BROKEN)
        except Exception:  # what it holds is given back when the server says that the socket is closed
            log.exception("a socket broke", job=self.job_id[:128])
            await self.end(BROKEN, "server error")

    # -- the handshake
    async def websocket_connect(self, _message: dict[str, Any]) -> None:
        with sockets.opening(self):
            await self._shake_hands()

    async def _shake_hands(self) -> None:
        trace.begin(header(self.scope, b"x-request-id"))
        self.client = self.scope.get("bookstrack.client", "unknown")
        try:
            job = await self._admitted()
            await places.take(self.job_id, self.client, self.member)
        except ApiError as error:
            await self._deny(error)
            return
        except (DatabaseError, *redis_door.Away):
            await self._deny(Unavailable("Progress cannot be followed just now."))
            return
        except places.Full as full:
            await self.send({"type": "websocket.accept", "subprotocol": self.wish.subprotocol})
            await self.end(POLICY, str(full))
            return
        self.opened = True
        sockets.add(self)
        await self.send({"type": "websocket.accept", "subprotocol": self.wish.subprotocol})
        await self._welcome(job)

    async def _admitted(self) -> Job | None:
        """The job, where it exists and its token was brought. Raises: ApiError."""
        self.wish = asked(self.scope)
        self.job_id, self.protocol, self.encoding = self.wish.job_id, self.wish.protocol, self.wish.encoding
        if hub().stopping:
            raise Unavailable("The server stops; come back.", retry_after_ms=1_000)
        if self.wish.token:
            return await services.authorised(self.job_id, self.wish.token)
        if conf.require_token() or await services.taken(self.job_id):
            raise Unauthorized("A job is seen with its token only.")
        return None

    async def _deny(self, error: ApiError) -> None:
        """Refuse the handshake with the reason, where the server can say it, else with 403."""
        self.closed = True
        log.info("socket refused", job=self.job_id[:128], code=error.code)
        if "websocket.http.response" in self.scope.get("extensions", {}):
            body = envelope.failure_body(error)
            headers = [(b"content-type", b"application/json"), (b"x-request-id", trace.current().id.encode())]
            await self.send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
            await self.send({"type": "websocket.http.response.body", "body": body})
        else:
            await self.send({"type": "websocket.close"})

    async def _welcome(self, job: Job | None) -> None:
        newest, after = 0, self.wish.after
        if job is not None:
            live = await services.followable(job)
            newest, after = live.seq, min(after, live.seq)
        await self.say("connected", {"lastSeq": newest, "serverTime": clock.iso_ms(clock.now())}, self.job_id, job)
        if job is not None and after and not job.ended:
            await self.say("reconnected", messages.resumed(await services.state(job) | {"status": live.status}), self.job_id, job)
        self.awaits_job = job is None
        self._follow(self.job_id, self.wish.token, after)

    # -- what it has to say
    def _follow(self, job_id: str, token: str | None, after: int) -> None:
        self.held[job_id] = tokens.digest(token) if token else ""
        follower = hub().follow(job_id, after=after)
        self.pumps[job_id] = asyncio.create_task(self._pump(follower))

    async def _pump(self, follower: Follower) -> None:
        """Carry one job's events to the client, at the client's speed."""
        try:
            while (event := await follower.next()) is not None:
                self.awaits_job = False
                frame = event.rendered(self.protocol, self.encoding)
                if frame is not None:
                    await self._frame(frame)
                    sockets.pushed(event)
        except Stopping:
            await self.end(GOING_AWAY, "the server stops; come back with lastSeq")
            return
        except redis_door.Away:
            await self.end(OVERLOAD, "events cannot be read just now; come back with lastSeq")
            return
        except (TimeoutError, OSError):
            await self.end(OVERLOAD, "the client does not read")
            return
        except Exception:
            log.exception("a socket's pump broke", job=follower.job_id)
            await self.end(BROKEN, "server error")
            return
        finally:
            follower.close()
            self.pumps.pop(follower.job_id, None)
        await self._leave(follower.job_id)
        if not self.pumps:
            await self.end(DONE, "done")

    async def _frame(self, frame: str | bytes) -> None:
        if self.closed:
            return
        self.sent += 1
        async with asyncio.timeout(SEND_S):
            await self.send({"type": "websocket.send", "text" if isinstance(frame, str) else "bytes": frame})

    async def say(self, kind: str, payload: dict[str, Any], job_id: str | None = None, job: Job | None = None) -> None:
        """Say something that has no seq, in the client's protocol and encoding."""
        now_ms = int(clock.unix_s() * 1000)
        pipeline, trace_id = (job.pipeline, job.trace_id) if job else ("", trace.current().id)
        whole = messages.message(kind, job_id or self.job_id, pipeline, payload, now_ms, trace_id)
        if not whole["pipeline"]:
            del whole["pipeline"]  # not known before the job is; null it never is
        if self.protocol == 1:
            whole = {"type": kind, "jobId": whole["jobId"], "timestamp": now_ms, "data": whole["payload"]}
        frame = orjson.dumps(whole).decode() if self.encoding is Encoding.JSON else messages.packed(whole)
        with contextlib.suppress(TimeoutError, OSError):
            await self._frame(frame)

    # -- what the client says
    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self.closed:
            return
        self.heard_s = clock.monotonic_s()
        said = understood(message.get("text"), message.get("bytes"), self.encoding)
        handler = getattr(self, f"_on_{said['type']}", None) if said and said["type"] in _COMMANDS else None
        if said is None or handler is None:
            await self._nonsense()
            return
        before = self.nonsense
        await handler(said)
        if self.nonsense == before:
            self.nonsense = 0

    async def _nonsense(self) -> None:
        self.nonsense += 1
        if self.nonsense >= MAX_NONSENSE:
            await self.end(PROTOCOL, "ten messages in a row that are none")
        else:
            await self._error("PROTOCOL_ERROR", "This is no message of the protocol.")

    async def _error(self, code: str, text: str, job_id: str | None = None) -> None:
        await self.say("error", messages.failed(code, text, retryable=False), job_id)

    async def _on_ready(self, _said: dict[str, Any]) -> None:
        await self.say("ready_ack", {})

    async def _on_ping(self, _said: dict[str, Any]) -> None:
        await self.say("pong", {})

    async def _on_pong(self, _said: dict[str, Any]) -> None:
        """It lives: that is noted for every message."""

    async def _on_ack(self, said: dict[str, Any]) -> None:
        await self.say("ack", {"seq": said["seq"]} if isinstance(said.get("seq"), int) else {})

    async def _on_cancel(self, said: dict[str, Any]) -> None:
        job_id = said.get("jobId") or self.job_id
        if not isinstance(job_id, str) or not self.held.get(job_id):
            await self._error("UNAUTHORIZED", "Only a socket that brought the job's token may cancel it.", str(job_id)[:128])
            return
        job = await services.find(job_id)
        if job is not None:
            await services.cancel(job)

    async def _on_subscribe(self, said: dict[str, Any]) -> None:
        job_id, token, after = said.get("jobId"), said.get("token"), said.get("lastSeq", 0)
        if not isinstance(job_id, str) or not isinstance(token, str) or not isinstance(after, int) or after < 0 or self.protocol == 1:
            await self._nonsense()
            return
        if job_id in self.pumps:
            await self._error("ALREADY_SUBSCRIBED", "This socket follows that job already.", job_id[:128])
            return
        if len(self.pumps) >= MAX_JOBS:
            await self._error("TOO_MANY_JOBS", f"A socket follows at most {MAX_JOBS} jobs.", job_id[:128])
            return
        try:
            job = await services.authorised(job_id, token)
            await places.take(job_id, self.client, self.member)
        except ApiError as error:
            await self._error(error.code, error.message, job_id[:128])
            return
        except places.Full as full:
            await self._error("TOO_MANY_SOCKETS", str(full), job_id[:128])
            return
        except redis_door.Away:
            await self._error("SERVICE_UNAVAILABLE", "Progress cannot be followed just now.", job_id[:128])
            return
        live = await services.followable(job)
        await self.say("connected", {"lastSeq": live.seq, "serverTime": clock.iso_ms(clock.now())}, job_id, job)
        self._follow(job_id, token, min(after, live.seq))

    async def _on_unsubscribe(self, said: dict[str, Any]) -> None:
        job_id = said.get("jobId")
        pump = self.pumps.get(job_id) if isinstance(job_id, str) else None
        if not isinstance(job_id, str) or pump is None:
            await self._error("NOT_SUBSCRIBED", "This socket does not follow that job.", str(job_id)[:128])
            return
        pump.cancel()
        await asyncio.gather(pump, return_exceptions=True)
        await self._leave(job_id)

    async def _leave(self, job_id: str) -> None:
        self.held.pop(job_id, None)
        if job_id != self.job_id and not self.closed:  # the first job's place is freed with the socket
            with contextlib.suppress(*redis_door.Away):
                await places.leave(job_id, self.member)

    # -- the end
    async def end(self, code: int, reason: str = "") -> None:
        """Close the socket, once."""
        if self.closed:
            return
        self.closed = True
        with contextlib.suppress(OSError, TimeoutError, RuntimeError):  # the client may be gone
            async with asyncio.timeout(SEND_S):
                await self.send({"type": "websocket.close", "code": code, "reason": reason[:120]})

    async def websocket_disconnect(self, _message: dict[str, Any]) -> None:
        self.closed = True
        sockets.remove(self)
        pumps = list(self.pumps.values())
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        if self.opened:
            with contextlib.suppress(*redis_door.Away):  # it becomes free by itself
                for job_id in {self.job_id, *self.held}:
                    await places.free(job_id, self.client, self.member)
            seconds = round(clock.monotonic_s() - self.opened_s, 1)
            log.info("socket", job=self.job_id, protocol=self.protocol, sent=self.sent, seconds=seconds)
        raise StopConsumer
