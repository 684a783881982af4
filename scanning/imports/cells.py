"""Cells as they are found in the wild, each read to the value that it means. Pure; what says nothing is None or empty.

Source: spec 06, "CSV import" (clean), spec 04, "ISBN" and "Normalising".
"""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from scanning.imports.remembering import remembered
from search.identifiers import InvalidIsbn, asin, parse_isbn
from search.normalisers.dates import day_first_in, parse_date
from search.normalisers.languages import language_code
from search.normalisers.text import plain_text

SHOWN_CHARS = 60  # of a cell, in a message
MAX_TEXT = 100_000
NOTHING = frozenset({  # what programs write where there is nothing
    "", "=", '""', '=""', "=''", "[]", "{}", "()", "['']", '[""]', "null", "None", "NULL", "nan", "NaN", "N/A", "n/a", "#N/A",
})  # fmt: skip
_WRAPPING = " \t\r\n\"'=[]{}"
_BETWEEN_ISBNS = re.compile(r"[,;|/&\n\t]+|\s(?:and|und|et|y|e|en|i|a)\s")
_QUALIFIER = re.compile(r"\((?![0-9Xx -]{9,17}\))[^()]{0,40}\)|\[[^\[\]]{0,40}\]")  # "(pbk.)", not an ISBN in brackets
_LOST_ZEROS = re.compile(r"[0-9]{6,8}[0-9Xx]")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_MAX_ISBNS = 40


def says_nothing(cell: str) -> bool:
    """Whether a cell is empty in any of the ways that programs write it: blank, ="", [], null."""
    return cell in NOTHING or cell.isspace()


@dataclass(frozen=True, slots=True)
class IsbnCell:
    """ISBN-13s in the order of the cell, other ids, and what is wrong with the rest, in words. `repaired`: zeros were put back."""

    isbns: tuple[str, ...] = ()
    asin: str | None = None
    uid: str | None = None
    problem: str | None = None
    repaired: bool = False


def isbns_in(cell: str) -> IsbnCell:
    """The ISBNs of a cell; nothing is guessed."""
    bare = cell[2:-1] if cell.startswith('="') and cell.endswith('"') else cell  # most of all exports
    try:
        return IsbnCell((parse_isbn(bare).isbn13,))
    except InvalidIsbn as error:
        return _isbns_otherwise(cell, error)


def _isbns_otherwise(cell: str, error: InvalidIsbn) -> IsbnCell:
    bare = cell[: _MAX_ISBNS * 20].strip(_WRAPPING).removesuffix(".0")
    if not bare:
        return IsbnCell()
    if error.kind == "scientific":
        return IsbnCell(problem=str(error))
    if found := asin(bare.upper()):
        return IsbnCell(asin=found)
    if _UUID.fullmatch(bare):
        return IsbnCell(uid=bare.lower())
    if _LOST_ZEROS.fullmatch(bare) and (restored := _isbn(bare.zfill(10))):
        return IsbnCell((restored,), repaired=True)
    if bare != cell and (alone := _isbn(bare)):
        return IsbnCell((alone,))
    pieces = _pieces(bare)
    isbns = tuple(dict.fromkeys(found for piece in pieces if (found := _isbn(piece))))
    whole = isbns and all(_isbn(piece) for piece in pieces)
    return IsbnCell(isbns, problem=None if whole else str(error))


def _pieces(bare: str) -> list[str]:
    pieces = [piece.strip(_WRAPPING + "()") for piece in _BETWEEN_ISBNS.split(_QUALIFIER.sub(" ", bare))[:_MAX_ISBNS]]
    apart = [word for piece in pieces for word in (piece.split() if _long_words(piece) else [piece])]
    return [piece for piece in apart if piece]


def _long_words(piece: str) -> bool:
    """Whether spaces stand between whole ISBNs and not inside of one."""
    return all(len(word) >= 10 for word in piece.split())


def _isbn(text: str) -> str | None:
    try:
        return parse_isbn(text).isbn13
    except InvalidIsbn:
        return None


_STAR_SIGNS = "★⭐🌟"
_HALF = re.compile(r"\s*½")
_OUT_OF = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*(?:/|out of|of|von|sur|de|su|van|na|z)\s*([0-9]{1,3})(?:\s*[^\W\d]{1,12})?")
_RATED = re.compile(
    r"([0-9]{1,3}(?:\.[0-9]{1,10})?)\s*(%|\*|[★⭐]️?|stars?|sterne?|étoiles?|estrellas?|stell[ae]|estrelas?|sterren|ster|gwiazdk[ai]|gwiazdek|hvězd\w*)?"
)


@remembered
def rating_in(cell: str, best: float = 5.0) -> float | None:
    """A rating on the scale 0..5, not rounded, of "4.5", "3,5", "4/5", "80 %", "★★★☆☆"; 0 means not rated. None: no rating."""
    text = cell.strip().lower().replace(",", ".")
    if len(text) > 40:
        return None
    if counted := _stars(text):
        return counted
    text = _HALF.sub(".5", text) if text[:1].isdigit() else text
    if found := _OUT_OF.fullmatch(text):
        value, scale = float(found[1]), float(found[2])
    elif found := _RATED.fullmatch(text):
        value = float(found[1])
        scale = 100.0 if found[2] == "%" else 5.0 if found[2] and value <= 5 else best
    else:
        return None
    return value / scale * 5 if scale and value <= scale else None


def _stars(text: str) -> float | None:
    """Stars counted, empty ones not; of signs alone."""
    full = sum(map(text.count, _STAR_SIGNS))
    if not full and text and not text.strip("* "):
        full = text.count("*")
    rest = text.strip(_STAR_SIGNS + "*☆✩ ½\ufe0f")
    value = full + 0.5 * ("½" in text)
    return value if full and not rest and value <= 5 else None


def halves(rating: float) -> float | None:
    """A rating in halves, 0.5..5; None for one of 0, which is none."""
    return max(0.5, math.floor(rating * 2 + 0.5) / 2) if rating > 0 else None


_TIME = re.compile(r"[T ]\s*[0-9]{1,2}:[0-9]{2}.*\Z", re.DOTALL)
_YEAR_OR_MONTH = re.compile(r"[0-9]{4}(?:\.0)?(?:[-/.][0-9]{1,2})?|[0-9]{1,2}[-/.][0-9]{4}|[^\d]*[0-9]{4}")
_EITHER = re.compile(r"[0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{4}")


@dataclass(frozen=True, slots=True)
class DateCell:
    """A date in ISO form as exact as it is known; `whole`: all that the cell says; `unsure`: day and month may be either."""

    iso: str | None = None
    whole: bool = False
    unsure: bool = False


@remembered
def date_in(cell: str, day_first: bool | None = None) -> DateCell:
    """A date of any common form, in brackets or not, with its time or without."""
    bare = cell[:80].strip(_WRAPPING)
    parsed = parse_date(_TIME.sub("", bare), day_first=day_first)
    if parsed is None:
        return DateCell()
    whole = parsed.day is not None or bool(_YEAR_OR_MONTH.fullmatch(bare))
    unsure = not whole and day_first is None and bool(_EITHER.match(bare)) and day_first_in(bare) is None
    return DateCell(parsed.iso, whole, unsure)


_BETWEEN = re.compile(r"\s*[,;|/&]\s*")


@remembered
def language_in(cell: str) -> tuple[str | None, bool]:
    """The first language that a cell names, and whether it is the only one."""
    if code := language_code(cell):
        return code, not _BETWEEN.search(cell)
    codes = [language_code(part) for part in _BETWEEN.split(cell[:200].strip(_WRAPPING))]
    return next((code for code in codes if code), None), len(codes) == 1


_ESCAPED_FORMULA = re.compile(r"'+\s*[=+\-@＝＋－＠]")


def unescaped(cell: str) -> str:
    """A cell without the apostrophe that an export put before a formula (`exporting.escaped`)."""
    return cell[1:] if cell[:1] == "'" and _ESCAPED_FORMULA.match(cell) else cell


def written_list(values: Iterable[str]) -> str:
    """Values in one cell, semicolons between; as JSON where a value has one itself."""
    listed = list(values)
    plain = all(";" not in value and value[:1] not in ('"', "[") for value in listed)
    return "; ".join(listed) if plain else json.dumps(listed, ensure_ascii=False)


def read_list(cell: str) -> list[str] | None:
    """The values of a cell that `written_list` wrote as JSON; None of any other cell."""
    if not cell.startswith('["'):
        return None
    try:
        values = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, list) and all(isinstance(value, str) for value in values) else None


def shelves_in(cell: str, separator: str) -> tuple[str, ...]:
    """Shelves or tags of a cell, each once; an empty separator: told by the cell."""
    if values := read_list(cell):
        return tuple(dict.fromkeys(shelf for value in values if (shelf := " ".join(value.split()))))
    if cell.startswith("[") and cell.endswith("]"):
        cell = cell[1:-1].replace("'", "").replace('"', "")
    mark = separator or next((mark for mark in ("|", ";") if mark in cell), ",")
    return tuple(dict.fromkeys(shelf for part in cell.split(mark) if any(map(str.isalnum, shelf := " ".join(part.split())))))


_MARKUP = re.compile(r"<[a-zA-Z/!]|&#?\w{2,10};")


def text_in(cell: str) -> str:
    """A text of a person as plain text with its lines; only what has markup is taken apart."""
    if _MARKUP.search(cell):
        return plain_text(cell, MAX_TEXT)
    return cell.replace("\r\n", "\n").replace("\r", "\n").strip()


def shown(cell: str) -> str:
    """A cell in a message."""
    line = " ".join(cell[: SHOWN_CHARS * 2].split())
    return f"“{line[:SHOWN_CHARS]}…”" if len(line) > SHOWN_CHARS else f"“{line}”"
