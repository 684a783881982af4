"""Typed readers of environment variables: a wrong value fails at the start, with the variable's name in the message."""

import os
import secrets
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


class RateLimit(NamedTuple):
    """So many requests per window of so many seconds."""

    requests: int
    window_s: int


def text(name: str, default: str = "") -> str:
    """The variable without surrounding space; `default` when unset."""
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool) -> bool:
    """1/0, true/false, yes/no, on/off."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}: say 1 or 0")


def integer(name: str, default: int, *, least: int = 0) -> int:
    """A whole number of at least `least`."""
    value = text(name)
    try:
        number = int(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}: say a whole number") from None
    if number < least:
        raise ImproperlyConfigured(f"{name} is {number}: at least {least}")
    return number


def number(name: str, default: float, *, above: float = 0.0) -> float:
    """A number greater than `above`."""
    value = text(name)
    try:
        found = float(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}: say a number") from None
    if not found > above or found == float("inf"):
        raise ImproperlyConfigured(f"{name} is {value!r}: say a number above {above}")
    return found


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas; empty parts are dropped."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def url(name: str, default: str) -> str:
    """An http(s) address without the trailing slash."""
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured(f"{name} is {value!r}: say an http or https address")
    return value


def rate_limit(name: str, default: str) -> RateLimit:
    """`100/60`: 100 requests per 60 seconds."""
    value = text(name, default)
    try:
        requests, window = (int(part) for part in value.split("/"))
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}: say REQUESTS/SECONDS, such as 100/60") from None
    if requests < 1 or window < 1:
        raise ImproperlyConfigured(f"{name} is {value!r}: both numbers are at least 1")
    return RateLimit(requests, window)


def data_dir(base: Path) -> Path:
    """The folder of all state: BOOKSTRACK_DATA_DIR, or `data` in the project."""
    return Path(text("BOOKSTRACK_DATA_DIR") or base / "data").expanduser().resolve()


def secret_key(folder: Path) -> str:
    """SECRET_KEY, or one made at the first start and kept in the data folder, readable by its owner only."""
    given = text("SECRET_KEY")
    if given:
        return given
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"secret_key.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        try:
            os.link(draft, path)  # of two processes that start at once the first wins
        except FileExistsError:
            return path.read_text()
        finally:
            draft.unlink()
    return path.read_text()
