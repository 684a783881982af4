"""The one clock: wall time for what is stored and shown, monotonic time for what is measured."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.now(UTC)


def unix_s() -> float:
    """Seconds since the epoch."""
    return time.time()


def monotonic_s() -> float:
    """Seconds of a clock that never goes back."""
    return time.monotonic()


def iso_ms(moment: datetime) -> str:
    """`2026-01-31T12:00:00.000Z`"""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


_second: tuple[int, str] = (-1, "")


def stamp(moment_s: float) -> str:
    """The same of seconds since the epoch; what many replies of one second have in common is made once."""
    global _second
    whole = int(moment_s)
    second, text = _second
    if second != whole:
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
        _second = whole, text
    return f"{text}.{int((moment_s - whole) * 1000):03d}Z"


def from_unix(moment_s: float) -> datetime:
    """Seconds since the epoch as an aware moment in UTC."""
    return datetime.fromtimestamp(moment_s, UTC)
