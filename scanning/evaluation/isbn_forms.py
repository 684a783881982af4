"""How ISBNs stand in exports: in both forms, damaged by spreadsheets, of the wrong edition, wrong. Pure."""

import random
from collections.abc import Callable
from dataclasses import replace

from scanning.evaluation.copies import Copy
from scanning.evaluation.shelf import Shelf
from search.identifiers import parse_isbn

Maker = Callable[[Copy, Shelf, random.Random], Copy | None]


def _own(copy: Copy, shelf: Shelf) -> str | None:
    """The edition's ISBN, where it is this book's only."""
    isbn = next(iter(copy.edition.isbns), None)
    return isbn if isbn and shelf.isbns[isbn] == 1 else None


def thirteen(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """As it is printed today."""
    isbn = _own(copy, shelf)
    return replace(copy, isbn=isbn, isbn13=isbn) if isbn else None


def _written(form: Callable[[str], str | None]) -> Maker:
    def make(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
        isbn = _own(copy, shelf)
        text = form(isbn) if isbn else None
        return replace(copy, isbn=text, isbn13=isbn) if isbn and text else None

    return make


def _ten(isbn: str) -> str | None:
    return parse_isbn(isbn).isbn10


def _hyphened(isbn: str) -> str:
    return f"{isbn[:3]}-{isbn[3]}-{isbn[4:8]}-{isbn[8:12]}-{isbn[12]}"


def _without_zero(isbn: str) -> str | None:
    ten = _ten(isbn)
    return ten[1:] if ten and ten[0] == "0" and ten[1] != "0" else None


def _as_float(isbn: str) -> str:
    return f"{isbn}.0"


def _of_another_edition(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """The title of one edition with the ISBN of another: somebody took the first that a search showed."""
    others = [e for e in (copy.work.editions if copy.work else ()) if e is not copy.edition and e.isbns and shelf.isbns[e.isbns[0]] == 1]
    if not others:
        return None
    isbn = rng.choice(others).isbns[0]
    return replace(copy, isbn=isbn, isbn13=isbn)


def _wrong_check_digit(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    isbn = _own(copy, shelf)
    if isbn is None:
        return None
    return replace(copy, isbn=isbn[:12] + str((int(isbn[12]) + rng.randrange(1, 10)) % 10))


def _scientific(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    isbn = _own(copy, shelf)
    return replace(copy, isbn=rng.choice(("{}.{}E+12", "{},{}E+12")).format(isbn[0], isbn[1:6])) if isbn else None


def _unknown(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """A right ISBN of an edition that the catalogue has not."""
    isbn = nobodys(copy, shelf, rng)
    return replace(copy, isbn=isbn, isbn13=isbn) if isbn else None


def nobodys(copy: Copy, shelf: Shelf, rng: random.Random) -> str | None:
    """An ISBN with a right check digit that no work of the catalogue has; of the copy's publisher, where that is known."""
    own = next(iter(copy.edition.isbns), "")
    nine = f"{own[3:9]}{rng.randrange(1000):03d}" if own.startswith("978") else f"0{rng.randrange(10**8):08d}"
    twelve = f"978{nine}"
    isbn = twelve + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve)) % 10)
    return None if isbn in shelf.isbns else isbn


def of_another_book(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """Title and author of one book, the ISBN of another: a line too low, or the label of the bookshop."""
    other = rng.choice(shelf.works)
    isbn = next((isbn for isbn in other.isbns if shelf.isbns[isbn] == 1), None)
    return replace(copy, isbn=isbn, isbn13=isbn) if isbn and other is not copy.work else None


USABLE: dict[str, Maker] = {
    "ISBN-13": thirteen,
    "ISBN-10": _written(_ten),
    "ISBN with hyphens": _written(_hyphened),
    "ISBN without its zero": _written(_without_zero),
    "ISBN with “.0”": _written(_as_float),
    "ISBN of another edition": _of_another_edition,
}
USELESS: dict[str, Maker] = {
    "wrong check digit": _wrong_check_digit,
    "scientific notation": _scientific,
    "ISBN that nobody has": _unknown,
}
