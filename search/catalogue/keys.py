"""Primary keys of catalogue rows, worked out from what a source calls them: no row has to be looked up to refer to it. Pure.

Open Library's numbers stand above FIRST, so a dump's editions name works, and works authors, that come later or never. Rows of other
files stand above FIRST_HASHED, by a hash. Below FIRST are the rows that the database numbered itself.
"""

import hashlib
import re
from typing import Literal

FIRST = 1_000_000_000
FIRST_MADE = 1_500_000_000  # works made for editions that name none, by the edition's number
FIRST_HASHED = 2**40
_NUMBERS = FIRST_MADE - FIRST
_HASHED = 2**62
_CATALOGUE = "catalogue-"
_KEY = re.compile(r"(?:/(?:works|books|authors)/|\A)OL([1-9][0-9]{0,8})([WMA])\Z")
Letter = Literal["W", "M", "A"]


def key_of(text: object, letter: Letter) -> int | None:
    """The primary key of "/works/OL45W" or "OL45W"; None where it is no id of that letter, or beyond what fits."""
    found = _KEY.search(text) if isinstance(text, str) else None
    if found is None or found[2] != letter:
        return None
    number = int(found[1])
    return FIRST + number if number < _NUMBERS else None


def olid_of(key: int, letter: Letter) -> str | None:
    """Open Library's id of a row; None for rows of other sources and for made works."""
    return f"OL{key - FIRST}{letter}" if FIRST < key < FIRST_MADE else None


def catalogue_id(key: int) -> str:
    """What a work is called to clients where nobody outside gave it an id: "catalogue-17"."""
    return f"{_CATALOGUE}{key}"


def key_of_catalogue(text: str) -> int | None:
    """The primary key of "catalogue-17"; None where it is no such id."""
    digits = text.removeprefix(_CATALOGUE)
    return int(digits) if digits != text and digits.isascii() and digits.isdigit() and len(digits) < 20 and int(digits) < 2**63 else None


def made_of(edition: int) -> int:
    """The key of the work that is made for an edition which names none."""
    return edition + _NUMBERS if FIRST < edition < FIRST_MADE else edition


def hashed(source_id: str) -> int:
    """The key of a row by its name in another source: the same for the same name, and no two alike in practice (61 bits)."""
    return FIRST_HASHED + int.from_bytes(hashlib.blake2b(source_id.encode(), digest_size=8).digest(), "big") % (_HASHED - FIRST_HASHED)


def key_of_author(name_key: str, birth_year: int | None) -> int:
    """The key of an author of a file that has no ids for them."""
    return hashed(f"author:{name_key}:{birth_year or ''}")


def key_of_edition(work: int, place: int) -> int:
    """The key of an edition of a work of such a file, by its place there."""
    return hashed(f"{work}:{place}")
