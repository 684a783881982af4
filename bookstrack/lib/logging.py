"""One form for all logs: a line an event, with the request's id, on standard output; LOG_FORMAT=json for machines."""

import logging
import logging.config
import sys
from typing import Any

import structlog

from bookstrack import env
from bookstrack.lib import trace

QUIET = ("httpx", "httpcore", "asyncio", "uvicorn.access", "django.request", "django.security.DisallowedHost")
_printer = logging.StreamHandler(sys.stdout)


def configure() -> None:
    """Set up structlog and the standard library's loggers alike."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace_id,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    if env.text("LOG_FORMAT") == "json":
        renderer = structlog.processors.JSONRenderer()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )
    _printer.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [_printer]
    root.setLevel(env.text("LOG_LEVEL", "INFO").upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


def to_stderr() -> None:
    """For commands whose results go to standard output."""
    _printer.stream = sys.stderr  # nothing to flush: each line was written


def _trace_id(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    found = trace.current_id()
    if found:
        event.setdefault("trace_id", found)
    return event
