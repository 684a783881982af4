"""Log lines as they are printed in each form, for tests of access lines."""

import contextlib
import io
import json
import logging as standard
import sys
import threading
from collections.abc import Iterator

import pytest

from bookstrack.lib import access_log, logging
from bookstrack.lib.masking import own_secrets

Values = tuple[str, str, str, int, float, str]  # of access_log.line
PLAIN: Values = ("GET", "/v1/search/isbn", "/v1/search/isbn", 200, 1.26, "0123456789abcdef01234567")
OWN_SECRETS = {"HARVEST_SECRET": "sesame-07", "ISBNDB_API_KEY": "open.sesame"}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextlib.contextmanager
def as_configured(form: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Yields what is printed meanwhile in a form: console, colours, json."""
    access_log.flush()
    root, printer = standard.getLogger(), logging.printer()
    before = root.handlers[:], root.level, printer.formatter, printer.stream
    stream = Terminal() if form == "colours" else io.StringIO()
    with monkeypatch.context() as patched:
        for hooks, name in ((sys, "excepthook"), (threading, "excepthook")):
            patched.setattr(hooks, name, getattr(hooks, name))  # put back afterwards
        for name, value in (OWN_SECRETS | {"LOG_LEVEL": "INFO", "LOG_FORMAT": form}).items():
            patched.setenv(name, value)
        patched.setattr(sys, "stdout", stream)
        own_secrets.cache_clear()
        logging.configure()
        printer.stream = stream
        yield stream
        access_log.flush()
    root.handlers[:], level, printer.formatter, printer.stream = before
    root.setLevel(level)
    own_secrets.cache_clear()


def taken(stream: io.StringIO) -> str:
    text = stream.getvalue()
    stream.seek(0)
    stream.truncate()
    return text


def said_of(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def with_path(path: str) -> Values:
    return ("GET", path, "/v1/jobs/{job_id}", 404, 0.04, PLAIN[-1])
