"""What a column's cells look like, and which fields such cells can be. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from scanning.csv_format import Field
from scanning.imports.cells import date_in, isbns_in, language_in, rating_in, says_nothing
from scanning.imports.people_and_titles import position_in
from scanning.imports.statuses import NO, is_state, status_in
from search.identifiers import asin
from search.normalisers.numbers import binding_format, page_count
from search.normalisers.text import folded_words
from search.schemes import Scheme, canonical

MAX_CELLS = 200
MAX_CHARS = 500  # of a cell
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,10})?\s*")
_YEAR = re.compile(r"\s*(?:1[0-9]|20)\d\d(?:\.0)?\s*")
_ISBN_LIKE = re.compile(r"\D{0,8}[\d-]{8,17}[\dXx]?\D{0,6}|\d[.,]\d+E\+?\d+", re.IGNORECASE)
_URL = re.compile(r"\s*(?:https?://|www\.)\S+", re.IGNORECASE)
_NAME = re.compile(r"(?:[A-ZÀ-ÞŁŚŻŹČŘŠŽ][\w.'’-]*\s+)(?:(?:de|la|le|van|von|der|den|di|da|del|du|dos|[A-ZÀ-ÞŁŚŻŹČŘŠŽ][\w.'’-]*)\s*){1,3}")
_PAGES = re.compile(r"\s*\d{1,5}\s*(?:pp?\.?|pages|seiten|s\.|págs?\.?|páginas|pagine|str\.?|stron|blz\.?|pagina's)\s*", re.IGNORECASE)
_RATED = re.compile(r"\s*(?:[★⭐☆✩*½]+|\d(?:[.,]\d)?\s*/\s*(?:5|10)|\d(?:[.,]\d)?\s*(?:★|⭐|stars?|sterne?))\s*", re.IGNORECASE)
_PUBLISHING = frozenset({
    "press", "publishing", "publisher", "publishers", "books", "verlag", "verlage", "editions", "edition", "editorial",
    "ediciones", "editora", "editore", "edizioni", "editrice", "uitgeverij", "wydawnictwo", "nakladatelstvi", "house", "group",
    "gmbh", "inc", "ltd", "llc", "co", "penguin", "random", "harper", "harpercollins", "collins", "simon", "schuster",
    "macmillan", "hachette", "gallimard", "springer", "oxford", "cambridge", "university", "taschenbuch", "buchverlag", "planeta",
    "anagrama", "mondadori", "einaudi", "feltrinelli", "adelphi", "companhia", "rowohlt", "suhrkamp", "dtv", "fischer",
    "diogenes", "reclam", "insel", "hanser", "piper", "ullstein", "heyne", "goldmann", "knaur", "anaconda", "flammarion",
    "grasset", "seuil", "folio", "pocket", "tor", "orbit", "vintage", "bantam", "scribner", "knopf", "doubleday", "faber",
    "bloomsbury", "routledge", "wiley", "elsevier", "pearson", "reilly", "apress",
})  # fmt: skip


@dataclass(frozen=True)
class Contents:
    """The cells of a column that say something, at most so many; every share is 0..1 of them."""

    cells: tuple[str, ...]

    @classmethod
    def of(cls, cells: Sequence[str]) -> "Contents":
        return cls(tuple(cell[:MAX_CHARS] for cell in cells if not says_nothing(cell))[:MAX_CELLS])

    def __bool__(self) -> bool:
        return bool(self.cells)

    def share(self, holds: Callable[[str], object]) -> float:
        return sum(bool(holds(cell)) for cell in self.cells) / len(self.cells) if self.cells else 0.0

    @cached_property
    def distinct(self) -> float:
        return len(set(self.cells)) / len(self.cells) if self.cells else 0.0

    @cached_property
    def isbns(self) -> float:
        return self.share(lambda cell: len(cell) < 200 and isbns_in(cell).isbns)

    @cached_property
    def long_isbns(self) -> float:
        """Those that no other number can be by chance: of thirteen digits."""
        return self.share(lambda cell: 13 <= len(cell) < 40 and isbns_in(cell).isbns)

    @cached_property
    def numbers(self) -> float:
        return self.share(_NUMBER.fullmatch)

    @cached_property
    def years(self) -> float:
        return self.share(_YEAR.fullmatch)

    @cached_property
    def days(self) -> float:
        """Dates that are more than a year."""
        return self.share(lambda cell: not _NUMBER.fullmatch(cell) and date_in(cell, True).iso)

    @cached_property
    def links(self) -> float:
        return self.share(_URL.match)

    @cached_property
    def words(self) -> float:
        """Cells of letters that are nothing else."""
        return self.share(lambda cell: any(map(str.isalpha, cell)) and not (_URL.match(cell) or _ISBN_LIKE.fullmatch(cell) or _day(cell)))

    @cached_property
    def people(self) -> float:
        return self.share(lambda cell: len(cell) < 60 and _NAME.fullmatch(cell))

    @cached_property
    def turned(self) -> float:
        """ "Last, First": one comma, and a single word on one side of it."""
        return self.share(_is_turned)

    @cached_property
    def publishers(self) -> float:
        return self.share(lambda cell: len(cell) < 80 and not _PUBLISHING.isdisjoint(folded_words(cell)))

    @cached_property
    def largest(self) -> float:
        return max((float(cell.strip().replace(",", ".")) for cell in self.cells if _NUMBER.fullmatch(cell)), default=0.0)


def _is_turned(cell: str) -> bool:
    last, comma, first = cell[:100].partition(",")
    words = len(last.split()), len(first.split())
    return bool(comma) and "," not in first and 1 in words and min(words) > 0 and max(words) < 5 and not any(map(str.isdigit, cell))


def _day(cell: str) -> bool:
    return len(cell) < 40 and date_in(cell, True).iso is not None


_FITS: dict[Field, Callable[[Contents], float]] = {
    Field.ISBN: lambda had: max(had.isbns, had.share(lambda cell: _ISBN_LIKE.fullmatch(cell.strip()) or asin(cell.strip()))),
    Field.PUBLICATION_DATE: lambda had: had.share(lambda cell: cell.strip() == "0" or date_in(cell, True).iso),
    Field.ORIGINAL_YEAR: lambda had: had.share(lambda cell: date_in(cell, True).iso or _NUMBER.fullmatch(cell)),
    Field.PAGE_COUNT: lambda had: had.share(lambda cell: page_count(cell) or cell.strip() == "0"),
    Field.RATING: lambda had: 0.0 if had.years > 0.5 else had.share(lambda cell: rating_in(cell, 100.0) is not None),
    Field.STATUS: lambda had: had.share(lambda cell: status_in(cell) or cell.strip().lower() in NO),
    Field.LANGUAGE: lambda had: had.share(lambda cell: language_in(cell)[0]),
    Field.FORMAT: lambda had: had.share(binding_format),
    Field.SERIES_POSITION: lambda had: had.share(lambda cell: position_in(cell) is not None),
    Field.READ_COUNT: lambda had: had.share(lambda cell: cell.strip().isdigit() and len(cell) < 5),
    Field.TITLE: lambda had: max(had.words, 0.4 if len(had.cells) < 3 and not had.isbns else 0.0),
    **dict.fromkeys((Field.DATE_READ, Field.DATE_STARTED, Field.DATE_ADDED), lambda had: had.share(lambda cell: date_in(cell, True).iso)),
    **dict.fromkeys(
        (Field.AUTHOR, Field.ADDITIONAL_AUTHORS, Field.AUTHOR_FIRST, Field.AUTHOR_LAST, Field.SUBTITLE, Field.SERIES, Field.PUBLISHER),
        lambda had: had.words,
    ),
    **dict.fromkeys((Field.REVIEW, Field.NOTES), lambda had: 0.5 + 0.3 * had.words if had.links < 0.8 else 0.0),
    Field.SHELVES: lambda had: 0.6 + 0.4 * had.words if had.links < 0.5 else 0.0,
}


def fit(field: Field, had: Contents) -> float:
    """How well the cells can be of a field, 0..1; 0.7 where there are none."""
    if not had:
        return 0.7
    if field in _FITS:
        return _FITS[field](had)
    scheme = Scheme(field.value) if field.value in set(Scheme) else None
    return had.share(lambda cell: canonical(scheme, cell)) if scheme else 0.5


Claim = tuple[Field, float]


def claims(had: Contents) -> list[Claim]:
    """What the cells show by themselves to be, and how surely; none where they could be anything."""
    count = len(had.cells)
    found: list[Claim] = []
    if (had.isbns >= 0.5 and (count > 1 or len(had.cells[0]) >= 13)) or (had.long_isbns >= 0.2 and count > 2):
        found.append((Field.ISBN, 0.95 if had.isbns >= 0.8 else 0.75))
    for scheme, field in ((Scheme.OPENLIBRARY, Field.OPENLIBRARY_ID), (Scheme.ASIN, Field.ASIN)):
        if had.share(lambda cell, scheme=scheme: canonical(scheme, cell)) >= 0.8:  # type: ignore[misc]
            found.append((field, 0.85))
    if count < 2 or had.links > 0.5 or had.isbns >= 0.5:
        return found
    few = len(set(had.cells)) <= max(3, count / 2)
    found += [
        (field, sure)
        for field, sure, holds in (
            (Field.STATUS, 0.75, few and had.share(is_state) >= 0.8),
            (Field.RATING, 0.8, had.share(_RATED.fullmatch) >= 0.8),
            (Field.PAGE_COUNT, 0.8, had.share(_PAGES.fullmatch) >= 0.6),
            (Field.FORMAT, 0.75, few and had.share(lambda cell: len(cell) < 40 and binding_format(cell)) >= 0.8),
            (Field.LANGUAGE, 0.7, few and count > 2 and had.share(lambda cell: len(cell) < 30 and language_in(cell)[0]) >= 0.8),
            (Field.PUBLICATION_DATE, 0.65, had.years >= 0.9),
            (Field.PUBLISHER, 0.65, count > 2 and had.publishers >= 0.3 and had.words > 0.8),
            (Field.AUTHOR, 0.7, had.turned >= 0.6),
            (Field.AUTHOR, 0.45 + 0.1 * had.people, had.people >= 0.6),
            (Field.TITLE, 0.4 + 0.15 * (had.distinct - had.people), had.words >= 0.7 and had.distinct >= 0.5),
        )
        if holds
    ]
    return found


def is_small_scale(had: Contents) -> bool:
    """Whether all cells are 0..5 in halves and not all alike, as ratings are."""
    ratings = [rating_in(cell) for cell in had.cells]
    return len(set(had.cells)) > 1 and all(one is not None and one * 2 == int(one * 2) for one in ratings)
