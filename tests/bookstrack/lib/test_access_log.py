"""Access lines are those that structlog would print, each once, in their order."""

import asyncio
import contextvars
import io
import logging as standard
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookstrack.lib import access_log, logging, trace
from bookstrack.lib.masking import own_secrets
from tests.bookstrack.lib.printing import PLAIN, Values, as_configured, said_of, taken, with_path

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z")
FORMS = ["console", "colours", "json"]


@pytest.fixture(params=FORMS)
def printed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is printed in each form, at level INFO."""
    with as_configured(request.param, monkeypatch) as stream:
        yield stream


@pytest.fixture
def as_json(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    with as_configured("json", monkeypatch) as stream:
        yield stream


def of_structlog(stream: io.StringIO, lines: list[Values]) -> str:
    """What structlog prints for them."""

    def log(method: str, path: str, route: str, status: int, ms: float, trace_id: str) -> None:
        trace._current.set(trace.Trace(trace_id))
        structlog.get_logger(access_log.LOGGER).info("request", method=method, path=path, route=route, status=status, ms=round(ms, 1))

    for line in lines:
        contextvars.copy_context().run(log, *line)
    return taken(stream)


def of_access_log(stream: io.StringIO, lines: list[Values]) -> str:
    async def log() -> None:
        for line in lines:
            access_log.line(*line)
        access_log.flush()

    asyncio.run(log())
    return taken(stream)


def unstamped(text: str) -> str:
    return STAMP.sub("<at>", text)


@pytest.mark.parametrize(
    "line",
    [
        PLAIN,
        *map(with_path, ("", "/a b", '/"q"', "/it's", "/a\nb\r\tc", "/\x1b[31mred\x9b", "/ü/日本/\u2028", "/%s%(x)d{0}", "/x=1", "/a\\b")),
        with_path("/" + "x" * 70_000),
        with_path("/v1/search/author/token/key/sig/code/session"),  # words that masking looks at twice
        with_path("/x?token=abcdef&key=ghijkl"),
        with_path("/bt_abcdefghijklmnopqrstuvwxyz"),
        with_path("/AIzaSyA-test-of-thirty-nine-signs-012345/AKIAIOSFODNN7EXAMPLE"),
        with_path("/bookstrack-auth.eyJhbGciOi"),
        with_path("/open.sesame/then"),
        with_path("/STAND.IN.PATH/STAND.IN.ID"),
        ("GET\n", "/", "/", 200, 1.0, PLAIN[-1]),
        ("STAND.IN.AT", "/", "-98765432.1", 200, 1.0, PLAIN[-1]),
        (*PLAIN[:5], ""),
        (*PLAIN[:5], "sesame-07"),
        (*PLAIN[:5], "bt_abcdefghijklmnopqrstuvwxyz"),
        (*PLAIN[:3], 0, 0.0, PLAIN[-1]),
        (*PLAIN[:4], 123_456_789.06, PLAIN[-1]),
    ],
)  # fmt: skip
def test_a_line_is_that_of_structlog(printed: io.StringIO, line: Values) -> None:
    expected, found = of_structlog(printed, [line, PLAIN]), of_access_log(printed, [line, PLAIN])
    assert unstamped(found) == unstamped(expected)
    assert found.count("\n") == 2


@pytest.mark.parametrize("secret", ["bt_abcdefghijklmnopqrstuvwxyz", "AKIAIOSFODNN7EXAMPLE", "open.sesame", "sesame-07"])
def test_no_secret_is_printed(printed: io.StringIO, secret: str) -> None:
    text = of_access_log(printed, [with_path(f"/a/{secret}"), (*PLAIN[:5], secret), PLAIN])
    assert secret not in text and text.count("***") >= 2


PARTS = st.sampled_from([
    "/", "/v1/authors/", "bt_", "a" * 20, "AIza", "x" * 30, "AKIA", "ASIA", "0" * 16, "bookstrack-auth.", "authorization", ":", "=", " ",
    "token", "?key", "://", "@", "basic", "Bearer ", "cookie", "'", '"', "%", "%s", "{}", "\n", "\x1b[1m", "-98765432.1", "STAND.IN.PATH",
    "STAND.IN.AT", "sesame-07", "open.sesame", "é", "password", ";", ",", "_", "-", ".", "~", "\\",
])  # fmt: skip
WORDS = st.lists(PARTS | st.text(max_size=4), max_size=6).map("".join)
LINES = st.tuples(
    st.sampled_from(["GET", "HEAD"]) | WORDS,
    WORDS,
    st.sampled_from(["/v1/search/isbn", "/v1/jobs/{job_id}"]) | WORDS,
    st.sampled_from([0, 200, 304, 404]),
    st.floats(0, 1e9),
    st.just(PLAIN[-1]) | WORDS,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(lines=st.lists(LINES | st.just(PLAIN), min_size=1, max_size=4))
def test_any_lines_are_those_of_structlog(printed: io.StringIO, lines: list[Values]) -> None:
    assert unstamped(of_access_log(printed, lines)) == unstamped(of_structlog(printed, lines))


@pytest.mark.parametrize("at_s", [1764141851.0, 1764141851.25, 1764141899.5, 0.0, 4102444800.984375])
def test_a_timestamp_is_that_of_the_requests_end(as_json: io.StringIO, monkeypatch: pytest.MonkeyPatch, at_s: float) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: at_s)
        text = of_access_log(as_json, [PLAIN])
    assert [one["timestamp"] for one in said_of(text)] == [datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")]


def test_a_secret_is_masked_even_where_it_is_part_of_a_timestamp(as_json: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("GEMINI_API_KEY", "2026-1")
        own_secrets.cache_clear()
        patched.setattr(time, "time", lambda: 1791964800.25)
        text = of_access_log(as_json, [PLAIN])
    assert [one["timestamp"] for one in said_of(text)] == ["***0-14T08:00:00.250000Z"]


async def test_lines_wait_for_each_other_and_keep_the_time_of_their_end(as_json: io.StringIO) -> None:
    began = datetime.now(UTC)
    for number in range(3):
        access_log.line(*PLAIN[:5], f"id-{number}")
    ended = datetime.now(UTC)
    while as_json.getvalue().count("\n") < 3:
        await asyncio.sleep(0.01)
    found = said_of(taken(as_json))
    assert [one["trace_id"] for one in found] == ["id-0", "id-1", "id-2"]
    times = [datetime.fromisoformat(str(one["timestamp"])) for one in found]
    assert times == sorted(times) and began.replace(microsecond=0) <= times[0] and times[-1] <= ended


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines wait so long that a busy machine does not print them in the middle of a test."""
    monkeypatch.setattr(access_log, "FLUSH_AFTER_S", 600.0)


@pytest.mark.usefixtures("slowly")
async def test_many_lines_do_not_wait(as_json: io.StringIO) -> None:
    for _ in range(access_log.MOST_LINES - 1):
        access_log.line(*PLAIN)
    assert as_json.getvalue() == ""
    access_log.line(*PLAIN)
    assert as_json.getvalue().count("\n") == access_log.MOST_LINES


def test_without_an_event_loop_a_line_is_printed_at_once(as_json: io.StringIO) -> None:
    access_log.line(*PLAIN)
    assert as_json.getvalue().count("\n") == 1


@pytest.mark.usefixtures("slowly")
def test_what_a_closed_loop_left_is_printed_with_a_later_line(as_json: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    async def log() -> None:
        access_log.line(*PLAIN)

    asyncio.run(log())
    assert as_json.getvalue() == ""
    later_s = time.time() + 2 * access_log.FLUSH_AFTER_S + 1
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: later_s)
        asyncio.run(log())
    assert as_json.getvalue().count("\n") == 2


def test_above_info_nothing_is_printed(as_json: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:  # which ends before that of `as_json`
        patched.setenv("LOG_LEVEL", "WARNING")
        logging.configure()
        assert of_access_log(as_json, [PLAIN]) == ""
        patched.setenv("LOG_LEVEL", "DEBUG")
        logging.configure()
        assert of_access_log(as_json, [PLAIN]).count("\n") == 1


def test_a_new_form_is_taken_up(as_json: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_access_log(as_json, [PLAIN]).startswith("{")
    with monkeypatch.context() as patched:
        patched.setenv("LOG_FORMAT", "console")
        logging.configure()
        assert of_access_log(as_json, [PLAIN]).startswith("20")


class Counting(standard.Formatter):
    """Prints next to nothing of a line, and counts how many it was asked for."""

    asked = 0

    def format(self, record: standard.LogRecord) -> str:
        self.asked += 1
        return " ".join(str(value) for value in record.msg.values())  # type: ignore[attr-defined]


def test_the_formatter_is_asked_once_for_what_is_alike(as_json: io.StringIO) -> None:
    logging.printer().setFormatter(formatter := Counting())
    lines = [(*PLAIN[:3], 200, number / 7, f"{number:024x}") for number in range(100)]
    text = of_access_log(as_json, lines)
    assert formatter.asked == 1
    assert [one.split()[-1] for one in text.splitlines()] == [line[-1] for line in lines]
    of_access_log(as_json, [*lines, with_path("/a b"), with_path("/ab")])
    assert formatter.asked == 3  # the line that needs it, and the template of the other


def test_methods_of_a_clients_choosing_are_not_remembered_for_ever(as_json: io.StringIO) -> None:
    for number in range(2 * access_log.MOST_TEMPLATES):
        access_log.line(f"M{number}", *PLAIN[1:])
    assert taken(as_json).count("\n") == 2 * access_log.MOST_TEMPLATES
    assert len(access_log._log._form._templates) <= access_log.MOST_TEMPLATES + access_log.MOST_LINES


def test_threads_lose_nothing_and_print_nothing_twice(as_json: io.StringIO) -> None:
    def log(name: str) -> None:
        for number in range(500):
            access_log.line(*PLAIN[:5], f"{name}-{number}")

    threads = [threading.Thread(target=log, args=(f"t{one}",)) for one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(one["trace_id"]) for one in said_of(taken(as_json))) == sorted(f"t{n}-{m}" for n in range(4) for m in range(500))
