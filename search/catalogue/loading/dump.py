"""Lines of Open Library's dumps, read: type, key, revision, last_modified and the record as JSON, by tabs. Pure.

Source: openlibrary.org/developers/dumps, and the types /type/edition, /type/work, /type/author, /type/redirect, /type/delete.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import orjson

from search.catalogue.keys import Letter, key_of, made_of
from search.catalogue.loading.batch import AuthorRow, BadLine, Batch, EditionRow, WorkRow
from search.catalogue.title_words import author_key_words, hash_of_words, words_of
from search.identifiers import asin, digits_id, find_isbn
from search.normalisers.dates import parse_date, parse_year
from search.normalisers.languages import language_code
from search.normalisers.numbers import binding_format, page_count
from search.normalisers.text import clean_line
from search.schemes import google_id, lccn, oclc

COLUMNS = 5
SUBJECTS = 12
MAX_TITLE = 500
MAX_NAME = 300
MAX_REVISION = 2**31 - 1
_OWN_IDS = (("oclc", "oclc_numbers", oclc), ("lccn", "lccn", lccn))
_OTHERS_IDS = (
    ("goodreads", "goodreads", digits_id),
    ("librarything", "librarything", digits_id),
    ("asin", "amazon", asin),
    ("google", "google", google_id),
)
T = TypeVar("T")
_LETTERS: dict[str, Letter] = {"works": "W", "books": "M", "authors": "A"}
_language = lru_cache(maxsize=2_000)(language_code)
_format = lru_cache(maxsize=10_000)(binding_format)
_year = lru_cache(maxsize=20_000)(parse_year)


def read(line: bytes, batch: Batch) -> None:
    """Put what a line says into the batch.

    Raises: BadLine
    """
    parts = line.split(b"\t", COLUMNS - 1)
    if len(parts) != COLUMNS:
        raise BadLine(f"{len(parts)} columns instead of {COLUMNS}")
    kind, key = parts[0].decode("ascii", "replace"), parts[1].decode("ascii", "replace")
    if kind not in _READERS:
        raise BadLine(f"unknown type {kind[:60]!r}")
    if not parts[2].isdigit() or int(parts[2][:12]) > MAX_REVISION:
        raise BadLine(f"{parts[2][:20]!r} is no revision")
    try:
        record = orjson.loads(parts[4])
    except orjson.JSONDecodeError as error:
        raise BadLine(f"no JSON: {error}"[:200]) from error
    put(kind, key, max(1, int(parts[2])), record, batch)


def put(kind: str, key: str, revision: int, record: Any, batch: Batch) -> None:
    """Put a record into the batch; of types that are not of books (pages, covers, users) only redirects and deletions of books count.

    Raises: BadLine
    """
    if not isinstance(record, dict):
        raise BadLine("the JSON is no object")
    reader = _READERS.get(kind)
    if reader is None:
        raise BadLine(f"unknown type {kind[:60]!r}")
    reader(key, revision, record, batch)


def _work(key: str, revision: int, record: dict[str, Any], batch: Batch) -> None:
    row_id = _row(key, "W")
    title = _text(record.get("title"), MAX_TITLE)
    if not title:
        raise BadLine("a work without a title")
    subtitle = _text(record.get("subtitle"), MAX_TITLE)
    batch.add_work(work_row(row_id, revision, title, subtitle, record, _year(_scalar(record.get("first_publish_date")))), _authors(record))
    batch.counts["works"] += 1


def work_row(row_id: int, revision: int, title: str, subtitle: str, record: dict[str, Any], year: int | None) -> WorkRow:
    """A work's row; its subjects are those of the record."""
    subjects = [text for raw in _list(record.get("subjects"))[:SUBJECTS] if (text := _text(raw, 80))]
    words = words_of(title)
    indexed = " ".join(words + words_of(subtitle) if subtitle else words)
    listed = orjson.dumps(subjects).decode() if subjects else "[]"
    return WorkRow(row_id, revision, title, subtitle, year, "", listed, "[]", "", None, f" {indexed} ", "", hash_of_words(words), None)


def _edition(key: str, revision: int, record: dict[str, Any], batch: Batch) -> None:
    row_id = _row(key, "M")
    title = _text(record.get("title"), MAX_TITLE)
    work_id = _first(_work_key, record.get("works"))
    if not title and work_id is None:
        raise BadLine("an edition without a title and without a work")
    subtitle = _text(record.get("subtitle"), MAX_TITLE)
    published, year = _published(_scalar(record.get("publish_date")))
    isbns = _isbns(record)
    row = EditionRow(
        row_id,
        revision,
        work_id or made_of(row_id),
        0,
        int(isbns[0]) if isbns else None,
        title,
        subtitle,
        _first(_language_of, record.get("languages")) or "",
        _first(_publisher, record.get("publishers")) or "",
        published,
        page_count(record.get("number_of_pages")) or (page_count(record["pagination"]) if "pagination" in record else None),
        _format(_scalar(record.get("physical_format"))) or "",
        _first(_cover, record.get("covers")),
    )
    batch.add_edition(row, _identifiers(record, isbns[1:]))
    batch.counts["editions"] += 1
    if work_id is None:
        batch.add_work(work_row(row.work_id, revision, title, subtitle, record, year), _authors(record))
        batch.counts["editions without a work"] += 1


def _author(key: str, revision: int, record: dict[str, Any], batch: Batch) -> None:
    row_id = _row(key, "A")
    name = _text(record.get("name") or record.get("personal_name"), MAX_NAME)
    if not name:
        raise BadLine("an author without a name")
    born, died = _year(_scalar(record.get("birth_date"))), _year(_scalar(record.get("death_date")))
    batch.add_author(AuthorRow(row_id, revision, name, author_key_words(name), born, died))
    batch.counts["authors"] += 1


def _redirect(key: str, revision: int, record: dict[str, Any], batch: Batch) -> None:
    letter = _letter(key)
    target = record.get("location")
    old, new = (key_of(key, letter), key_of(target, letter)) if letter else (None, None)
    if letter is None or old is None:
        batch.counts["of other things"] += 1
        return
    if new is None or new == old:
        raise BadLine("a redirect to nothing of its kind, or to itself")
    batch.redirects[letter, old] = new
    batch.counts["redirects"] += 1


def _delete(key: str, revision: int, record: dict[str, Any], batch: Batch) -> None:
    letter = _letter(key)
    old = key_of(key, letter) if letter else None
    if letter is None or old is None:
        batch.counts["of other things"] += 1
        return
    batch.deleted[letter, old] = revision
    batch.counts["deletes"] += 1


_READERS: dict[str, Callable[[str, int, dict[str, Any], Batch], None]] = {
    "/type/work": _work,
    "/type/edition": _edition,
    "/type/author": _author,
    "/type/redirect": _redirect,
    "/type/delete": _delete,
}


@lru_cache(maxsize=50_000)
def _published(text: str | None) -> tuple[str, int | None]:
    """The date as it is kept, and its year."""
    found = parse_date(text)
    return (found.iso, found.year) if found else ("", None)


def _work_key(raw: Any) -> int | None:
    return key_of(_key_in(raw), "W")


def _language_of(raw: Any) -> str | None:
    return _language(_scalar(_key_in(raw)))


def _publisher(raw: Any) -> str:
    return _text(raw, MAX_NAME)


def _cover(raw: Any) -> int | None:
    return raw if type(raw) is int and 0 < raw < 2**31 else None  # True is no number


def _first(read_one: Callable[[Any], T | None], raw: Any) -> T | None:
    """The first of a list that says something."""
    for each in raw if isinstance(raw, list) else ():
        if found := read_one(each):
            return found
    return None


def _row(key: str, letter: Letter) -> int:
    found = key_of(key, letter)
    if found is None:
        raise BadLine(f"{key[:60]!r} is no key of its type")
    return found


def _letter(key: str) -> Letter | None:
    return _LETTERS.get(key.split("/")[1]) if key.startswith("/") and key.count("/") == 2 else None


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []


def _scalar(raw: Any) -> str | None:
    """A text that a cache may remember by."""
    return raw if isinstance(raw, str) and len(raw) <= 100 else None


def _key_in(raw: Any) -> Any:
    return raw.get("key") if isinstance(raw, dict) else raw


def _text(raw: Any, most: int) -> str:
    if isinstance(raw, dict):
        raw = raw.get("value")
    return clean_line(raw[: 2 * most])[:most].strip() if raw and isinstance(raw, str) else ""


def _authors(record: dict[str, Any]) -> tuple[int, ...]:
    """Of works `{"author": {"key": …}}`, of editions `{"key": …}`; some are bare texts."""
    keys = (_key_in(each.get("author", each)) if isinstance(each, dict) else each for each in _list(record.get("authors"))[:100])
    return tuple(dict.fromkeys(found for key in keys if (found := key_of(key, "A"))))


def _isbns(record: dict[str, Any]) -> list[str]:
    raw = [*_list(record.get("isbn_13")), *_list(record.get("isbn_10"))][:20]
    found = [isbn.isbn13 for each in raw if isinstance(each, str) and (isbn := find_isbn(each[:64]))]
    return list(dict.fromkeys(found)) if len(found) > 1 else found


def _identifiers(record: dict[str, Any], isbns: list[str]) -> tuple[tuple[str, str], ...]:
    given = record.get("identifiers")
    ids: dict[str, Any] = given if isinstance(given, dict) else {}
    found = [("isbn", isbn) for isbn in isbns]
    for scheme, name, read_id in _OWN_IDS:
        if raw := record.get(name):
            found += [(scheme, value) for each in _list(raw)[:5] if (value := read_id(each))]
    for scheme, name, read_id in _OTHERS_IDS if ids else ():
        if raw := ids.get(name):
            found += [(scheme, value) for each in _list(raw)[:5] if (value := read_id(each))]
    return tuple(dict.fromkeys(found))
