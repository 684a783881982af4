"""What the fast lane sends: replies that were rendered before, but for what differs from one request to the next.

Whoever keeps such replies is a `Lane`; it knows nothing of requests beyond their target, and nothing of limits, ids and security headers,
which are the edge's.
"""

from collections.abc import Sequence
from typing import Any, Protocol

LINE_END = b"\r\n"
DIRECT = "bookstrack.direct"  # among a scope's extensions, where the server has one


class Direct(Protocol):
    """A server's way to send a whole reply, its head included, in one piece. `server_lines`: header lines that it gives every reply.
    `head`: what the fast lane read of the request's headers, where it did.
    """

    head: Any

    @property
    def server_lines(self) -> bytes: ...

    async def send(self, reply: bytes) -> None: ...


class Ready(Protocol):
    """A reply that is kept. `route` is the template that it is counted under; `etag` is empty where the reply has none."""

    @property
    def route(self) -> str: ...

    @property
    def etag(self) -> str: ...

    def lines(self, elapsed_ms: float) -> bytes:
        """Its own header lines, in lower case, each with CRLF: content-type, etag, cache-control, … and vary; no content-length."""

    def body(self, trace_id: str, elapsed_ms: float) -> bytes:
        """The body of one reply."""

    def sent(self) -> None:
        """Count it."""


class Lane(Protocol):
    """A keeper of such replies."""

    @property
    def prefixes(self) -> Sequence[bytes]:
        """How the targets begin that may be its."""

    @property
    def bucket(self) -> str:
        """The limit that its requests are charged to."""

    def find(self, target: bytes, coding: str) -> Ready | None:
        """What answers a target (path and query as they were sent) from memory; None: something else has to answer. Takes microseconds."""

    async def fetch(self, target: bytes, coding: str) -> Ready | None:
        """The same from what is a short way off. For targets that `find` knows nothing of."""
