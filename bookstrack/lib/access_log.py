"""The line of each request, at a cost that an answer from memory can bear: kept for a moment, then printed with others at once.

It is the line that `log.info("request", …)` would print. The same formatter makes a template of it, once for each method, route and
status; where a value may have to be masked or quoted, it makes the whole line.
"""

import asyncio
import atexit
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from itertools import chain
from operator import itemgetter
from typing import Any

from bookstrack.lib.logging import printer
from bookstrack.lib.masking import own_secrets

LOGGER = "bookstrack.edge"
FLUSH_AFTER_S = 0.05
MOST_LINES = 200  # of some 250 bytes: a pipe takes as much without anybody reading meanwhile
MOST_TEMPLATES = 1024  # methods are of a client's choosing

Line = tuple[float, str, str, str, int, float, str]  # when it ended (Unix time), method, path, route, status, ms, trace id
Values = tuple[str, int, str, float, str]  # second and microsecond of the timestamp, path, ms, trace id

# What no form quotes or escapes. Of what is masked only that can be made of these signs which is known by its look, or is our own.
_PLAIN = re.compile(r"[A-Za-z0-9/._~-]*")
_LOOKS = ("bookstrack-auth.", "bt_", "AIza", "AKIA", "ASIA")

# What stands in a template's place of a value -> its directive, and where in Values what it takes is.
_MS = 98_765_432.1
_DIRECTIVES = {"STAND.IN.AT": "%s.%06dZ", "STAND.IN.PATH": "%s", repr(_MS): "%.1f", "STAND.IN.ID": "%s"}
_PLACES = {"STAND.IN.AT": (0, 1), "STAND.IN.PATH": (2,), repr(_MS): (3,), "STAND.IN.ID": (4,)}
_STAND_IN = re.compile("(" + "|".join(map(re.escape, _DIRECTIVES)) + ")")

Template = tuple[str, Callable[[Values], tuple[Any, ...]]]  # a format string, and what picks its values in their order


def _is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and not any(look in text for look in _LOOKS)


def _in_form(event: dict[str, Any]) -> str:
    """Any event as the formatter prints it, masks and all."""
    record = logging.makeLogRecord({"msg": event, "name": LOGGER, "_logger": None, "_name": event["level"]})
    return printer().format(record) + printer().terminator


def _formatted(line: Line) -> str:
    at_s, method, path, route, status, ms, trace_id = line
    return _request(_timestamp(at_s), method, path, route, status, round(ms, 1), trace_id)


def _request(timestamp: str, method: str, path: str, route: str, status: int, ms: float, trace_id: str) -> str:
    event = {"method": method, "path": path, "route": route, "status": status, "ms": ms, "event": "request", "level": "info"}
    event |= {"logger": LOGGER, "timestamp": timestamp} | ({"trace_id": trace_id} if trace_id else {})
    return _in_form(event)


def _template(method: str, route: str, status: int) -> Template:
    """Its format string is empty where the four values would not all stand in it once, as they are."""
    shown = _request("STAND.IN.AT", method, "STAND.IN.PATH", route, status, _MS, "STAND.IN.ID")
    pieces = _STAND_IN.split(shown.replace("%", "%%"))
    found = pieces[1::2]
    if sorted(found) != sorted(_DIRECTIVES):
        return "", itemgetter(0)
    form = "".join(_DIRECTIVES.get(piece, piece) for piece in pieces)
    return form, itemgetter(*chain.from_iterable(_PLACES[name] for name in found))


def _timestamp(at_s: float) -> str:
    """As `datetime.isoformat` has it: without a fraction where that is zero."""
    microsecond = int(at_s % 1 * 1_000_000)
    return _shown_second(int(at_s)) + (f".{microsecond:06d}Z" if microsecond else "Z")


def _shown_second(at_s: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_s))


class _Form:
    """Makes the text of many lines."""

    def __init__(self) -> None:
        self._templates: dict[tuple[str, str, int], Template] = {}
        self._formatter: logging.Formatter | None = None  # that made them

    def text(self, lines: list[Line]) -> str:
        """Each as the formatter would print it."""
        if self._formatter is not printer().formatter or len(self._templates) > MOST_TEMPLATES:
            self._templates, self._formatter = {}, printer().formatter
        text = "".join(self._shown(lines))
        if any(secret in text for secret in own_secrets()):  # wherever it stands, in a timestamp even
            return "".join(map(_formatted, lines))
        return text

    def _shown(self, lines: list[Line]) -> Iterator[str]:
        templates, second, shown_second = self._templates, 0, ""
        all_plain = _is_plain("".join([line[2] + line[6] for line in lines]))  # most are: looked through in one go
        for line in lines:  # each step of this is at every request's cost
            at_s, method, path, route, status, ms, trace_id = line
            if int(at_s) != second:
                second, shown_second = int(at_s), _shown_second(int(at_s))
            microsecond = int((at_s - second) * 1_000_000)
            form, pick = templates.get((method, route, status)) or self._make_template(method, route, status)
            if form and microsecond and trace_id and (all_plain or _is_plain(path + trace_id)):
                yield form % pick((shown_second, microsecond, path, ms, trace_id))
            else:
                yield _formatted(line)

    def _make_template(self, method: str, route: str, status: int) -> Template:
        template = self._templates[method, route, status] = _template(method, route, status)
        return template


class _Output:
    """Where all lines are printed. What cannot be is given up, and counted; the count is printed when something can be again."""

    def __init__(self) -> None:
        self._lost_lines = 0
        self._rest = b""  # of a line that a pipe took only the beginning of

    def put(self, text: str, lines: int) -> None:
        """Print so many lines. Never raises for what becomes of them."""
        if self._lost_lines:
            text = _in_form({
                "lines": self._lost_lines, "event": "access lines could not be printed", "level": "warning", "logger": LOGGER,
                "timestamp": _timestamp(time.time()),
            }) + text  # fmt: skip
        printer().acquire()
        try:
            lost = self._unwritten(text)
        finally:
            printer().release()
        self._lost_lines = lost if lost <= lines else self._lost_lines + lines  # more: what was said of earlier ones is among them

    def _unwritten(self, text: str) -> int:
        """Write it; how many lines could not be."""
        stream = printer().stream
        try:
            stream.flush()
            fd = _descriptor(stream)
            if fd is not None:  # a stream may drop what does not fit into a pipe at once
                return self._unwritten_bytes(fd, text.encode(stream.encoding, "backslashreplace"))
            stream.write(text)
        except (OSError, ValueError):  # gone, full, closed
            return text.count("\n")
        return 0

    def _unwritten_bytes(self, fd: int, data: bytes) -> int:
        data = left = self._rest + data
        try:
            while left:
                left = left[os.write(fd, left) :]
        except OSError:
            begun = data[: len(data) - len(left)]
            if begun and not begun.endswith(b"\n"):
                self._rest = left[: left.index(b"\n") + 1]
            elif begun:
                self._rest = b""
            return left.count(b"\n") - self._rest.count(b"\n")
        self._rest = b""
        return 0


def _descriptor(stream: Any) -> int | None:
    """None of a stream that only looks like a file."""
    try:
        return int(stream.fileno())
    except (OSError, ValueError, AttributeError):
        return None


class _AccessLog:
    """Lines that wait for the next flush."""

    def __init__(self) -> None:
        self._form, self._output = _Form(), _Output()
        self._logger = logging.getLogger(LOGGER)
        self._begin()
        os.register_at_fork(after_in_child=self._begin)  # what waits is the parent's to print
        atexit.register(self.flush)

    def _begin(self) -> None:
        self._waiting: list[Line] = []
        self._flush_by_s = 0.0  # 0: nothing waits, so that nobody has been told to flush
        self._flushing = threading.RLock()

    def line(self, method: str, path: str, route: str, status: int, ms: float, trace_id: str) -> None:
        """Note a request that ends now and took so many ms. Never raises for what cannot be printed; at LOG_LEVEL above INFO nothing is.

        It is printed FLUSH_AFTER_S later, and so may stand below other lines that were logged after it; at once where no event loop runs.
        """
        now_s = time.time()
        self._waiting.append((now_s, method, path, route, status, ms, trace_id))
        if now_s > self._flush_by_s or len(self._waiting) >= MOST_LINES:
            self._flush_soon(now_s)

    def _flush_soon(self, now_s: float) -> None:
        if self._flush_by_s:  # many wait; or the loop that was told to flush stands still, or was closed
            self.flush()
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        self._flush_by_s = now_s + 2 * FLUSH_AFTER_S
        loop.call_later(FLUSH_AFTER_S, self.flush)

    def flush(self) -> None:
        """Print what waits; from any thread."""
        with self._flushing:
            self._flush_by_s = 0.0
            lines = self._waiting[:]
            del self._waiting[: len(lines)]  # whoever appends meanwhile does so behind them
            if lines and self._logger.isEnabledFor(logging.INFO):
                self._output.put(self._form.text(lines), len(lines))


_log = _AccessLog()
line, flush = _log.line, _log.flush
