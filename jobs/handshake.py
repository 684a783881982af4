"""What a client of the progress channel says: in its handshake, and in its messages. No I/O. Source: spec 03, "Connecting"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson

from bookstrack.lib.errors import InvalidQuery
from jobs import messages
from jobs.messages import Encoding
from jobs.starting import JOB_ID

SUBPROTOCOL = "bookstrack-auth."
_JOB_ID = re.compile(JOB_ID + r"\Z")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a handshake asks for. `after` is the last seq that the client has seen; `subprotocol` is to be echoed."""

    job_id: str
    token: str | None
    after: int
    protocol: int
    encoding: Encoding
    subprotocol: str | None


def asked(scope: Mapping[str, Any]) -> Wish:
    """Read a handshake; the token by query, as bearer, or as subprotocol.

    Raises: InvalidQuery.
    """
    query = {name: values[0] for name, values in parse_qs(scope.get("query_string", b"").decode("latin-1")).items()}
    subprotocol = next((name for name in scope.get("subprotocols", []) if name.startswith(SUBPROTOCOL)), None)
    scheme, _, bearer = header(scope, b"authorization").partition(" ")
    by_header = bearer.strip() if scheme.lower() == "bearer" else ""
    token = query.get("token") or by_header or (subprotocol or "")[len(SUBPROTOCOL) :]
    job_id = query.get("jobId", "")
    if not _JOB_ID.match(job_id):
        raise InvalidQuery("jobId takes 1 to 128 letters, digits, - and _.", details={"field": "jobId"})
    return Wish(
        job_id=job_id,
        token=token or None,
        after=sequence_number(query.get("lastSeq", "0")),
        protocol=_choice("protocol", query.get("protocol", "2" if token else "1"), {"1": 1, "2": 2}),
        encoding=_choice("encoding", query.get("encoding", "json"), {one.value: one for one in Encoding}),
        subprotocol=subprotocol,
    )


def header(scope: Mapping[str, Any], name: bytes) -> str:
    """The first header of that name, in lower case; empty where there is none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), "")


def _choice(field: str, given: str, choices: dict[str, Any]) -> Any:
    """Raises: InvalidQuery."""
    if given not in choices:
        raise InvalidQuery(f"{field} is one of {', '.join(choices)}.", details={"field": field})
    return choices[given]


def sequence_number(text: str) -> int:
    """A lastSeq; one that lies in the future is taken for "all I know of".

    Raises: InvalidQuery.
    """
    if not text.isascii() or not text.isdigit():
        raise InvalidQuery("lastSeq is a whole number from 0.", details={"field": "lastSeq"})
    return min(int(text[:12]), 10**9)


def understood(text: str | None, raw: bytes | None, encoding: Encoding) -> dict[str, Any] | None:
    """What a client said; None when it is no message."""
    if text in ("PING", "PONG"):
        return {"type": text.lower()}
    said: Any = None
    try:
        if text is not None:
            said = orjson.loads(text)
        elif raw is not None and encoding is Encoding.MSGPACK:
            said = messages.unpacked(raw)
    except ValueError:
        return None
    return said if isinstance(said, dict) and isinstance(said.get("type"), str) else None
