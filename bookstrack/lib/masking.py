"""Keeps secrets out of log lines: values under telling names, in URLs and headers, in the text of exceptions. Pure but for the environment.

It errs on the side of too much: a line that lost a harmless word is still of use.
"""

import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

MASK = "***"
MAX_DEPTH = 6
LEAST_SIGNS = 6  # of a value that is looked for wherever it stands
_TELLING = re.compile(
    r"(?:authorization|cookie|passw(?:or)?d|secret|credential|signature|(?:api|access|private|signing)[_-]?key(?:[_-]?id)?"
    r"|token)\Z",
    re.IGNORECASE,
)
_NAMES = (
    r"[\w-]*(?:passw(?:or)?d|secret|credential|signature|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|signing[_-]?key"
    r"|token(?!s)|sessionid|csrfmiddlewaretoken)"
)
_VALUE = r"[^\s&;,\"'\\<>()\[\]{}]+"
_QUOTED = rf"(?:b?\"[^\"]*\"|b?'[^']*'|{_VALUE})"
_HINTS = (
    "token", "key", "secret", "passw", "auth", "cookie", "bearer", "basic", "://", "sig", "code=", "credential", "session", "csrf",
    "bt_", "aiza", "akia", "asia",
)  # fmt: skip
_IN_TEXT = [
    # Authorization: Bearer abc | 'authorization': b'Basic abc'
    (re.compile(r"(?i)((?:proxy-)?authorization[\"']?\s*[:=,]\s*(?:b?[\"'])?)[^\"'\r\n,;)}\]]+"), r"\1" + MASK),
    (re.compile(r"(?i)((?:set-)?cookie[\"']?\s*[:=,]\s*(?:b?[\"'])?)[^\"'\r\n)}\]]+"), r"\1" + MASK),
    (re.compile(r"(?i)\b(bearer)\s+[a-z0-9._~+/=-]{8,}"), r"\1 " + MASK),
    (re.compile(r"\b([Bb]asic|BASIC)\s+(?=\S*[0-9A-Z=])[A-Za-z0-9+/=_-]{8,}"), r"\1 " + MASK),
    # token=abc | "api_key": "abc" | x-harvest-secret: abc | secret = 'abc'
    (re.compile(rf"(?i)({_NAMES}[\"']?\s*[:=]\s*){_QUOTED}"), r"\1" + MASK),
    (re.compile(rf"(?i)([?&;](?:key|sig|code|auth)=){_VALUE}"), r"\1" + MASK),
    # headers as pairs of bytes: (b'x-service-token', b'abc')
    (re.compile(rf"(?i)(b?[\"']{_NAMES}[\"']\s*,\s*b?[\"'])[^\"']+"), r"\1" + MASK),
    # postgres://user:password@host
    (re.compile(r"(://[^\s/:@\"']*:)[^\s/@\"']+(?=@)"), r"\1" + MASK),
    (re.compile(r"(bookstrack-auth\.)[^\s,\"']+"), r"\1" + MASK),  # a socket's subprotocol
    # what is known by its look: our service tokens, keys of Google and of Amazon
    (re.compile(r"\b(?:bt_[A-Za-z0-9_-]{20,}|AIza[0-9A-Za-z_-]{30,}|(?:AKIA|ASIA)[0-9A-Z]{16})"), MASK),
]
_HARMLESS = (int, float, type(None))
_OWN = re.compile(r"(?:.*_)?(?:API_KEY|SECRET_KEY|SECRET|PASSWORD|TOKEN|WEBHOOK_URL)\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def masked_event(event: dict[str, Any]) -> dict[str, Any]:
    """A log line's members without secrets."""
    texts = [value for value in event.values() if not isinstance(value, _HARMLESS)]
    if all(isinstance(value, str) for value in texts):  # most lines: looked through in one go
        whole = " ".join((*event, *texts))
        if whole.isprintable() and not _hints_at_a_secret(whole) and not any(secret in whole for secret in own_secrets()):
            return event
    return {name: masked_under(name, value) for name, value in event.items()}


def _hints_at_a_secret(text: str) -> bool:
    lower = text.lower()
    return any(hint in lower for hint in _HINTS)


def masked(value: Any, *, depth: int = 0) -> Any:
    """A value of a log line without secrets, containers and all. What is no text, number or container is taken by its repr."""
    if isinstance(value, _HARMLESS):
        return value
    if isinstance(value, str):
        return masked_text(value)
    if depth >= MAX_DEPTH:
        return masked_text(repr(value))
    if isinstance(value, Mapping):
        return {masked_text(str(name)): masked_under(str(name), one, depth=depth + 1) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(one, depth=depth + 1) for one in value]
    return masked_text(repr(value))


def masked_under(name: str, value: Any, *, depth: int = 0) -> Any:
    """A value that stands under a name: where the name tells of a secret, nothing of it is shown. Numbers are no secrets."""
    if isinstance(value, str | bytes) and value and _TELLING.search(name):
        return MASK
    return masked(value, depth=depth)


def masked_text(text: str) -> str:
    """A text without secrets, and without signs that would steer a terminal or break a line in two; a line's end is kept."""
    for secret in own_secrets():
        if secret in text:
            text = text.replace(secret, MASK)
    if _hints_at_a_secret(text):
        for pattern, put in _IN_TEXT:
            text = pattern.sub(put, text)
    return _CONTROL.sub(lambda found: repr(found.group())[1:-1], text)


@lru_cache(maxsize=1)
def own_secrets() -> tuple[str, ...]:
    """The secrets that this process was given by its environment, as they are and as they stand in a URL: the longest first."""
    return tuple(sorted(_secrets_of(os.environ.items()), key=len, reverse=True))


def _secrets_of(variables: Iterable[tuple[str, str]]) -> set[str]:
    from urllib.parse import quote, quote_plus, urlsplit

    found: set[str] = set()
    for name, value in variables:
        value = value.strip()
        if _OWN.match(name):
            found |= {value, quote(value, safe=""), quote_plus(value)}
        elif name.endswith("_URL") and "@" in value:
            try:
                found.add(urlsplit(value).password or "")
            except ValueError:
                continue
    return {secret for secret in found if len(secret) >= LEAST_SIGNS}
