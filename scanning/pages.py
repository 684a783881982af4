"""The pages `/import` and `/scan`: a library export, or photos of a shelf, become a job and then books that people look through.

static/bookstrack/import.js and scan.js do it over the API. The words that they and the results need are here, each written once.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.pages import LINES, MATCHES, STATES
from scanning import conf
from scanning.csv_format import CsvFormat, Field, Habits
from scanning.imports.formats import GENERIC, all_formats
from scanning.imports.headers import KnownHeader
from scanning.imports.table import RAW_CHARS
from search.pages import PROVIDERS

SURE_MATCH = 0.85  # a weaker match is shown as unsure
FIELDS: Mapping[Field, str] = {
    Field.TITLE: "Title",
    Field.SUBTITLE: "Subtitle",
    Field.AUTHOR: "Author",
    Field.ADDITIONAL_AUTHORS: "Additional authors",
    Field.AUTHOR_FIRST: "Author’s first name",
    Field.AUTHOR_LAST: "Author’s last name",
    Field.ISBN: "ISBN",
    Field.SERIES: "Series",
    Field.SERIES_POSITION: "Number in the series",
    Field.PUBLISHER: "Publisher",
    Field.PUBLICATION_DATE: "Published (year or date)",
    Field.ORIGINAL_YEAR: "First published (year)",
    Field.PAGE_COUNT: "Pages",
    Field.FORMAT: "Binding or format",
    Field.RATING: "My rating",
    Field.STATUS: "Reading status",
    Field.DATE_READ: "Date read",
    Field.DATE_STARTED: "Date started",
    Field.DATE_ADDED: "Date added",
    Field.SHELVES: "Shelves or tags",
    Field.REVIEW: "My review",
    Field.NOTES: "My notes",
    Field.LANGUAGE: "Language",
    Field.READ_COUNT: "Times read",
    Field.GOODREADS_ID: "Goodreads id",
    Field.LIBRARYTHING_ID: "LibraryThing id",
    Field.OPENLIBRARY_ID: "Open Library id",
    Field.GOOGLE_ID: "Google Books id",
    Field.ASIN: "ASIN (Amazon)",
    Field.LCCN: "LCCN (Library of Congress)",
    Field.OCLC: "OCLC number (WorldCat)",
    Field.IDENTIFIERS: "List of identifiers",
    Field.OTHER_ID: "Another id",
}
BY = {
    "format": "as this program writes it",
    "header": "by its name",
    "content": "by what it holds",
    "gemini": "by a language model",
    "user": "chosen by you",
}
ENCODINGS = {
    "utf-8": "UTF-8 (most programs of today)",
    "utf-16": "UTF-16 (“Unicode text” of Excel)",
    "cp1252": "Windows-1252 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "iso-8859-1": "ISO 8859-1 (Western Europe)",
    "iso-8859-2": "ISO 8859-2 (Central Europe)",
    "iso-8859-15": "ISO 8859-15 (Western Europe)",
    "mac-roman": "Mac Roman (old Macs)",
}
DELIMITERS = {"comma": "commas", "semicolon": "semicolons", "tab": "tabs", "pipe": "vertical bars"}
KINDS = {"csv": "rows of text", "xlsx": "Excel workbook", "json": "JSON", "list": "a list, one book a line"}
STATUSES = {"read": "read", "reading": "reading", "to-read": "to read", "wishlist": "wish list", "dnf": "not finished"}
ADVICE = {  # what to do about a refusal, by its code
    "INVALID_FILE": "Export it again from your program, as CSV, or choose its encoding and separator above.",
    "UNSUPPORTED_MEDIA_TYPE": "Export your library as CSV, TSV, XLSX or JSON, and choose that file.",
    "EMPTY_BATCH": "Check that the export has finished, and that your books were chosen for it.",
    "BATCH_TOO_LARGE": "Split the file and import its parts one after the other.",
    "FILE_TOO_LARGE": "Split the file and import its parts one after the other.",
    "INVALID_QUERY": "Choose the file again to begin anew.",
    "RATE_LIMIT_EXCEEDED": "Wait {}, then try again.",
    "unreachable": "Check your connection, and try again: nothing was lost.",
    "unavailable": "Nothing was started. Try again in a minute.",
    "other": "If it happens again, please report it.",
}
GROUPS = {  # of the rows of an import, as they are filtered
    "matched": "matched",
    "unsure": "unsure",
    "not_found": "not found",
    "error": "errors",
    "read": "read only",
}
RESULTS = GROUPS | {"error": "error"}  # the same of one row

SCAN_GROUPS = {"sure": "sure", "review": "to review", "unreadable": "not recognised"}  # of the books of a scan, as they are filtered
ENGINES = {"barcode": "barcode", "ocr": "spine text", "gemini": "Gemini"}  # what a book was read by
SCAN_MATCHES = MATCHES | {"spine": "title and author", "hand": "by your hand"}
SCAN_ADVICE = {  # what to do about a refusal of photos, by its code
    "FILE_TOO_LARGE": "Choose a smaller one, or take it again with a lower resolution.",
    "UNSUPPORTED_MEDIA_TYPE": "Choose a JPEG, PNG, WebP or HEIC photo instead.",
    "INVALID_FILE": "Open it on your device to see whether it is whole, then choose it again.",
    "EMPTY_BATCH": "Choose at least one photo.",
    "BATCH_TOO_LARGE": "Take some away, and scan the others afterwards.",
    "RATE_LIMIT_EXCEEDED": "Wait {}, then try again: your photos stay here.",
    "unreachable": "Check your connection, and try again: your photos stay here.",
    "unavailable": "Nothing was started. Try again in a minute: your photos stay here.",
    "other": "If it happens again, please report it.",
}

NOTHING_TO_CORRECT = ("EMPTY_ROW", "REPEATED_HEADER")  # errors that lose no book


def import_words() -> dict[str, Any]:
    """What the script of the page says."""
    return {
        "maxBytes": conf.MAX_IMPORT_BYTES,
        "sureColumn": conf.SURE_COLUMN,
        "formats": _labels(),
        "generic": GENERIC,
        "fields": FIELDS,
        "by": BY,
        "encodings": ENCODINGS,
        "delimiters": DELIMITERS,
        "kinds": KINDS,
        "readingStatuses": STATUSES,
        "providers": PROVIDERS,
        "advice": ADVICE,
    }


def result_words() -> dict[str, Any]:
    """What the page of a job says of an import's results."""
    return {
        "imports": {
            "sureMatch": SURE_MATCH,
            "rawChars": RAW_CHARS,
            "groups": GROUPS,
            "results": RESULTS,
            "formats": _labels(),
            "generic": GENERIC,
            "habits": {name: _habits(found) for name, found in all_formats().items() if name != GENERIC},
            "fields": FIELDS,
            "readingStatuses": STATUSES,
            "providers": PROVIDERS,
            "nothingToCorrect": NOTHING_TO_CORRECT,
        },
        **scan_result_words(),
    }


def scan_result_words() -> dict[str, Any]:
    """What the books of a scan are shown with, on its own page and on that of its job."""
    return {"scan": {"groups": SCAN_GROUPS, "engines": ENGINES, "matches": SCAN_MATCHES, "providers": PROVIDERS}}


def _labels() -> dict[str, str]:
    return {name: found.label for name, found in all_formats().items()}


def _habits(found: CsvFormat) -> dict[str, Any]:
    """How a program writes what it exports; of other files it is not known afterwards."""
    habits = found.habits if isinstance(found, KnownHeader) else Habits()
    return {"ratingOf": habits.rating_of, "listSeparator": habits.list_separator}


@require_safe
async def import_page(request: HttpRequest) -> HttpResponse:
    """The page at `/import`."""
    page = {"words": import_words(), "max_mb": conf.MAX_IMPORT_BYTES // 2**20, "max_rows": f"{conf.MAX_ROWS:,}", "formats": _programs()}
    response = render(request, "scanning/import.html", page)
    response.headers["Cache-Control"] = "private, max-age=0"
    return response


def _programs() -> list[str]:
    return sorted((label for name, label in _labels().items() if name != GENERIC), key=str.casefold)


@require_safe
async def scan_page(request: HttpRequest) -> HttpResponse:
    """The page at `/scan`."""
    limits = {"maxBytes": conf.max_photo_bytes(), "maxPhotos": conf.MAX_PHOTOS}
    words = {**limits, "advice": SCAN_ADVICE, "states": STATES, "lines": LINES, **scan_result_words()}
    response = render(request, "scanning/scan.html", {"words": words, "max_photos": conf.MAX_PHOTOS, "kept_days": conf.photos_kept_days()})
    response.headers["Cache-Control"] = "private, max-age=0"
    return response
