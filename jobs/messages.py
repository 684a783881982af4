"""What the progress channel says: messages of protocol 2, their translation to protocol 1, JSON and MessagePack. No I/O.

Source: spec 03, "Messages".
"""

import re
from enum import StrEnum
from functools import cached_property
from typing import Any

import msgpack
import orjson

VERSION = "2.0.0"
ITEM_CHARS = 120  # of currentItem
STATUS_CHARS = 160
MAX_ID_CHARS = 400  # of ids in one message
PROGRESS_DIGITS = 4


_TIMESTAMP = re.compile(rb'"timestamp":(\d+)')


class Kind(StrEnum):
    """Messages that have a seq, and are kept for replay."""

    STARTED = "job_started"
    PROGRESS = "job_progress"
    COMPLETE = "job_complete"
    ERROR = "error"
    CANCELED = "job_canceled"


LAST = frozenset({Kind.COMPLETE, Kind.ERROR, Kind.CANCELED})


PHOTO_BATCHES = "ai_scan"  # the pipeline whose batches protocol 1 tells in messages of their own
_OF_PHOTOS = {
    Kind.STARTED: "batch-init",
    Kind.PROGRESS: "batch-progress",
    Kind.COMPLETE: "batch-complete",
    Kind.CANCELED: "batch-canceling",
}


class Encoding(StrEnum):
    JSON = "json"
    MSGPACK = "msgpack"


def message(kind: str, job_id: str, pipeline: str, payload: dict[str, Any], at_ms: int, trace_id: str = "") -> dict[str, Any]:
    """A message of protocol 2, without its seq. `trace_id` is that of the request that started the job; beside the longest job ids it is
    left out, so that job_complete, which names the job three times, stays under 1 KB."""
    fits = len(trace_id) + 3 * len(job_id) <= MAX_ID_CHARS
    return {
        "type": kind,
        "jobId": job_id,
        "pipeline": pipeline,
        "timestamp": at_ms,
        "version": VERSION,
        **({"traceId": trace_id} if fits else {}),
        "payload": {"type": kind, **payload},
    }


def started(total: int, estimated_s: float) -> dict[str, Any]:
    """Payload of job_started."""
    return {"totalCount": total, "estimatedDuration": round(estimated_s, 1)}


def progressed(progress: float, processed: int, total: int, status: str, item: str) -> dict[str, Any]:
    """Payload of job_progress."""
    return {
        "progress": round(progress, PROGRESS_DIGITS),
        "status": status[:STATUS_CHARS],
        "processedCount": processed,
        "totalCount": total,
        "currentItem": item[:ITEM_CHARS],
    }


def failed(code: str, text: str, *, retryable: bool, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """Payload of error."""
    return {"code": code, "message": text[:500], "retryable": retryable} | ({"details": details} if details else {})


def canceled(processed: int, total: int) -> dict[str, Any]:
    """Payload of job_canceled."""
    return {"processedCount": processed, "totalCount": total}


def resumed(live: dict[str, Any]) -> dict[str, Any]:
    """Payload of reconnected: where the job stands, in both spellings that clients know."""
    return {
        "progress": live["progress"],
        "status": live["status"],
        "processedCount": live["processedCount"],
        "totalCount": live["totalCount"],
        "lastUpdate": live["lastUpdate"],
        "processed_count": live["processedCount"],
        "total_count": live["totalCount"],
        "last_update": live["lastUpdate"],
    }


def first_generation(whole: dict[str, Any]) -> dict[str, Any] | None:
    """The protocol 1 message that says the same; None where that protocol says nothing. Of several photos it has messages of its own."""
    kind, payload = whole["type"], whole["payload"]
    data: dict[str, Any] = {
        "progress": payload.get("progress", 0.0),
        "processedItems": payload.get("processedCount", 0),
        "totalItems": payload.get("totalCount", 0),
        "currentStatus": payload.get("status", ""),
        "currentWorkId": payload.get("currentItem", ""),
        "error": None,
    }
    if kind == Kind.STARTED:
        data["currentStatus"] = "started"
    elif kind == Kind.COMPLETE:
        done = payload["summary"]["totalProcessed"]
        data |= {"progress": 1.0, "processedItems": done, "totalItems": done, "currentStatus": "completed"}
    elif kind == Kind.CANCELED:
        data |= {"currentStatus": "canceled", "error": "The job was canceled."}
    elif kind == Kind.ERROR:
        data |= {"currentStatus": "failed", "error": payload["message"]}
    of_photos = whole["pipeline"] == PHOTO_BATCHES and kind in _OF_PHOTOS and data["totalItems"] > 1
    if of_photos:
        data |= {"totalPhotos": data["totalItems"]} | {name: payload[name] for name in ("photos", "totalDetected") if name in payload}
    old = _OF_PHOTOS[kind] if of_photos else "progress"
    return {"type": old, "jobId": whole["jobId"], "timestamp": whole["timestamp"], "data": data}


class Event:
    """A kept message: rendered once for all sockets of a process, in the form in which it is first asked for."""

    def __init__(self, seq: int, kind: str, raw: bytes) -> None:
        self.seq, self.kind, self.raw = seq, kind, raw
        self.pushed = False  # to the first of this process's sockets

    @cached_property
    def made_s(self) -> float:
        """When it was made, in unix seconds."""
        found = _TIMESTAMP.search(self.raw)
        return int(found[1]) / 1000 if found else 0.0

    @property
    def last(self) -> bool:
        """Whether the job ends with it."""
        return self.kind in LAST

    @cached_property
    def whole(self) -> dict[str, Any]:
        """The message with its seq."""
        return {"seq": self.seq, **orjson.loads(self.raw)}

    @cached_property
    def json(self) -> str:
        return f'{{"seq":{self.seq},{self.raw[1:].decode()}'

    @cached_property
    def packed(self) -> bytes:
        return packed(self.whole)

    @cached_property
    def _old(self) -> tuple[str, bytes] | None:
        old = first_generation(self.whole)
        return None if old is None else (orjson.dumps(old).decode(), packed(old))

    def rendered(self, protocol: int, encoding: Encoding) -> str | bytes | None:
        """A frame: text for JSON, bytes for MessagePack; None where the protocol has no such message."""
        if protocol == 2:
            return self.json if encoding is Encoding.JSON else self.packed
        if self._old is None:
            return None
        return self._old[0] if encoding is Encoding.JSON else self._old[1]


def packed(message_: dict[str, Any]) -> bytes:
    """A message as MessagePack."""
    found: bytes = msgpack.packb(message_)
    return found


def unpacked(raw: bytes) -> Any:
    """What a MessagePack frame holds.

    Raises: ValueError for what is none.
    """
    try:
        return msgpack.unpackb(raw)
    except (msgpack.UnpackException, ValueError, RecursionError) as error:
        raise ValueError("no MessagePack") from error
