"""Log lines: one JSON object each, with the ids of request and job, and without a secret."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from bookstrack.lib import masking
from bookstrack.lib.masking import masked, masked_text, masked_under
from bookstrack.lib.processes import Console

SECRETS = {
    "GOOGLE_BOOKS_API_KEY": "AIzaSyA-test-of-thirty-nine-signs-012345",
    "ISBNDB_API_KEY": "52000_0123456789abcdef",
    "HARVEST_SECRET": "open sesame & more",
    "SECRET_KEY": "django-insecure-0123456789",
    "DATABASE_URL": "postgres://bt:hunter2-hunter2@127.0.0.1:5432/postgres",
}
SCRIPT = """
import asyncio, logging as standard, os
from bookstrack.lib import logging, trace
import structlog
logging.configure()
HEADERS = {"Authorization": "Bearer abcdef123456", "n": [b"token=zyxwvu"]}
log = structlog.get_logger("app")
trace.begin("req-1")

async def turn():
    with logging.job_in_hand("job-7"):
        await asyncio.gather(inner(), asyncio.to_thread(standard.getLogger("lib").warning, "key=%s", "https://x.test/?key=abcdefgh"))
    log.info("after")

async def inner():
    log.info("request", path="/a\\nb\\x1b[31m", headers=HEADERS, token="t0p", tokens=12)
    try:
        raise ValueError(f"GET https://api.test/v1?key={os.environ['GOOGLE_BOOKS_API_KEY']}&q=dune: {os.environ['ISBNDB_API_KEY']}")
    except ValueError:
        log.exception("it failed", dsn=os.environ["DATABASE_URL"], said=f"<{os.environ['HARVEST_SECRET']}>")
    log.warning("an object", thing=object(), tuple_=("api_key=qwertz1", 3))

asyncio.run(turn())
raise RuntimeError("password=" + "swordfish")
"""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    """What a process says with LOG_FORMAT=json, the exception that ends it included."""
    env = os.environ | SECRETS | {"LOG_FORMAT": "json"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == "" and done.returncode == 1
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_line_is_one_object(lines: list[dict[str, Any]]) -> None:
    assert {line["event"] for line in lines} == {
        "request", "it failed", "an object", "key=https://x.test/?key=***", "after", "an exception ends the process",
    }  # fmt: skip
    assert all({"level", "logger", "timestamp"} <= set(line) for line in lines)


def test_lines_have_the_ids_of_request_and_job(lines: list[dict[str, Any]]) -> None:
    of_the_job = [line for line in lines if line.get("job")]
    assert len(of_the_job) == 4 and all(line["job"] == "job-7" and line["trace_id"] == "req-1" for line in of_the_job)
    after = next(line for line in lines if line["event"] == "after")
    assert after["trace_id"] == "req-1" and "job" not in after


def test_an_exception_stands_in_its_line(lines: list[dict[str, Any]]) -> None:
    failed = next(line for line in lines if line["event"] == "it failed")
    assert failed["exception"].startswith("Traceback") and "ValueError: GET https://api.test/v1?key=***&q=dune: ***" in failed["exception"]
    last = next(line for line in lines if line["logger"] == "uncaught")
    assert "RuntimeError: password=***" in last["exception"]


def test_no_secret_is_in_any_line(lines: list[dict[str, Any]]) -> None:
    text = json.dumps(lines)
    for secret in (*list(SECRETS.values())[:4], "hunter2", "abcdef123456", "zyxwvu", "t0p", "qwertz1", "abcdefgh", "swordfish"):
        assert secret not in text
    request = next(line for line in lines if line["event"] == "request")
    assert request["tokens"] == 12 and request["headers"]["Authorization"] == "***"


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("GET https://www.googleapis.com/books/v1/volumes?q=isbn:978&key=AIzaSyD-abc123 -> 403", "AIzaSyD-abc123"),
        ("Authorization: bt_abcdefghijklmnopqrstuvwxyz0123456789", "bt_abcdefghijklmnopqrstuvwxyz0123456789"),
        ("{'authorization': '52000_abcdef', 'accept': '*/*'}", "52000_abcdef"),
        ("[(b'x-harvest-secret', b's3cr3t'), (b'accept', b'json')]", "s3cr3t"),
        ("headers={'X-Service-Token': 'bt_q', 'X-Service-Name': 'n8n'}", "bt_q"),
        ("GET /v1/scan/results/5?limit=3&token=Zm9vYmFy", "Zm9vYmFy"),
        ('body {"oldToken": "abc-def", "jobId": "5"}', "abc-def"),
        ("Cookie: sessionid=abc123; csrftoken=def456", "abc123"),
        ("redis://:pw-of-redis@cache:6379/0 refused", "pw-of-redis"),
        ("connect to postgres://bt:p%40ss@db/books failed", "p%40ss"),
        ("s3 said AKIAIOSFODNN7EXAMPLE is unknown", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI", "wJalrXUtnFEMI"),
        ("https://b.s3.test/x?X-Amz-Signature=0a1b2c&X-Amz-Date=1", "0a1b2c"),
        ("sec-websocket-protocol: bookstrack-auth.eyJhbGciOi", "eyJhbGciOi"),
        ("x-goog-api-key: AIza-short", "AIza-short"),
        ("proxy-authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("sent Bearer abcdefghijkl to somebody", "abcdefghijkl"),
        ('ValueError("password=\'two words\'")', "words"),
    ],
)
def test_secrets_are_masked_where_they_really_stand(line: str, secret: str) -> None:
    shown = masked_text(line)
    assert secret not in shown and masking.MASK in shown


@pytest.mark.parametrize(
    "line",
    [
        "the token has expired",
        "Gemini took 1200 tokens=1200 of its budget",
        "search:isbn:9780441478125 was asked from https://openlibrary.org/search.json?q=key:x",
        "basic information about things",
        "The Secret History",
        "GET /v1/search/title?q=the+key+to+rebecca",
        "Traceback (most recent call last):\n  File x, line 2\n    key = keys[0]",
    ],
)
def test_harmless_lines_stay_as_they_are(line: str) -> None:
    assert masked_text(line) == line


def test_signs_that_steer_a_terminal_are_shown_as_such() -> None:
    assert masked_text("a\x1b[31mb\rc\x9bd") == "a\\x1b[31mb\\rc\\x9bd"


def test_what_refers_to_itself_is_cut() -> None:
    endless: list[Any] = ["token=abcdef"]
    endless.append(endless)
    assert "abcdef" not in repr(masked(endless))
    assert masked_under("refresh_token", b"abcdef") == masking.MASK and masked_under("token", None) is None


def test_a_supervisor_prints_every_line_as_an_object_with_its_part() -> None:
    reader, writer = os.pipe()
    console = Console(writer, colour=False, as_json=True)
    console.say("ready")
    console.relay("web.1", [b'{"event": "request", "ms": 2}', b"# a line of valkey's: \xff", b'{"event": broken', b'["no object"]'])
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as printed:
        lines = [json.loads(line) for line in printed]
    assert lines == [
        {"part": "supervisor", "event": "ready"},
        {"part": "web.1", "event": "request", "ms": 2},
        {"part": "web.1", "event": "# a line of valkey's: \\xff"},
        {"part": "web.1", "event": '{"event": broken'},
        {"part": "web.1", "event": '["no object"]'},
    ]
