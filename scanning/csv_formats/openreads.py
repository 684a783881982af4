"""Openreads: the CSV back-up of the app."""

from collections.abc import Mapping
from dataclasses import replace

from scanning.csv_format import Field, Habits
from scanning.imports.headers import KnownHeader
from scanning.imports.imported import Draft
from search.normalisers.dates import parse_date


class Openreads(KnownHeader):
    """Tags with five bars between; every reading as "began|ended|milliseconds", semicolons between."""

    name = "openreads"
    label = "Openreads"
    habits = Habits(list_separator="|||||")
    telling = ("favourite", "deleted", "olid", "my_review", "book_format", "readings", "date_modified", "reading_time")
    fields = {
        "title": Field.TITLE, "subtitle": Field.SUBTITLE, "author": Field.AUTHOR, "status": Field.STATUS, "rating": Field.RATING,
        "pages": Field.PAGE_COUNT, "publication_year": Field.PUBLICATION_DATE, "isbn": Field.ISBN, "olid": Field.OPENLIBRARY_ID,
        "tags": Field.SHELVES, "my_review": Field.REVIEW, "notes": Field.NOTES, "book_format": Field.FORMAT,
        "date_added": Field.DATE_ADDED, "start_date": Field.DATE_STARTED, "finish_date": Field.DATE_READ,
    }  # fmt: skip
    others = ("description",)

    def completed(self, draft: Draft, cells: Mapping[str, str]) -> Draft:
        """The last reading's dates."""
        spans = [reading.split("|") for reading in cells.get("readings", "").split(";") if "|" in reading]
        if not spans:
            return draft
        began, ended = parse_date(spans[-1][0]), parse_date(spans[-1][1])
        return replace(
            draft,
            date_started=began.iso if began else draft.date_started,
            date_read=ended.iso if ended else draft.date_read,
            read_count=sum(bool(span[1].strip()) for span in spans) or None,
        )
