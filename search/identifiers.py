"""ISBNs and the ids that providers give: read in every form found in the wild, checked, never guessed.

Source: ISO 2108 (ISBN), the International ISBN Agency's range message (groups), spec 04 "ISBN".
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from typing import Literal

from search.isbn_groups import group_of, languages_of

MAX_CHARS = 64
_LABEL = re.compile(r"(?:urn:)?isbn(?:[-\s]?1[03](?![0-9]))?\s*:?\s*", re.IGNORECASE)
_EXCEL = re.compile(r'="?([^"]*)"?\Z')
_SCIENTIFIC = re.compile(r"[0-9]{1,13}(?:[.,][0-9]*)?e\+?[0-9]{1,3}\Z", re.IGNORECASE)
_MINUS = "\u2212"  # the one dash that Unicode counts among mathematical signs
_LIKE = re.compile(r"[0-9]{8,12}[0-9Xx]\Z")
_ZERO = ord("0")
_LABELLED_LIKE = re.compile(r"[0-9]+[0-9Xx?]\Z")

Kind = Literal["empty", "characters", "length", "checksum", "prefix", "ismn", "scientific"]


class InvalidIsbn(ValueError):
    """The text is no ISBN; `kind` says what is wrong with it, the message says it in words."""

    def __init__(self, text: str, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.text, self.kind = text, kind


@dataclass(frozen=True, slots=True)
class Isbn:
    """A valid ISBN in its canonical form."""

    isbn13: str

    @property
    def isbn10(self) -> str | None:
        """The older form; None for the prefix 979, which has none."""
        if not self.isbn13.startswith("978"):
            return None
        nine = self.isbn13[3:12]
        return nine + _check10(nine)

    @property
    def group(self) -> str:
        """The registration group with its prefix: "978-0", "978-84", "979-10"."""
        return group_of(self.isbn13)

    @property
    def languages(self) -> frozenset[str]:
        """Languages customary in the group (ISO 639-1); empty where it is multilingual or unknown."""
        return languages_of(self.group)


def parse_isbn(text: str) -> Isbn:
    """Read an ISBN-10, ISBN-13 or SBN with any separators, label or spreadsheet wrapping.

    Raises: InvalidIsbn
    """
    if len(text) > MAX_CHARS:
        raise InvalidIsbn(text[:MAX_CHARS], "length", "This is too long for an ISBN.")
    if text.isascii() and text.isdigit():  # as most are written: nothing to take off
        return _from_digits(text, text)
    bare = _bare(text)
    if not bare:
        raise InvalidIsbn(text, "empty", "There is no ISBN in it.")
    if _SCIENTIFIC.match(bare):
        raise InvalidIsbn(
            text,
            "scientific",
            "A spreadsheet rounded this number (scientific notation): its last digits are lost and cannot be restored.",
        )
    if not re.fullmatch(r"[0-9]*[0-9Xx]", bare):
        raise InvalidIsbn(text, "characters", "An ISBN has digits, hyphens and perhaps a last X, and nothing else.")
    return _from_digits(text, bare.upper())


@lru_cache(maxsize=5_000)
def find_isbn(text: str) -> Isbn | None:
    """The ISBN in a provider's field, or None where it holds none."""
    try:
        return parse_isbn(text)
    except InvalidIsbn:
        return None


def is_isbn_like(text: str) -> bool:
    """Whether somebody who typed this meant an ISBN, right or wrong."""
    if len(text) > MAX_CHARS:
        return False
    bare = _bare(text)
    if _LABEL.match(text.strip()):
        return bool(_LABELLED_LIKE.match(bare))
    return bool(_LIKE.match(bare) or _SCIENTIFIC.match(bare))


def _bare(text: str) -> str:
    """Without spaces, dashes, label and spreadsheet wrapping."""
    plain = text.isascii()  # as programs write them: a file has fifty thousand
    if plain and text.isdigit():
        return text
    visible = text if plain else "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    wrapped = _EXCEL.match(visible.strip())
    inner = wrapped[1] if wrapped else visible
    unlabelled = _LABEL.sub("", inner.strip(), count=1) if _LABEL.match(inner.strip()) else inner
    joined = "".join(unlabelled.split())
    if plain:
        return joined.replace("-", "")
    return "".join(sign for sign in joined if sign != _MINUS and unicodedata.category(sign) != "Pd")


def _from_digits(text: str, digits: str) -> Isbn:
    if len(digits) == 9:
        digits = "0" + digits  # an SBN of before 1970
    if len(digits) == 10:
        if _check10(digits[:9]) != digits[9]:
            raise InvalidIsbn(text, "checksum", "The check digit is wrong: one of the digits is not right.")
        nine = "978" + digits[:9]
        return Isbn(nine + _check13(nine))
    if len(digits) != 13 or not digits.isdigit():
        raise InvalidIsbn(text, "length", f"An ISBN has 10 or 13 digits; this has {len(digits)}.")
    if digits[:3] not in ("978", "979"):
        raise InvalidIsbn(text, "prefix", "An ISBN-13 begins with 978 or 979.")
    if _check13(digits[:12]) != digits[12]:
        raise InvalidIsbn(text, "checksum", "The check digit is wrong: one of the digits is not right.")
    if digits.startswith("9790"):
        raise InvalidIsbn(text, "ismn", "This is an ISMN, the number of a piece of sheet music, not of a book.")
    return Isbn(digits)


def _check13(twelve: str) -> str:
    codes = twelve.encode()  # each is its digit and _ZERO: a load checks millions
    return str(-(sum(codes[::2]) + 3 * sum(codes[1::2]) - 24 * _ZERO) % 10)


def _check10(nine: str) -> str:
    rest = -(sum(map(mul, nine.encode(), range(10, 1, -1))) - 54 * _ZERO) % 11
    return "X" if rest == 10 else str(rest)


_OPENLIBRARY = {"work": "W", "edition": "M", "author": "A"}


def openlibrary_id(text: object, kind: Literal["work", "edition", "author"]) -> str | None:
    """`OL45W` out of "OL45W" or "/works/OL45W"; None where it is no id of that kind."""
    found = re.search(r"(?:\A|/)(OL[0-9]{1,12}[WMA])\Z", text) if isinstance(text, str) else None
    return found[1] if found and found[1].endswith(_OPENLIBRARY[kind]) else None


def asin(text: object) -> str | None:
    """An Amazon id that is no ISBN: ten letters and digits beginning with B."""
    return text if isinstance(text, str) and re.fullmatch(r"B[0-9A-Z]{9}", text) else None


def archive_id(text: object) -> str | None:
    """The name of an item at the Internet Archive."""
    return text if isinstance(text, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{2,99}", text) else None


def digits_id(text: object) -> str | None:
    """A numeric id as Goodreads and LibraryThing have them."""
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text) if 0 < text < 10**12 else None
    return text.strip() if isinstance(text, str) and re.fullmatch(r"[1-9][0-9]{0,11}", text.strip()) else None


def wikidata_id(text: object) -> str | None:
    """The id of an item of Wikidata: "Q42"."""
    return text if isinstance(text, str) and re.fullmatch(r"Q[1-9][0-9]{0,11}", text) else None
