"""Reading loose JSON: every getter takes a value of any type and gives what it holds, or nothing. None of them raises.

Catalogues give one field in several shapes (a string, a list, an object with `value` or `name`); this is the one place
that knows them.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from search.dto import Author, Series
from search.identifiers import find_isbn, openlibrary_id
from search.normalisers.dates import parse_date
from search.normalisers.names import author_key, author_name, role_of, split_authors
from search.normalisers.text import clean_line, plain_text
from search.normalisers.titles import ParsedTitle, parse_title
from search.provider import BadShape

MAX_LINE_CHARS = 500
READ_ALIKE = 2_000  # titles and names that are remembered: catalogues spell most of them alike
MAX_PEOPLE = 50
MAX_URL_CHARS = 2000
_NO_URL = re.compile(r"[\ud800-\udfff\s\x00-\x20\x7f\"'<>\\^`{|}]")
_QUOTED = re.compile(r'\A"([^"]+)"\Z')
_NO_PUBLISHER = re.compile(r"\W*(?:s\W*n|sine nomine|unknown|n/?a|none|null|(?:publisher )?not (?:identified|available))\W*", re.IGNORECASE)
_NO_DESCRIPTION = re.compile(  # a cataloguer's notes
    r"(?:(?:also )?includes? (?:bibliograph|index)|(?:[\divxlc]+,? )+(?:p\.|pages\b)).{0,120}", re.IGNORECASE | re.DOTALL
)
_NO_COVER = re.compile(
    r"no[-_ ]?(?:cover|image|img|photo)|placeholder|(?:image|cover)[-_ ]?(?:not|un)[-_ ]?available|"
    r"default[-_]?(?:cover|image)",
    re.IGNORECASE,
)
_LIFE_DATES = re.compile(r",\s*(?:b\.|d\.|ca\.|fl\.)?\s*\d{4}\??\s*(?:[-–]\s*(?:\d{4}\??)?)?\.?\Z|\s\(\d{4}\s*[-–]\s*(?:\d{4})?\)\Z")
_FULLER_NAME = re.compile(r"(?<=\.)\s\([^()]+\)")  # H. G. (Herbert George)
_TRAILING_ROLE = re.compile(
    r",\s*(?P<role>ed|eds|editor|tr|trans|translator|ill|illus|illustrator|narrator|author|compiler|joint author)\.?\Z",
    re.IGNORECASE,
)
_CARD_STOP = re.compile(r"(?<=[^\W\d_]{3})\.\Z")  # not after an initial, nor after "Jr."
_WRITING_ROLES = frozenset(["author", "autor", "autora", "auteur", "creator", "joint author"])
_EDITING_ROLES = frozenset(["editor", "ed", "eds", "compiler"])

People = tuple[tuple[Author, ...], tuple[str, ...]]  # authors, contributors


def object_of(value: object) -> dict[str, Any]:
    """The object itself; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[Any]:
    """The list itself; a lone value as a list of one; an empty list for null."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def text_of(value: object) -> str:
    """One clean line of a string or of an object with `value`; "" for anything else."""
    raw = object_of(value).get("value", value)
    return clean_line(raw[: MAX_LINE_CHARS * 2])[:MAX_LINE_CHARS].strip() if isinstance(raw, str) else ""


def texts_of(value: object) -> list[str]:
    """The lines of a list of strings, of one string, or of objects with `name` or `value`; empty ones left out."""
    lines = (text_of(item.get("name", item) if isinstance(item, dict) else item) for item in list_of(value))
    return [line for line in lines if line]


def long_text_of(value: object) -> str | None:
    """Plain text of a description, HTML or not; None where there is none."""
    raw = object_of(value).get("value", value)
    if not isinstance(raw, str):
        return None
    # half a surrogate pair is no text, and the HTML cleaner cannot take it
    text = plain_text(raw.encode("utf-8", "ignore").decode())
    return text if any(map(str.isalnum, text)) and not _NO_DESCRIPTION.fullmatch(text) else None


def count_of(value: object) -> int:
    """A number of things; 0 for anything that is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**12:
        return 0
    return int(value)


def popularity_of(points: float, half_at: float) -> float:
    """Points of any size to 0..1: 0.5 at `half_at`."""
    return round(points / (points + half_at), 4)


def isbns_of(value: object) -> tuple[str, ...]:
    """The valid ISBNs of a field as ISBN-13, each once: those given with 13 digits first."""
    given = [part for raw in list_of(value) if isinstance(raw, str | int) for part in re.split(r"[\t,;|]", str(raw))]
    valid = [(part, isbn.isbn13) for part in given if (isbn := find_isbn(part))]
    longest_first = sorted(valid, key=lambda pair: sum(map(str.isdigit, pair[0])) < 13)
    return tuple(dict.fromkeys(isbn13 for _, isbn13 in longest_first))


def ids_of(values: object, check: Any) -> tuple[str, ...]:
    """The ids of a field that pass the check, each once."""
    return tuple(dict.fromkeys(found for value in list_of(values) if (found := check(value))))


def published_of(value: object) -> str | None:
    """The first readable date of a field, as YYYY, YYYY-MM or YYYY-MM-DD."""
    dates = (parse_date(item) for item in list_of(value))
    return next((found.iso for found in dates if found), None)


def publisher_of(value: object) -> str | None:
    """The first publisher that a field names; "s.n." and the like name none."""
    lines = (_QUOTED.sub(r"\1", line) for line in texts_of(value))
    return next((line for line in lines if not _NO_PUBLISHER.fullmatch(line)), None)


def people_of(value: object, keys: object = None) -> People:
    """Authors and contributors of a field: a list of strings or objects, one string, or one object.

    `keys` may hold their Open Library ids in the same order. Who stands there as translator or illustrator is a
    contributor; editors are authors where nobody else wrote.
    """
    ids = keys if isinstance(keys, list) and isinstance(value, list) and len(keys) == len(value) else []
    named: dict[str, tuple[Author, str | None]] = {}
    for place, item in enumerate(split_authors(value) if isinstance(value, str) else list_of(value)[:MAX_PEOPLE]):
        person = object_of(item)
        raw = person.get("name") if person else item
        name, role = _name_and_role(raw)
        if name:
            given_id = ids[place] if ids else person.get("key") or person.get("url")
            named.setdefault(author_key(name), (Author(name, openlibrary_id=_author_id(given_id)), role))
    writers = [author for author, role in named.values() if role is None or role in _WRITING_ROLES]
    writers = writers or [author for author, role in named.values() if role in _EDITING_ROLES]
    return tuple(writers), tuple(author.name for author, _ in named.values() if author not in writers)


def _name_and_role(raw: object) -> tuple[str | None, str | None]:
    """A name as it is shown, and its role; "Ross, Tony, 1938-, ill." is how library cards write it."""
    return _name_and_role_in(text_of(raw)) if isinstance(raw, str) else (None, None)


@lru_cache(maxsize=READ_ALIKE)
def _name_and_role_in(line: str) -> tuple[str | None, str | None]:
    trailing = _TRAILING_ROLE.search(line)
    role = trailing["role"].lower() if trailing else role_of(line)
    bare = _FULLER_NAME.sub("", _LIFE_DATES.sub("", _TRAILING_ROLE.sub("", line)))
    return author_name(_CARD_STOP.sub("", bare)), role


def _author_id(value: object) -> str | None:
    parts = value.split("/") if isinstance(value, str) else []
    return next((found for part in parts if (found := openlibrary_id(part, "author"))), None)


def title_of(title: object, subtitle: object, authors: Iterable[Author]) -> ParsedTitle | None:
    """A title taken apart; None where it is unusable: missing, or without a single letter, digit or sign."""
    raw = text_of(title)
    raw = raw.rstrip(" ,:;/") or raw  # what library cards put between title and subtitle
    if not any(sign.isprintable() and not sign.isspace() for sign in raw):
        return None
    parsed = _parsed(raw, text_of(subtitle) or None, tuple(author.name for author in authors))
    return parsed if parsed.title else None


_parsed = lru_cache(maxsize=READ_ALIKE)(parse_title)


def series_of(parsed: ParsedTitle) -> Series | None:
    """The series that a title names in brackets."""
    return Series(*parsed.series) if parsed.series else None


def picture_of(value: object, hosts: re.Pattern[str]) -> str | None:
    """The https address of a picture at one of the provider's own hosts, which serve https even where it writes http.

    None for other hosts, placeholders ("no cover"), addresses with a user or a port, and anything else.
    """
    if not isinstance(value, str) or len(value) > MAX_URL_CHARS or _NO_URL.search(value.strip()):
        return None
    try:
        parts = urlsplit(value.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme not in ("https", "http", "") or port or "@" in parts.netloc or not hosts.fullmatch(host):
        return None
    # letters beyond ASCII are quoted; what is quoted already stays
    path, query = (quote(part, safe="/%&=+,;:@!$()*~-._?[]") for part in (parts.path, parts.query))
    return None if _NO_COVER.search(path) else urlunsplit(("https", host, path, query, ""))


def objects_in(payload: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a list that has to be there; single entries of another type are left out.

    Raises: BadShape when it is missing, is no list, or is not empty and has no object in it.
    """
    entries = payload.get(name)
    if not isinstance(entries, list):
        raise BadShape(f"{name} is {type(entries).__name__}, not a list")
    found = [entry for entry in entries if isinstance(entry, dict)]
    if entries and not found:
        raise BadShape(f"{name} holds no object")
    return found


def answer_object(payload: object) -> dict[str, Any]:
    """The object that every answer is.

    Raises: BadShape when it is anything else, or reports an error.
    """
    if not isinstance(payload, dict):
        raise BadShape(f"the answer is {type(payload).__name__}, not an object")
    for name in ("error", "errorMessage"):
        if payload.get(name):
            raise BadShape(f"the answer reports an error: {str(payload[name])[:200]}")
    return payload
