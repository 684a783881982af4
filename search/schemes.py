"""Identifier schemes: who names books by what, and each id in its canonical form. Pure.

Source: spec 04 (ISBN), openlibrary.org (OLID), loc.gov/marc/lccn-namespace.html (LCCN), oclc.org (OCLC control numbers).
"""

import re
from collections.abc import Callable
from enum import StrEnum

from search.identifiers import asin, digits_id, find_isbn

MAX_CHARS = 64


class Scheme(StrEnum):
    """A scheme by the name that it has in addresses and rows."""

    ISBN = "isbn"
    OPENLIBRARY = "openlibrary"  # OL…W, OL…M and OL…A
    GOODREADS = "goodreads"
    LIBRARYTHING = "librarything"
    ASIN = "asin"
    LCCN = "lccn"
    OCLC = "oclc"
    GOOGLE = "google"  # volume ids of Google Books


_ALIASES = {
    "isbn10": Scheme.ISBN, "isbn13": Scheme.ISBN, "olid": Scheme.OPENLIBRARY, "ol": Scheme.OPENLIBRARY, "amazon": Scheme.ASIN,
    "googlebooks": Scheme.GOOGLE, "worldcat": Scheme.OCLC,
}  # fmt: skip
_OLID = re.compile(r"(?:\A|/)(OL[1-9][0-9]{0,11}[WMA])\Z", re.IGNORECASE)
_GOOGLE = re.compile(r"[\w-]{4,40}", re.ASCII)
_OCLC = re.compile(r"\s*(?:\(OCoLC\))?\s*(?:oc[mn]|on)?0*([1-9][0-9]{0,11})\s*\Z", re.IGNORECASE)


def scheme_of(name: str) -> Scheme | None:
    """The scheme of a name in any usual spelling ("Google Books", "olid"); None for an unknown one."""
    plain = "".join(filter(str.isalnum, name.lower()))
    return _ALIASES.get(plain) or (Scheme(plain) if plain in set(Scheme) else None)


def canonical(scheme: Scheme, text: str) -> str | None:
    """An id as our rows hold it; None where the text is none of that scheme."""
    return _READERS[scheme](text.strip()) if len(text) <= MAX_CHARS else None


def readings(text: str) -> list[tuple[Scheme, str]]:
    """All that a text may name: of "goodreads:2767052" one, of "2767052" everything that such digits can be."""
    name, colon, rest = text.strip().partition(":")
    named = scheme_of(name) if colon else None
    if named is not None and (value := canonical(named, rest)):
        return [(named, value)]
    return [(scheme, value) for scheme in Scheme if (value := canonical(scheme, text))]


def google_id(text: object) -> str | None:
    """The id of a volume of Google Books."""
    return text if isinstance(text, str) and _GOOGLE.fullmatch(text) else None


def lccn(text: object) -> str | None:
    """As the Library of Congress normalises it: no spaces, nothing after a slash, the serial filled to six digits."""
    bare = "".join(text.split("/")[0].split())[:30] if isinstance(text, str) else ""
    head, hyphen, serial = bare.partition("-")
    if not any(map(str.isdigit, bare)):
        return None
    return (head + serial.zfill(6) if hyphen else bare) if bare.isascii() and bare.isprintable() else None


def oclc(text: object) -> str | None:
    """A control number without its prefix ("ocm") and leading zeros."""
    found = _OCLC.match(text) if isinstance(text, str) else None
    return found[1] if found else None


def _isbn(text: str) -> str | None:
    found = find_isbn(text)
    return found.isbn13 if found else None


def _olid(text: str) -> str | None:
    found = _OLID.search(text)
    return found[1].upper() if found else None


_READERS: dict[Scheme, Callable[[str], str | None]] = {
    Scheme.ISBN: _isbn,
    Scheme.OPENLIBRARY: _olid,
    Scheme.GOODREADS: digits_id,
    Scheme.LIBRARYTHING: digits_id,
    Scheme.ASIN: lambda text: asin(text.upper()),
    Scheme.LCCN: lccn,
    Scheme.OCLC: oclc,
    Scheme.GOOGLE: google_id,
}
