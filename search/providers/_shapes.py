"""Reading odd JSON without surprises: each helper takes anything, and gives what it is asked for or nothing."""

from collections.abc import Iterable
from typing import Any

from search.dto import Author
from search.identifiers import find_isbn
from search.normalisers.names import author_name, split_authors
from search.normalisers.text import clean_line, plain_text


def text_of(value: Any, max_chars: int = 500) -> str | None:
    """A clean line, also out of `{"value": …}`; None for anything else or nothing."""
    if isinstance(value, dict):
        value = value.get("value")
    if not isinstance(value, str):
        return None
    return clean_line(value[: max_chars * 4])[:max_chars].strip() or None


def description_of(value: Any) -> str | None:
    """A description as plain text, out of a string or `{"value": …}`."""
    if isinstance(value, dict):
        value = value.get("value")
    return (plain_text(value) or None) if isinstance(value, str) else None


def list_of(value: Any) -> list[Any]:
    """The list; a single string or number as a list of one; nothing for anything else."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, str | int) and not isinstance(value, bool) else []


def dict_of(value: Any) -> dict[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def texts_of(value: Any, max_items: int = 200) -> list[str]:
    """Clean lines out of a list of strings or of objects with a name."""
    found = []
    for item in list_of(value)[:max_items]:
        line = text_of(item.get("name", item.get("value")) if isinstance(item, dict) else item)
        if line:
            found.append(line)
    return found


def isbns_of(values: Iterable[Any], max_items: int = 500) -> tuple[str, ...]:
    """The valid ISBNs among some values, as ISBN-13, each once."""
    found: dict[str, None] = {}
    for place, value in enumerate(values):
        if place >= max_items:
            break
        isbn = find_isbn(value) if isinstance(value, str) else find_isbn(str(value)) if isinstance(value, int) else None
        if isbn:
            found.setdefault(isbn.isbn13)
    return tuple(found)


def authors_of(value: Any) -> tuple[Author, ...]:
    """Authors in the shapes seen: list of names, list of objects with a name, one string with one or many, one object."""
    if isinstance(value, str):
        return tuple(Author(name) for name in split_authors(value))
    items = value if isinstance(value, list) else [value]
    names = [author_name(item.get("name") if isinstance(item, dict) else item) for item in items[:50]]
    return tuple(Author(name) for name in dict.fromkeys(names) if name)


def https(value: Any) -> str | None:
    """A picture's address by https; None where it is no http address at all."""
    if not isinstance(value, str) or len(value) > 2000:
        return None
    url = value.strip()
    if url.startswith("http://"):
        url = "https://" + url.removeprefix("http://")
    return url if url.startswith("https://") and not any(sign.isspace() for sign in url) else None
