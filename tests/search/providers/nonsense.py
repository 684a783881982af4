"""What must never be in a record, whatever a catalogue answered."""

import re
import unicodedata
from collections.abc import Iterable

from bookstrack.lib import clock
from search.dto import Record

FORMATS = {None, "Hardcover", "Paperback", "E-book", "Audiobook", "Mass Market"}
NOBODY = {"unknown", "anonymous", "various", "n/a", "none", "null", ""}
COVER = re.compile(r"https://(?:[a-z0-9-]+\.)*(?:openlibrary\.org|google\.[a-z.]{2,6}|googleusercontent\.com|isbndb\.com)/\S+")
TAG = re.compile(r"</?(?:p|br|b|i|em|strong|a|ul|li|div|span|h[1-6])\b[^>]*>", re.IGNORECASE)


def nonsense(record: Record) -> list[str]:
    """What is wrong with a record; empty when nothing is."""
    edition = record.edition
    lines: dict[str, Iterable[str | None]] = {
        "title": [record.title],
        "subtitle": [record.subtitle],
        "authors": [author.name for author in record.authors],
        "contributors": record.contributors,
        "subjects": record.subjects,
        "series": [record.series.name] if record.series else [],
        "other titles": record.other_titles,
        "edition": [edition.title, edition.subtitle, edition.publisher, edition.note],
    }
    wrong = [f"{name}: {line!r}" for name, found in lines.items() for line in found if line is not None and not _is_line(line)]
    checks = {
        "ISBN": all(map(_is_isbn13, (*edition.isbns, *record.work_isbns))),
        "ISBN twice": len(set(edition.isbns)) == len(edition.isbns) and len(set(record.work_isbns)) == len(record.work_isbns),
        "ISBN of no edition": set(edition.isbns) <= set(record.work_isbns),
        "author": not {author.name.casefold() for author in record.authors} & NOBODY,
        "author id": all(re.fullmatch(r"OL\d+A", author.openlibrary_id or "OL1A") for author in record.authors),
        "first year": record.first_year is None or _is_year(abs(record.first_year), -record.first_year),
        "date": edition.published is None or bool(re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", edition.published)),
        "year": edition.year is None or _is_year(edition.year),
        "pages": edition.page_count is None or 1 <= edition.page_count <= 20_000,
        "format": edition.format in FORMATS,
        "language": all(re.fullmatch("[a-z]{2}", code) for code in (*record.languages, edition.language or "en")),
        "covers": all(COVER.fullmatch(url) for url in (*(edition.cover_urls or ()), *([edition.cover_url] if edition.cover_url else ()))),
        "work id": bool(re.fullmatch(r"OL\d+W", record.openlibrary_work_id or "OL1W")),
        "edition id": bool(re.fullmatch(r"OL\d+M", edition.openlibrary_id or "OL1M")),
        "other ids": all(value.isalnum() for value in (*edition.goodreads_ids, *edition.librarything_ids, *edition.asins)),
        "description": record.description is None or _is_text(record.description),
        "popularity": 0 <= record.popularity <= 1,
        "subjects": len(record.subjects) <= 12 and not {"In library", "Subjects"} & set(record.subjects),
    }
    return wrong + [name for name, well in checks.items() if not well]


def _is_line(line: str) -> bool:
    return bool(line.strip()) and line == line.strip() and not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in line)


def _is_text(text: str) -> bool:
    return bool(text.strip()) and len(text) <= 10_000 and not TAG.search(text) and "\x00" not in text


def _is_year(year: int, before_our_era: int = 0) -> bool:
    return 1000 <= year <= clock.now().year + 1 or 0 < before_our_era <= 4000


def _is_isbn13(isbn: str) -> bool:
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(isbn)) if isbn.isdigit() else 1
    return len(isbn) == 13 and isbn.startswith(("978", "979")) and not isbn.startswith("9790") and weighted % 10 == 0
