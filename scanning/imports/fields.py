"""How each field's cell is read into a book that is being made. Pure.

A reader says whether the book now tells all that the cell says; of what it does not tell, the cell is kept under its header.
"""

import json
from collections.abc import Callable
from html import unescape
from typing import Any

from scanning.csv_format import Column, Field, Habits
from scanning.imports.cells import date_in, halves, isbns_in, language_in, rating_in, shelves_in, shown, text_in
from scanning.imports.making import Making
from scanning.imports.people_and_titles import people_in, position_in, series_in
from scanning.imports.remembering import remembered
from scanning.imports.statuses import status_in
from search.normalisers.dates import parse_year
from search.normalisers.numbers import binding_format, page_count
from search.normalisers.text import clean_line
from search.schemes import Scheme, canonical, scheme_of

MAX_READINGS = 10_000


Reader = Callable[[Making, str], bool]


def reader_of(column: Column, habits: Habits) -> Reader | None:
    """The reader of a column; None for one that is kept as it is."""
    field = column.field
    if field is None:
        return None
    if field is Field.ISBN:
        return _isbn(column.header, found_by_cells=column.by == "content")
    make = _MAKERS.get(field)
    if make is not None:
        return make(column.header, habits)
    return _id(Scheme(field.value)) if field.value in set(Scheme) else _other_id(column.header)


def _title(header: str, habits: Habits) -> Reader:
    def read(book: Making, cell: str) -> bool:
        if book.title:
            return False
        book.title, book.title_header = cell, header
        return True

    return read


def _isbn(header: str, *, found_by_cells: bool) -> Reader:
    """In a column whose header does not speak of ISBNs a cell without digits was not meant for one."""

    def read(book: Making, cell: str) -> bool:
        found = isbns_in(cell)
        for isbn in found.isbns:
            if isbn not in book.isbns:
                if len(cell) >= 13 and len(found.isbns) == 1:  # the longer form is the one to go by
                    book.isbns.insert(0, isbn)
                else:
                    book.isbns.append(isbn)
        if found.asin:
            book.ids.setdefault("asin", found.asin)
        if found.uid:
            book.ids.setdefault("uid", found.uid)
        if found.problem and not (found_by_cells and not any(map(str.isdigit, cell))):
            book.warn("INVALID_ISBN", f"{shown(cell)} is no ISBN. {found.problem}", header)
        if found.repaired:
            book.warn("ISBN_REPAIRED", f"{shown(cell)} had lost its leading zeros.", header)
        return not found.problem

    return read


def _people(header: str, habits: Habits) -> Reader:
    def read(book: Making, cell: str) -> bool:
        names, whole = people_in(cell, habits.people)
        if book.authors:
            return names == book.authors
        book.authors = names
        return whole

    return read


def _further_people(header: str, habits: Habits) -> Reader:
    how = "listed" if habits.people == "single" else habits.people

    def read(book: Making, cell: str) -> bool:
        names, whole = people_in(cell, how)
        book.further += names
        return whole

    return read


def _part_of_name(slot: str) -> Callable[[str, Habits], Reader]:
    def make(header: str, habits: Habits) -> Reader:
        def read(book: Making, cell: str) -> bool:
            setattr(book, slot, clean_line(cell))
            return True

        return read

    return make


def _date(slot: str) -> Callable[[str, Habits], Reader]:
    def make(header: str, habits: Habits) -> Reader:
        day_first = habits.day_first

        def read(book: Making, cell: str) -> bool:
            found = date_in(cell, day_first)
            if found.iso is None:
                return False
            if found.unsure:
                book.warn("UNSURE_DATE", f"{shown(cell)} may have its day or its month first: only the year is taken.", header)
            known: str | None = getattr(book, slot)
            if known is None or (len(found.iso) > len(known) and found.iso.startswith(known)):
                setattr(book, slot, found.iso)
                return found.whole
            return found.whole and known.startswith(found.iso)

        return read

    return make


def _once(slot: str, value_of: Callable[[str], Any]) -> Callable[[str, Habits], Reader]:
    """A field that the first column with a value gives."""

    def make(header: str, habits: Habits) -> Reader:
        def read(book: Making, cell: str) -> bool:
            value = value_of(cell)
            known = getattr(book, slot)
            if value is None or (known and known != value):
                return False
            setattr(book, slot, value)
            return True

        return read

    return make


def _series(header: str, habits: Habits) -> Reader:
    def read(book: Making, cell: str) -> bool:
        if book.series is not None:
            return False
        book.series = series_in(cell)
        return book.series is not None

    return read


def _rating(header: str, habits: Habits) -> Reader:
    best = habits.rating_of

    def read(book: Making, cell: str) -> bool:
        exact = rating_in(cell, best)
        if exact is None:
            book.warn("INVALID_RATING", f"{shown(cell)} is no rating of 0 to {best:g}.", header)
            return False
        if book.rating is not None:
            return halves(exact) == book.rating
        book.rating = halves(exact)
        return exact == (book.rating or 0)

    return read


def _language(header: str, habits: Habits) -> Reader:
    def read(book: Making, cell: str) -> bool:
        code, alone = language_in(cell)
        if code is None or book.language:
            return code is not None and alone and code == book.language
        book.language = code
        return alone

    return read


def _shelves(header: str, habits: Habits) -> Reader:
    separator = habits.list_separator

    def read(book: Making, cell: str) -> bool:
        shelves = shelves_in(cell, separator)
        book.shelves += shelves
        return bool(shelves)

    return read


def _text(slot: str) -> Callable[[str, Habits], Reader]:
    """Texts of several columns one below the other."""

    def make(header: str, habits: Habits) -> Reader:
        def read(book: Making, cell: str) -> bool:
            text, known = text_in(cell), getattr(book, slot)
            setattr(book, slot, f"{known}\n\n{text}" if known and text else known or text or None)
            return bool(text)

        return read

    return make


def _id(scheme: Scheme) -> Reader:
    def read(book: Making, cell: str) -> bool:
        return keep_id(book, scheme, cell)

    return read


def keep_id(book: Making, scheme: Scheme, cell: str) -> bool:
    """An edition of Open Library goes before its work, which has a name of its own then."""
    value = canonical(scheme, cell.strip())
    if value is None:
        return False
    name: str = scheme.value
    if scheme is Scheme.OPENLIBRARY and name in book.ids:
        if value.endswith("W"):
            name = "openlibraryWork"
        elif book.ids[name].endswith("W"):
            book.ids["openlibraryWork"] = book.ids.pop(name)
    return book.ids.setdefault(name, value) == value


def _other_id(header: str) -> Reader:
    def read(book: Making, cell: str) -> bool:
        book.ids[header] = cell.strip()
        return True

    return read


def _identifiers(header: str, habits: Habits) -> Reader:
    """Calibre's "goodreads:39077187,isbn:9780756411800"."""

    def read(book: Making, cell: str) -> bool:
        if cell.startswith("{"):
            return _keep_all(book, cell)
        told = True
        for part in cell[:5_000].split(","):
            name, _, value = part.strip().partition(":")
            scheme = scheme_of(name)
            if scheme is Scheme.ISBN:
                isbns = [isbn for isbn in isbns_in(value).isbns if isbn not in book.isbns]
                book.isbns += isbns
                told = told and bool(isbns_in(value).isbns)
            elif scheme is not None:
                told = keep_id(book, scheme, value) and told
            elif name and value and name not in book.ids:
                book.ids[name] = value
            else:
                told = False
        return told

    return read


def _keep_all(book: Making, cell: str) -> bool:
    """Ids as our own exports write them: an object of names and ids."""
    try:
        ids = json.loads(cell)
    except (ValueError, RecursionError):
        return False
    if not isinstance(ids, dict) or not all(isinstance(value, str) for value in ids.values()):
        return False
    known = set(Scheme)
    book.ids |= {name: value for name, value in ids.items() if name not in known or canonical(Scheme(name), value) == value}
    return all(name in book.ids for name in ids)


def _line(cell: str) -> str | None:
    return clean_line(unescape(cell) if "&" in cell else cell) or None


def _count(cell: str) -> int | None:
    bare = cell.strip().removesuffix(".0")
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 6 and int(bare) < MAX_READINGS else None


_MAKERS: dict[Field, Callable[[str, Habits], Reader]] = {
    Field.TITLE: _title,
    Field.SUBTITLE: _once("subtitle", _line),
    Field.AUTHOR: _people,
    Field.ADDITIONAL_AUTHORS: _further_people,
    Field.AUTHOR_FIRST: _part_of_name("first_name"),
    Field.AUTHOR_LAST: _part_of_name("last_name"),
    Field.SERIES: _series,
    Field.SERIES_POSITION: _once("series_position", position_in),
    Field.PUBLISHER: _once("publisher", _line),
    Field.PUBLICATION_DATE: _date("publication_date"),
    Field.ORIGINAL_YEAR: _once("original_year", remembered(parse_year)),
    Field.PAGE_COUNT: _once("page_count", remembered(page_count)),
    Field.FORMAT: _once("format", remembered(binding_format)),
    Field.RATING: _rating,
    Field.STATUS: _once("status", status_in),
    Field.DATE_READ: _date("date_read"),
    Field.DATE_STARTED: _date("date_started"),
    Field.DATE_ADDED: _date("date_added"),
    Field.SHELVES: _shelves,
    Field.REVIEW: _text("review"),
    Field.NOTES: _text("notes"),
    Field.LANGUAGE: _language,
    Field.READ_COUNT: _once("read_count", _count),
    Field.IDENTIFIERS: _identifiers,
}
