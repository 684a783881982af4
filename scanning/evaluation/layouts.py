"""How programs and people write a copy down: a header, a row's cells, and what an import has to read in them. Pure."""

import datetime
import random
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from scanning.csv_format import Field
from scanning.evaluation.copies import Copy
from scanning.evaluation.tongues import BINDINGS, STATES, TONGUES
from search.identifiers import find_isbn
from search.normalisers.names import author_name

Label = dict[str, Any]


class Layout(ABC):
    """One way to write copies down."""

    name: ClassVar[str]  # of the format that it must be recognised as
    delimiter = ","
    header: tuple[str, ...]
    language = ""

    @abstractmethod
    def cells(self, copy: Copy) -> list[str]:
        """The row of a copy."""

    @abstractmethod
    def label(self, copy: Copy) -> Label:
        """What is right about the row."""


def _titled(copy: Copy) -> Label:
    if copy.reads is None:
        return {}
    title, subtitle, series = copy.reads
    return {"title": title, "subtitle": subtitle or None, "series": _series(series)}


def _series(series: tuple[str, float] | None) -> Label | None:
    return {"name": series[0], "position": series[1]} if series else None


def _named(copy: Copy) -> Label:
    """The first author; not of names that may be read in two ways."""
    names = [name for name in copy.authors if author_name(name) == name and len(name.split()) <= 4 and not re.search(",| and ", name)]
    if len(names) < len(copy.authors):
        return {}
    return {"author": names[0], "additionalAuthors": names[1:]} if names else {"author": None, "additionalAuthors": []}


def _own(copy: Copy, *members: str) -> Label:
    return {member: copy.own.get(member) for member in members}


def _text(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _review(copy: Copy) -> str | None:
    """A review as it reads: lines, no markup."""
    written = copy.own.get("review")
    return written.replace("<br/>", "\n").replace("&amp;", "&") if isinstance(written, str) else None


class Goodreads(Layout):
    """The export of Goodreads: series in brackets behind the title, ISBNs as formulas, whole stars."""

    name = "goodreads"
    header = (
        "Book Id", "Title", "Author", "Author l-f", "Additional Authors", "ISBN", "ISBN13", "My Rating", "Average Rating", "Publisher",
        "Binding",
        "Number of Pages", "Year Published", "Original Publication Year", "Date Read", "Date Added", "Bookshelves",
        "Bookshelves with positions",
        "Exclusive Shelf", "My Review", "Spoiler", "Private Notes", "Read Count", "Owned Copies",
    )  # fmt: skip

    def cells(self, copy: Copy) -> list[str]:
        own = copy.own
        ten, thirteen = _both_forms(copy)
        title = f"{copy.title} ({copy.series[0]}, #{copy.series[1]:g})" if copy.series else copy.title
        first, others = (copy.authors[0], copy.authors[1:]) if copy.authors else (copy.author, ())
        shelf = str(own["readingStatus"]).replace("reading", "currently-reading")
        rating, year = own["userRating"], _text(own["publicationYear"])
        return [
            "", title, first, _turned(first), ", ".join(others), f'="{ten}"', f'="{thirteen}"',
            _text(int(rating) if isinstance(rating, float) else 0),
            "3.97", _text(own["publisher"]), _text(own["format"]), _text(own["pageCount"]), year, "", _slashed(own["dateRead"]),
            _slashed(own["dateAdded"]), ", ".join([*_list(own["shelves"]), shelf]), "", shelf, _text(own["review"]), "",
            _text(own["notes"]),
            _text(own["readCount"]), "0",
        ]  # fmt: skip

    def label(self, copy: Copy) -> Label:
        rating = copy.own["userRating"]
        read = _titled(copy) | ({"series": _series(copy.series)} if copy.series and copy.reads else {})
        shelf = copy.own["readingStatus"]
        return (
            read | _named(copy)
            | _own(copy, "publisher", "pageCount", "dateRead", "dateAdded", "notes", "publicationYear", "readCount", "format")
            | {"userRating": float(int(rating)) if isinstance(rating, float) else None}
            | {"isbn": copy.isbn13 or None, "review": _review(copy)}
            | ({"readingStatus": shelf} if shelf != "dnf" else {})
        )  # fmt: skip


class LibraryThing(Layout):
    """The tab-delimited export of LibraryThing: names turned, ISBNs in brackets."""

    name = "librarything"
    delimiter = "\t"
    header = (
        "Book Id", "Title", "Sort Character", "Primary Author", "Primary Author Role", "Secondary Author", "Secondary Author Roles",
        "Publication",
        "Date", "Review", "Rating", "Comment", "Private Comment", "Summary", "Media", "Page Count", "Date Started", "Date Read", "Tags",
        "Collections",
        "Languages", "ISBN", "ISBNs", "Entry Date", "Work id",
    )  # fmt: skip

    def cells(self, copy: Copy) -> list[str]:
        own = copy.own
        ten, thirteen = _both_forms(copy)
        names = [_turned(name) for name in copy.authors] or [copy.author]
        year = _text(own["publicationYear"])
        publication = f"{own['publisher']} ({year}), {own['pageCount']} pages" if own["publisher"] and year and own["pageCount"] else ""
        return [
            "71203", copy.title, "1", names[0], "", "|".join(names[1:]), "", publication, year, _text(own["review"]),
            _text(own["userRating"]), "",
            _text(own["notes"]), "", _text(own["format"]), _text(own["pageCount"]), "", _bracketed(_text(own["dateRead"])),
            ", ".join(_list(own["shelves"])),
            "Your library", TONGUES["en"].languages.get(str(own["language"]), ""), _bracketed(ten or thirteen),
            ", ".join(filter(None, (ten, thirteen))), _text(own["dateAdded"]), "",
        ]  # fmt: skip

    def label(self, copy: Copy) -> Label:
        known = {"language": copy.own["language"]} if copy.own["language"] in TONGUES else {}
        return (
            _titled(copy) | _named(copy)
            | _own(copy, "pageCount", "dateRead", "dateAdded", "notes", "publicationYear", "userRating", "format")
            | known | {"isbn": copy.isbn13 or None, "review": _review(copy)}
        )  # fmt: skip


class StoryGraph(Layout):
    """The export of StoryGraph: one column for ISBN or an id of its own, authors with commas."""

    name = "storygraph"
    header = (
        "Title", "Authors", "Contributors", "ISBN/UID", "Format", "Read Status", "Date Added", "Last Date Read", "Dates Read",
        "Read Count", "Moods",
        "Pace", "Character- or Plot-Driven?", "Strong Character Development?", "Loveable Characters?", "Diverse Characters?",
        "Flawed Characters?",
        "Star Rating", "Review", "Content Warnings", "Content Warning Description", "Tags", "Owned?",
    )  # fmt: skip

    def cells(self, copy: Copy) -> list[str]:
        own = copy.own
        state = {"reading": "currently-reading", "dnf": "did-not-finish"}.get(str(own["readingStatus"]), str(own["readingStatus"]))
        binding = {"E-book": "digital", "Audiobook": "audio"}.get(str(own["format"]), str(own["format"]).lower())
        rating = own["userRating"]
        return [
            copy.title, ", ".join(copy.authors) or copy.author, "", copy.isbn, binding, state, _slashed(own["dateAdded"]),
            _slashed(own["dateRead"]),
            _slashed(own["dateRead"]), _text(own["readCount"]), "", "", "", "", "", "", "",
            f"{rating:.1f}" if isinstance(rating, float) else "",
            _text(own["review"]), "", "", ", ".join(_list(own["shelves"])), "No",
        ]  # fmt: skip

    def label(self, copy: Copy) -> Label:
        own = _own(copy, "dateRead", "dateAdded", "readingStatus", "userRating", "readCount", "shelves")
        return _titled(copy) | _named(copy) | own | {"isbn": copy.isbn13 or None, "review": _review(copy)}


_OPTIONAL = (
    Field.ISBN, Field.SERIES, Field.PUBLISHER, Field.PUBLICATION_DATE, Field.PAGE_COUNT, Field.FORMAT, Field.RATING, Field.STATUS,
    Field.DATE_READ,
    Field.DATE_ADDED, Field.SHELVES, Field.REVIEW, Field.NOTES, Field.LANGUAGE,
)  # fmt: skip


class OwnList(Layout):
    """Somebody's own list, in one of seven languages: any columns in any order, called as people call them."""

    name = "generic"

    def __init__(self, language: str, rng: random.Random) -> None:
        self.language, self.tongue = language, TONGUES[language]
        chosen = [Field.TITLE, Field.AUTHOR, *(field for field in _OPTIONAL if rng.random() < (0.85 if field is Field.ISBN else 0.45))]
        rest = chosen[2:]
        rng.shuffle(rest)
        first = chosen[:2] if rng.random() < 0.8 else chosen[1::-1]
        self.fields = [field for each in [*first, *rest] for field in ((each, Field.SERIES_POSITION) if each is Field.SERIES else (each,))]
        self.header = tuple(rng.choice(self.tongue.headers[field]) for field in self.fields)
        self.header = tuple(rng.choice((str.upper, str.lower))(name) for name in self.header) if rng.random() < 0.2 else self.header
        self.delimiter = rng.choice(",,;\t") if language == "en" else rng.choice(";;,\t")
        self.between, self.out_of = rng.choice((", ", "; ", " & ")), rng.choice((5, 5, 10))

    def cells(self, copy: Copy) -> list[str]:
        return [self._cell(copy, field) for field in self.fields]

    def _cell(self, copy: Copy, field: Field) -> str:
        own, tongue = copy.own, self.tongue
        written: Mapping[Field, object] = {
            Field.TITLE: copy.title,
            Field.AUTHOR: copy.author or self.between.join(copy.authors),
            Field.ISBN: copy.isbn,
            Field.SERIES: copy.series[0] if copy.series else None,
            Field.SERIES_POSITION: copy.series[1] if copy.series else None,
            Field.PUBLISHER: own["publisher"],
            Field.PUBLICATION_DATE: own["publicationYear"],
            Field.PAGE_COUNT: own["pageCount"],
            Field.FORMAT: tongue.bindings[BINDINGS.index(str(own["format"]))],
            Field.RATING: self._rating(own["userRating"]),
            Field.STATUS: tongue.states[STATES.index(str(own["readingStatus"]))],
            Field.DATE_READ: self._date(own["dateRead"]),
            Field.DATE_ADDED: self._date(own["dateAdded"]),
            Field.SHELVES: ", ".join(_list(own["shelves"])),
            Field.REVIEW: own["review"],
            Field.NOTES: own["notes"],
            Field.LANGUAGE: tongue.languages.get(str(own["language"])),
        }
        return _text(written[field])

    def _rating(self, stars: object) -> str | None:
        if not isinstance(stars, float):
            return None
        text = f"{stars * self.out_of / 5:g}"
        return text.replace(".", ",") if self.tongue.decimal_comma else text

    def _date(self, iso: object) -> str | None:
        return datetime.date.fromisoformat(iso).strftime(self.tongue.date) if isinstance(iso, str) else None

    def label(self, copy: Copy) -> Label:
        own = copy.own
        known: Mapping[Field, Label] = {
            Field.TITLE: _titled(copy),
            Field.AUTHOR: _named(copy) if copy.authors or author_name(copy.author) is None else {},
            Field.ISBN: {"isbn": copy.isbn13 or None},
            Field.PUBLICATION_DATE: _own(copy, "publicationYear"),
            Field.RATING: _own(copy, "userRating"),
            Field.STATUS: _own(copy, "readingStatus"),
            Field.REVIEW: {"review": _review(copy)},
            Field.LANGUAGE: {"language": own["language"]} if own["language"] in self.tongue.languages else {},
        }
        plain = {field: _own(copy, field.value) for field in self.fields}
        label = {member: value for field in self.fields if field not in (Field.SERIES, Field.SERIES_POSITION)
                 for member, value in known.get(field, plain[field]).items()}  # fmt: skip
        in_its_column = {"series": _series(copy.series)} if copy.series and Field.SERIES in self.fields and "title" in label else {}
        return label | in_its_column


def _both_forms(copy: Copy) -> tuple[str, str]:
    """The cells of ISBN-10 and ISBN-13 where a program has one for each."""
    isbn = find_isbn(copy.isbn) if copy.isbn else None
    if isbn is None:
        return "", copy.isbn
    return isbn.isbn10 or "", isbn.isbn13


def _turned(name: str) -> str:
    *given, family = name.split() or [""]
    return f"{family}, {' '.join(given)}" if given else family


def _slashed(iso: object) -> str:
    return iso.replace("-", "/") if isinstance(iso, str) else ""


def _bracketed(text: str) -> str:
    return f"[{text}]" if text else ""


def _list(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
