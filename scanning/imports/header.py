"""Which row is the header, and what the columns are called where there is none. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from scanning.imports.kinds import Kind, fits, is_isbn, kinds_of
from scanning.imports.table import MAX_COLUMNS, Note, Unreadable

MAX_PREAMBLE = 20  # rows over the header: a title, a date, comments
MAX_HEADER_CHARS = 500  # of one header cell
_LIST_SHARE = 0.8  # of a plain list's first lines that are ISBNs
# What columns are called in most files: only to tell a header from data; what a column means is found out elsewhere.
WORDS = frozenset((
    "isbn", "isbn10", "isbn13", "isbn-10", "isbn-13", "ean", "asin", "id", "title", "titles", "book", "name", "author", "authors",
    "titel", "titre", "título", "titulo", "titolo", "autor", "auteur", "autore", "verfasser", "buchtitel", "livre", "libro", "livro",
    "boek", "schrijver", "oclc", "lccn", "url", "link", "notes", "year", "jahr", "année", "año", "anno", "ano", "jaar", "rating",
    "review",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """The columns, and at which record the rows begin."""

    columns: tuple[str, ...]
    first_row: int  # place of the first row among the records
    has_header: bool = True
    is_list: bool = False  # one ISBN a line and nothing else
    notes: tuple[Note, ...] = ()


def head_place(records: Sequence[Sequence[str]]) -> int:
    """Place of the header among the first records: what stands over it is a title or a comment."""
    widths = Counter(len(record) for record in records if len(record) > 1)
    if not widths:
        return _after_comments(records)
    width = max(widths.items(), key=lambda item: (item[1], item[0]))[0]
    for place, record in enumerate(records[:MAX_PREAMBLE]):
        comment = record[0].startswith("#") and len(record) != width
        title = (
            _only_a_title(record) and (len(record) != width or _is_named(records[place + 1 : place + 2])) and not _is_prose(records, width)
        )
        if not (comment or title):
            return place
    return 0


def _after_comments(records: Sequence[Sequence[str]]) -> int:
    """A single column may have comments too; a column called "#" has numbers under it."""
    place = next((place for place, record in enumerate(records[:MAX_PREAMBLE]) if not record[0].startswith("# ")), 0)
    return place if place < len(records) else 0


def _only_a_title(record: Sequence[str]) -> bool:
    filled = [cell for cell in record if cell.strip()]
    return len(filled) <= 1 and not any(_is_word(cell) or is_isbn(cell.strip()) for cell in filled)


def _is_named(records: Sequence[Sequence[str]]) -> bool:
    return any(_is_word(cell) for record in records for cell in record)


def _is_prose(records: Sequence[Sequence[str]], width: int) -> bool:
    """Whether two columns are rather one column of "Smith, John"."""
    pairs = [record for record in records if len(record) == width]
    return width == 2 and all(pair[1].startswith(" ") for pair in pairs)


def _is_word(cell: str) -> bool:
    return cell.strip().casefold() in WORDS


def find_head(records: Sequence[Sequence[str]]) -> Head:
    """The header of a table, of whose records these are the first.

    Raises: Unreadable, when there are too many columns or the header is no header
    """
    place = head_place(records)
    first, below = records[place], records[place + 1 :]
    notes = (_skipped(place),) if place else ()
    if len(first) > MAX_COLUMNS:
        told = f"The file has {len(first):,} columns; at most {MAX_COLUMNS} are read."
        raise Unreadable("INVALID_FILE", told, columns=len(first), most=MAX_COLUMNS)
    if _is_list(records[place:]):
        return Head(("ISBN",), place, has_header=False, is_list=True, notes=notes)
    if looks_like_data(first, below):
        width = Counter(len(record) for record in records[place:]).most_common(1)[0][0]
        made = Note("NO_HEADER", "The first row looks like a book, not like a header: the columns were told by what they hold.")
        return Head(tuple(f"Column {number}" for number in range(1, width + 1)), place, has_header=False, notes=(*notes, made))
    if any(len(cell) > MAX_HEADER_CHARS for cell in first):
        told = "The first row is no header: a cell of it is longer than any column's name. Put a row of column names first."
        raise Unreadable("INVALID_FILE", told)
    return Head(distinct(_trimmed(first, below)), place + 1, notes=notes)


def _skipped(count: int) -> Note:
    what = "One row stands" if count == 1 else f"{count} rows stand"
    return Note(
        "PREAMBLE_SKIPPED", f"{what} over the header and holds no book." if count == 1 else f"{what} over the header and hold no books."
    )


def _is_list(records: Sequence[Sequence[str]]) -> bool:
    cells = [[cell for cell in record if cell.strip()] for record in records]
    single = [cell[0].strip() for cell in cells if len(cell) == 1]
    return len(single) == len(cells) and is_isbn(single[0]) and sum(map(is_isbn, single)) >= _LIST_SHARE * len(single)


def looks_like_data(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is a book: it holds an ISBN, or a figure over a column of figures of the same kind."""
    if any(_is_word(cell) for cell in first):
        return False
    if any(is_isbn(cell.strip()) for cell in first):
        return True
    kinds = kinds_of(below, len(first))
    told = [(cell, kind) for cell, kind in zip(first, kinds, strict=True) if kind is not Kind.TEXT and cell.strip()]
    return bool(told) and all(fits(cell, kind) for cell, kind in told)


def _trimmed(header: Sequence[str], below: Sequence[Sequence[str]]) -> list[str]:
    """Without the nameless columns at the end that hold nothing (a delimiter at the end of every line)."""
    cells = list(header)
    while len(cells) > 1 and not cells[-1].strip() and not any(len(row) >= len(cells) and row[len(cells) - 1].strip() for row in below):
        cells.pop()
    return cells


def distinct(header: Sequence[str]) -> tuple[str, ...]:
    """Names of columns, none twice and none empty: "Tags", "Tags (2)", "Column 3"."""
    names: list[str] = []
    taken: set[str] = set()
    for place, cell in enumerate(header, 1):
        name = wanted = " ".join(cell.replace("\ufeff", "").split()) or f"Column {place}"
        number = 2
        while name in taken:
            name, number = f"{wanted} ({number})", number + 1
        taken.add(name)
        names.append(name)
    return tuple(names)
