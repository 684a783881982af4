"""One form for all logs: a line an event, with the ids of request and job, on standard output; LOG_FORMAT=json for machines.

Secrets are masked in every line, the text of exceptions included (masking.py).
"""

import contextlib
import logging
import logging.config
import sys
import threading
from types import TracebackType
from typing import Any

import structlog

from bookstrack import env
from bookstrack.lib import trace
from bookstrack.lib.masking import masked_event

QUIET = ("httpx", "httpcore", "asyncio", "uvicorn.access", "django.request", "django.security.DisallowedHost")
_printer = logging.StreamHandler(sys.stdout)


def configure() -> None:
    """Set up structlog and the standard library's loggers alike."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace_id,
    ]
    structlog.configure(
        # what is below LOG_LEVEL is dropped before anything is made of it
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    if as_json():
        renderer = structlog.processors.JSONRenderer()
        sys.excepthook, threading.excepthook = _uncaught, _uncaught_in_thread
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            _masked,
            renderer,
        ],
    )
    _printer.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [_printer]
    root.setLevel(env.text("LOG_LEVEL", "INFO").upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


def printer() -> logging.StreamHandler[Any]:
    """The handler that prints all lines, with the form that they have."""
    return _printer


def as_json() -> bool:
    """LOG_FORMAT: whether every line is a JSON object."""
    return env.text("LOG_FORMAT") == "json"


def job_in_hand(job_id: str) -> contextlib.AbstractContextManager[None]:
    """While this lasts, every line of this task, and of those that it begins, has the job's id."""
    return structlog.contextvars.bound_contextvars(job=job_id)


def to_stderr() -> None:
    """For commands whose results go to standard output."""
    _printer.stream = sys.stderr  # nothing to flush: each line was written


def _trace_id(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    found = trace.current_id()
    if found:
        event.setdefault("trace_id", found)
    return event


def _masked(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return masked_event(dict(event))


def _uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Python's own word for what nobody caught has many lines."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    logging.getLogger("uncaught").critical("an exception ends the process", exc_info=(kind, error, traceback))


def _uncaught_in_thread(found: threading.ExceptHookArgs) -> None:
    if found.exc_value is not None and not issubclass(found.exc_type, SystemExit):
        name = found.thread.name if found.thread else ""
        traceback = (found.exc_type, found.exc_value, found.exc_traceback)
        logging.getLogger("uncaught").error("an exception ends thread %s", name, exc_info=traceback)
