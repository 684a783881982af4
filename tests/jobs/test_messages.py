"""Messages: protocol 2, its translation to protocol 1, both encodings."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgpack
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs import endings, messages
from jobs.handshake import understood
from jobs.messages import Encoding, Event, Kind
from jobs.models import Job
from jobs.states import State

AT_MS = 1_769_860_800_000


def event(kind: str, payload: dict[str, Any], seq: int = 7) -> Event:
    return Event(seq, kind, orjson.dumps(messages.message(kind, "job-1", "csv_import", payload, AT_MS, "trace-1")))


STARTED = event(Kind.STARTED, messages.started(12, 3.14159))
PROGRESS = event(Kind.PROGRESS, messages.progressed(0.123456, 3, 12, "reading", "a book"))
CANCELED = event(Kind.CANCELED, {"processedCount": 3})
FAILED = event(Kind.ERROR, messages.failed("INVALID_FILE", "No rows.", retryable=False))
COMPLETE = event(Kind.COMPLETE, {"pipeline": "csv_import", "summary": {"totalProcessed": 12}})
EVERY = [STARTED, PROGRESS, CANCELED, FAILED, COMPLETE]


def test_a_message_of_protocol_2() -> None:
    assert orjson.loads(PROGRESS.json) == {
        "type": "job_progress",
        "jobId": "job-1",
        "pipeline": "csv_import",
        "timestamp": AT_MS,
        "version": "2.0.0",
        "traceId": "trace-1",
        "seq": 7,
        "payload": {
            "type": "job_progress", "progress": 0.1235, "status": "reading", "processedCount": 3, "totalCount": 12, "currentItem": "a book",
        },
    }  # fmt: skip


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.kind)
@pytest.mark.parametrize("protocol", [1, 2])
def test_messagepack_says_what_json_says(one: Event, protocol: int) -> None:
    text, raw = one.rendered(protocol, Encoding.JSON), one.rendered(protocol, Encoding.MSGPACK)
    assert isinstance(text, str) and isinstance(raw, bytes)
    assert orjson.loads(text) == msgpack.unpackb(raw)


@pytest.mark.parametrize(
    ("one", "data"),
    [
        (STARTED, {"progress": 0.0, "processedItems": 0, "totalItems": 12, "currentStatus": "started", "currentWorkId": "", "error": None}),
        (
            PROGRESS,
            {
                "progress": 0.1235,
                "processedItems": 3,
                "totalItems": 12,
                "currentStatus": "reading",
                "currentWorkId": "a book",
                "error": None,
            },
        ),
        (
            COMPLETE,
            {"progress": 1.0, "processedItems": 12, "totalItems": 12, "currentStatus": "completed", "currentWorkId": "", "error": None},
        ),
    ],
    ids=["started", "progress", "complete"],
)
def test_the_same_in_protocol_1(one: Event, data: dict[str, Any]) -> None:
    text = one.rendered(1, Encoding.JSON)
    assert text is not None and orjson.loads(text) == {"type": "progress", "jobId": "job-1", "timestamp": AT_MS, "data": data}


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.kind)
def test_in_protocol_1_the_last_message_is_known_by_progress_or_error(one: Event) -> None:
    text = one.rendered(1, Encoding.JSON)
    assert text is not None
    data = orjson.loads(text)["data"]
    assert (data["progress"] == 1.0 or data["error"] is not None) is one.last


def test_an_error_of_protocol_1_is_text_for_people() -> None:
    text = FAILED.rendered(1, Encoding.JSON)
    assert text is not None and orjson.loads(text)["data"]["error"] == "No rows."


def ended_job(job_id: str, summary: dict[str, Any]) -> Job:
    began = datetime(2026, 1, 31, tzinfo=UTC)
    return Job(
        id=job_id, pipeline="batch_enrichment", state=State.COMPLETED.value, summary=summary, started_at=began,
        ended_at=began + timedelta(days=9, milliseconds=1), total_count=50_000, processed_count=50_000, success_count=49_999,
    )  # fmt: skip


LARGEST = {"totalDetected": 50_000, "approved": 50_000, "needsReview": 50_000, "modelUsed": "gemini-2.5-flash-preview-native-audio-dialog"}


def test_job_complete_is_under_1_kb_with_the_longest_values() -> None:
    kind, payload = endings.last_message(ended_job("x" * 128, LARGEST))
    whole = Event(10_000, kind, orjson.dumps(messages.message(kind, "x" * 128, "batch_enrichment", payload, AT_MS, "t" * 128)))
    assert len(whole.json) < 1024 and len(whole.packed) < 1024


def test_job_complete_has_every_member_of_the_contract() -> None:
    kind, payload = endings.last_message(ended_job("job-1", LARGEST))
    assert kind is Kind.COMPLETE
    assert payload["pipeline"] == "batch_enrichment"
    assert payload["summary"] == {
        "totalProcessed": 50_000, "successCount": 49_999, "failureCount": 1, "duration": 9 * 86_400_000 + 1,
        "resourceId": "job-results:job-1", "totalDetected": 50_000, "approved": 50_000, "needsReview": 50_000,
    }  # fmt: skip
    assert payload["totalDetected"] == payload["approved"] == payload["needsReview"] == 50_000
    assert payload["resultsUrl"] == "/v1/jobs/job-1/results" and payload["expiresAt"] == "2026-02-10T00:00:00.001Z"
    assert payload["metadata"] == {"modelUsed": LARGEST["modelUsed"], "processingTime": 9 * 86_400_000 + 1}


@pytest.mark.parametrize(("state", "kind"), [(State.COMPLETED, Kind.COMPLETE), (State.FAILED, Kind.ERROR), (State.CANCELED, Kind.CANCELED)])
def test_every_end_has_its_message(state: State, kind: Kind) -> None:
    job = ended_job("job-1", {})
    job.state = state.value
    found, payload = endings.last_message(job)
    assert found is kind
    if kind is Kind.ERROR:
        assert {"code", "message", "retryable"} <= payload.keys()


def test_long_texts_are_cut() -> None:
    payload = messages.progressed(0.5, 1, 2, "s" * 10_000, "i" * 10_000)
    assert len(payload["status"]) == messages.STATUS_CHARS and len(payload["currentItem"]) == messages.ITEM_CHARS
    assert len(messages.failed("CODE", "m" * 10_000, retryable=True)["message"]) == 500


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_what_a_client_packs_is_unpacked(said: dict[str, Any]) -> None:
    assert messages.unpacked(messages.packed(said)) == said


@given(st.binary(max_size=200))
def test_no_bytes_make_unpacking_fail_otherwise_than_it_says(raw: bytes) -> None:
    with contextlib.suppress(ValueError):
        messages.unpacked(raw)


@given(st.one_of(st.tuples(st.text(), st.none()), st.tuples(st.none(), st.binary())), st.sampled_from(Encoding))
def test_any_frame_is_a_message_with_a_type_or_none(frame: tuple[str | None, bytes | None], encoding: Encoding) -> None:
    said = understood(*frame, encoding)
    assert said is None or isinstance(said["type"], str)


@pytest.mark.parametrize(
    ("text", "raw", "encoding", "said"),
    [
        ("PING", None, Encoding.JSON, {"type": "ping"}),
        ("PONG", None, Encoding.MSGPACK, {"type": "pong"}),
        ('{"type":"ready"}', None, Encoding.MSGPACK, {"type": "ready"}),
        (None, msgpack.packb({"type": "ack", "seq": 3}), Encoding.MSGPACK, {"type": "ack", "seq": 3}),
        (None, msgpack.packb({"type": "ack", "seq": 3}), Encoding.JSON, None),
        ("ping", None, Encoding.JSON, None),
        ("[1]", None, Encoding.JSON, None),
        ('{"type":1}', None, Encoding.JSON, None),
        ("{", None, Encoding.JSON, None),
        ("[" * 100_000, None, Encoding.JSON, None),
        (None, b"\x91" * 100_000, Encoding.MSGPACK, None),
        (None, b"\xc1", Encoding.MSGPACK, None),
    ],
)  # fmt: skip
def test_what_a_client_says(text: str | None, raw: bytes | None, encoding: Encoding, said: dict[str, Any] | None) -> None:
    assert understood(text, raw, encoding) == said


@pytest.mark.parametrize(
    ("kind", "payload", "old"),
    [
        (Kind.STARTED, messages.started(3, 9.0), "batch-init"),
        (Kind.PROGRESS, messages.progressed(0.4, 1, 3, "matching", "Dune") | {"photos": [{"index": 0}]}, "batch-progress"),
        (Kind.COMPLETE, {"pipeline": "ai_scan", "summary": {"totalProcessed": 3}, "totalDetected": 40}, "batch-complete"),
        (Kind.CANCELED, messages.canceled(1, 3), "batch-canceling"),
        (Kind.ERROR, messages.failed("INVALID_FILE", "Nothing can be read.", retryable=False), "progress"),
    ],
)
def test_protocol_1_tells_several_photos_in_messages_of_their_own(kind: Kind, payload: dict[str, Any], old: str) -> None:
    whole = messages.message(kind, "job-1", "ai_scan", payload, AT_MS)
    found = messages.first_generation(whole)
    assert found is not None and found["type"] == old and found["data"].get("totalPhotos") == (3 if old != "progress" else None)
    assert found["data"].get("photos") == payload.get("photos") and found["data"].get("totalDetected") == payload.get("totalDetected")
    of_books = messages.first_generation({**whole, "pipeline": "batch_enrichment"})
    assert of_books is not None and of_books["type"] == "progress"


def test_protocol_1_tells_one_photo_as_any_other_job() -> None:
    found = messages.first_generation(messages.message(Kind.STARTED, "job-1", "ai_scan", messages.started(1, 9.0), AT_MS))
    assert found is not None and found["type"] == "progress"
