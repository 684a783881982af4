"""Tables of books, read: CSV with a header as goodbooks has it, and JSON lines, one book each. Pure.

A JSON line is a work as samples/README.md describes it, a record of Open Library (with `key` and `type`), or flat: `title`, `authors`
(a list or a text), `isbn`, `year`, `language`, `publisher`, `pages`, `subjects`.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

from search.catalogue.keys import hashed, key_of_author, key_of_edition
from search.catalogue.loading import dump
from search.catalogue.loading.batch import AuthorRow, BadLine, Batch, EditionRow
from search.catalogue.title_words import author_key_words, stored
from search.identifiers import digits_id, find_isbn
from search.normalisers.dates import parse_date, parse_year
from search.normalisers.languages import language_code
from search.normalisers.names import author_name, split_authors
from search.normalisers.numbers import page_count
from search.normalisers.text import clean_line
from search.normalisers.titles import parse_title

_NAMES = {  # column, lower case, without anything but letters and digits -> what it is
    "bookid": "id", "id": "id", "isbn": "isbn", "isbn10": "isbn", "isbn13": "isbn13", "ean": "isbn13", "author": "authors",
    "authors": "authors", "title": "title", "originaltitle": "original_title", "languagecode": "language", "language": "language",
    "originalpublicationyear": "year", "publicationyear": "year", "year": "year", "firstpublicationyear": "year", "publisher": "publisher",
    "publicationdate": "date", "publishdate": "date", "pages": "pages", "numpages": "pages", "pagecount": "pages",
    "goodreadsbookid": "goodreads", "subjects": "subjects", "tag": "", "series": "series",
}  # fmt: skip
MOST_VOLUMES = 10_000
Row = dict[str, Any]


def columns_of(header: Iterable[str]) -> list[str]:
    """What each column is; empty for those that say nothing we keep.

    Raises: BadLine when no column is a title.
    """
    columns = [_NAMES.get("".join(filter(str.isalnum, name.lower())), "") for name in header]
    if "title" not in columns:
        raise BadLine("no column is a title")
    return columns


def put_row(columns: list[str], cells: list[str], name: str, batch: Batch) -> None:
    """Put a row of the table `name` into the batch.

    Raises: BadLine
    """
    if len(cells) != len(columns):
        raise BadLine(f"{len(cells)} columns instead of {len(columns)}")
    row: Row = {}
    for column, cell in zip(columns, cells, strict=True):
        if column and cell.strip():
            row.setdefault(column, cell.strip())
    _book(row, name, batch)


def put_json(line: bytes, name: str, batch: Batch) -> None:
    """Put a JSON line of the file `name` into the batch.

    Raises: BadLine
    """
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadLine(f"no JSON: {error}"[:200]) from error
    if not isinstance(record, dict):
        raise BadLine("the JSON is no object")
    kind = record.get("type")
    if isinstance(kind, dict) and isinstance(record.get("key"), str):
        revision = record.get("revision")
        revision = revision if isinstance(revision, int) and 0 < revision <= dump.MAX_REVISION else 1
        dump.put(str(kind.get("key")), record["key"], revision, record, batch)
        return
    row: Row = {}
    for key, value in record.items():
        if (column := _NAMES.get("".join(filter(str.isalnum, key.lower())))) and value is not None:
            row.setdefault(column, value)
    editions = record.get("editions")
    _book(row, name, batch, [each for each in editions if isinstance(each, dict)] if isinstance(editions, list) else [])


def _book(row: Row, name: str, batch: Batch, editions: list[Row] | None = None) -> None:
    raw = _text(row.get("title")) or _text(row.get("original_title"))
    if not raw:
        raise BadLine("a book without a title")
    authors = _authors(row.get("authors"))
    parsed = parse_title(raw, None, [author.name for author in authors])
    title = parsed.title[: dump.MAX_TITLE] or raw
    isbns = _isbns(row)
    said = f"{raw}|{row.get('authors')}".encode("utf-8", "replace")
    own = str(row.get("id") or "") or (isbns[0] if isbns else hashlib.sha256(said).hexdigest()[:16])
    source_id = f"{name[:60]}:{own[:50]}"
    work_id = hashed(source_id)
    year = parse_year(_whole(row.get("year")))
    raw_subjects = row.get("subjects")
    work = dump.work_row(work_id, 1, title, (parsed.subtitle or "")[: dump.MAX_TITLE], {"subjects": raw_subjects}, year)
    original = _text(row.get("original_title"))
    others = [original] if original and original != title else []
    words = stored(title, work.subtitle, *others)
    series, position = parsed.series or _series(row.get("series"))
    batch.add_work(
        work._replace(
            source_id=source_id,
            title_words=words,
            other_titles=orjson.dumps(others).decode(),
            series_name=series[: dump.MAX_NAME],
            series_position=position,
        ),
        tuple(dict.fromkeys(author.id for author in authors)),
    )
    for author in authors:
        batch.add_author(author)
    for place, facts in enumerate(editions or [row]):
        _edition(facts, work_id, place, batch)
    batch.counts["works"] += 1


def _edition(facts: Row, work_id: int, place: int, batch: Batch) -> None:
    isbns = _isbns(facts)
    published = parse_date(facts.get("date") or facts.get("publicationDate"))
    goodreads = digits_id(facts.get("goodreads"))
    title, subtitle = _title_of_edition(_text(facts.get("title")))
    batch.add_edition(
        EditionRow(
            key_of_edition(work_id, place),
            1,
            work_id,
            place % 2**15,
            int(isbns[0]) if isbns else None,
            title,
            subtitle,
            language_code(facts.get("language")) or "",
            _text(facts.get("publisher"))[: dump.MAX_NAME],
            published.iso if published else "",
            page_count(facts.get("pages") or facts.get("pageCount")),
            "",
            None,
        ),
        (*(("isbn", isbn) for isbn in isbns[1:]), *((("goodreads", goodreads),) if goodreads else ())),
    )
    batch.counts["editions"] += 1


def _title_of_edition(raw: str) -> tuple[str, str]:
    """Without the series, which is the work's; the title as it was given where it has none.

    Source: spec 04, "Normalising" (titles): series in parentheses into `series`.
    """
    parsed = parse_title(raw)
    if parsed.series is None or not raw.endswith(")"):  # "Saga, vol. 3" is a title of its own
        return raw[: dump.MAX_TITLE], ""
    return parsed.title[: dump.MAX_TITLE], (parsed.subtitle or "")[: dump.MAX_TITLE]


def _series(raw: Any) -> tuple[str, float | None]:
    """The name of a series and the place in it; a name alone where it is given as a text."""
    if isinstance(raw, dict):
        position = raw.get("position")
        if isinstance(position, int | float) and not isinstance(position, bool) and 0 <= position < MOST_VOLUMES:
            return _text(raw.get("name")), float(position)
        return _text(raw.get("name")), None
    return _text(raw), None


def _isbns(facts: Row) -> list[str]:
    """A spreadsheet that made 9.78E+12 of an ISBN-13 leaves the ISBN-10 to go by; its lost zero is an SBN's."""
    found = (find_isbn(str(facts[column])[:64]) for column in ("isbn13", "isbn") if isinstance(facts.get(column), str | int))
    return list(dict.fromkeys(isbn.isbn13 for isbn in found if isbn))


def _authors(raw: Any) -> list[AuthorRow]:
    names: list[str] = []
    years: dict[str, tuple[int | None, int | None]] = {}
    for each in raw if isinstance(raw, list) else [raw]:
        if isinstance(each, dict) and (name := author_name(each.get("name"))):
            names.append(name)
            years[name] = (parse_year(each.get("birthYear")), parse_year(each.get("deathYear")))
        elif isinstance(each, str):
            names += [name for piece in split_authors(each) if (name := author_name(piece))]
    rows = []
    for name in dict.fromkeys(names):
        key = author_key_words(name)
        born, died = years.get(name, (None, None))
        rows.append(AuthorRow(key_of_author(key, born), 1, name[: dump.MAX_NAME], key, born, died))
    return rows


def _text(raw: Any) -> str:
    return clean_line(raw[:1000])[: dump.MAX_TITLE].strip() if isinstance(raw, str) else ""


def _whole(raw: Any) -> Any:
    """1997 of "1997.0"."""
    return raw.removesuffix(".0") if isinstance(raw, str) else raw
