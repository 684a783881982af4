"""The invented books of a drill: every number from 0 is a book, and everything about it follows from its number. Pure.

Titles, names and publishers are made up by us. A book's title and its author's surname are words in which their number can be read, so
that a search by words is answered without an index.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SHELF = 1_000_000  # books of one shelf
SHELVES: tuple[frozenset[str], ...] = (
    frozenset({"google-books", "openlibrary", "isbndb"}),
    frozenset({"google-books"}),
    frozenset({"openlibrary"}),
    frozenset({"isbndb"}),
    frozenset(),  # books of which nobody has heard
)
EVERYBODYS, NOBODYS = 0, len(SHELVES) - 1
BOOKS = SHELF * len(SHELVES)
PER_AUTHOR = 4  # books, one after another
AUTHORS = BOOKS // PER_AUTHOR
BARE_EVERY = 10  # every tenth book has no picture
_AUTHORS_FROM = 10_000_000
_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
_WORD_SYLLABLES = 4
_WORDS = len(_SYLLABLES) ** _WORD_SYLLABLES
_SPREAD, _SHIFT = 7_654_321, 1_234_567  # so that neighbours have words that are not alike
_BACK = pow(_SPREAD, -1, _WORDS)
_WORD = re.compile(rf"\b(?:[bdfgklmnprstvz][aeiou]){{{_WORD_SYLLABLES}}}\b")
_NOUNS = (
    "Lantern", "Harvest", "Ferry", "Compass", "Orchard", "Signal", "Quarry", "Winter", "Archive", "Bridge", "Garden", "Mirror", "Harbour",
    "Engine", "Letter", "Summit",
)  # fmt: skip
_FIRST = (
    "Amara", "Bertil", "Chidi", "Dunja", "Emre", "Farida", "Goran", "Hanne", "Ilse", "Jorun", "Kenji", "Lucía", "Milan", "Noor", "Oskar",
    "Petra", "Quirin", "Runa",
)  # fmt: skip
_PRESSES = ("Quillgate Press", "Harrow & Finch", "Tern Island Books", "Lamplight House", "Nine Rivers")


@dataclass(frozen=True, slots=True)
class Book:
    """One invented book; the ids are those that providers would give it."""

    number: int
    isbn13: str
    title: str
    author: str
    author_number: int
    year: int
    pages: int
    publisher: str

    @property
    def known_to(self) -> frozenset[str]:
        """The catalogues that have it."""
        return SHELVES[self.number // SHELF]

    @property
    def pictured(self) -> bool:
        """Whether there is a picture of its cover."""
        return self.number % BARE_EVERY != BARE_EVERY - 3

    @property
    def author_id(self) -> str:
        return f"OL{self.author_number + 1}A"

    @property
    def description(self) -> str:
        return f"{self.author} tells how {self.title} came to be, and who was left to remember it. An invented book for drills."


def book(number: int) -> Book:
    """The book of a number from 0 to BOOKS - 1."""
    author = number // PER_AUTHOR
    return Book(
        number=number,
        isbn13=_checked(f"9781{number:08d}"),
        title=f"The {_NOUNS[number % len(_NOUNS)]} of {word(number)}",
        author=f"{_FIRST[author % len(_FIRST)]} {word(_AUTHORS_FROM + author)}",
        author_number=author,
        year=1950 + number % 70,
        pages=96 + number % 700,
        publisher=_PRESSES[number % len(_PRESSES)],
    )


def neighbour(one: Book) -> Book:
    """Another book of the same shelf, of which titles alike are no more than the noun."""
    shelf, place = divmod(one.number, SHELF)
    return book(shelf * SHELF + (place + len(_NOUNS) * PER_AUTHOR) % SHELF)


def by_isbn(isbn13: str) -> Book | None:
    """The book of an ISBN-13; None where it is none of ours."""
    found = re.fullmatch(r"9781([0-9]{8})[0-9]", isbn13)
    one = book(int(found[1])) if found and int(found[1]) < BOOKS else None
    return one if one and one.isbn13 == isbn13 else None


def books_of(author_number: int) -> list[Book]:
    """All that an author wrote."""
    return [book(author_number * PER_AUTHOR + place) for place in range(PER_AUTHOR)]


def titles_in(text: str) -> list[Book]:
    """The books whose title's own word stands in a text."""
    return [book(number) for number in _numbers_in(text) if number < BOOKS]


def authors_in(text: str) -> list[int]:
    """The numbers of the authors whose surname stands in a text."""
    numbers = (number - _AUTHORS_FROM for number in _numbers_in(text))
    return [number for number in numbers if 0 <= number < AUTHORS]


def known(books: Iterable[Book], catalogue: str) -> list[Book]:
    """Those that a catalogue has."""
    return [one for one in books if catalogue in one.known_to]


def word(number: int) -> str:
    """A made-up word of eight letters for a number; no two numbers share one."""
    left, syllables = (number * _SPREAD + _SHIFT) % _WORDS, list[str]()
    for _ in range(_WORD_SYLLABLES):
        left, place = divmod(left, len(_SYLLABLES))
        syllables.append(_SYLLABLES[place])
    return "".join(syllables).capitalize()


def _numbers_in(text: str) -> Iterator[int]:
    for found in dict.fromkeys(_WORD.findall(text.lower())):
        spread = 0
        for start in range(len(found) - 2, -1, -2):
            spread = spread * len(_SYLLABLES) + _SYLLABLES.index(found[start : start + 2])
        yield (spread - _SHIFT) * _BACK % _WORDS


def _checked(twelve: str) -> str:
    """Twelve digits with the check digit of an ISBN-13. Source: ISO 2108."""
    weighed = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(twelve))
    return f"{twelve}{-weighed % 10}"
