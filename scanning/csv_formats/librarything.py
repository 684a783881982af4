"""LibraryThing: the tab-delimited export, the CSV of older years with its quoted headers."""

import re
from collections.abc import Mapping
from dataclasses import replace

from scanning.csv_format import Field, Habits
from scanning.imports.headers import KnownHeader
from scanning.imports.imported import Draft
from scanning.imports.statuses import status_in
from search.normalisers.numbers import page_count
from search.normalisers.text import clean_line

_PUBLICATION = re.compile(r"(?P<publisher>[^()]{2,200}?)\s*(?:\((?:[^()]*\b)?\d{4}\b[^()]*\).*|,\s*(?:Edition:|\d+ pages).*)?", re.DOTALL)
MAX_CHARS = 300  # of a line of publication
_NOBODY = "publisher unknown"


class LibraryThing(KnownHeader):
    """Names are turned, dates and ISBNs stand in brackets, the publisher is in a line of its own kind; collections tell the state."""

    name = "librarything"
    label = "LibraryThing"
    habits = Habits(people="turned")
    telling = (
        "Sort Character", "Primary Author", "Primary Author Role", "Secondary Author", "Private Comment", "Lending Patron", "ISBNs",
        "Dewey Wording", "author (last, first)", "author (first, last)", "publication information", "From Where",
        "private comments",
    )  # fmt: skip
    fields = {
        "Book Id": Field.OTHER_ID, "Title": Field.TITLE, "Primary Author": Field.AUTHOR, "Secondary Author": Field.ADDITIONAL_AUTHORS,
        "Date": Field.PUBLICATION_DATE, "Review": Field.REVIEW, "Rating": Field.RATING, "Comment": Field.NOTES,
        "Private Comment": Field.NOTES, "Media": Field.FORMAT, "Page Count": Field.PAGE_COUNT, "LCCN": Field.LCCN, "OCLC": Field.OCLC,
        "Date Started": Field.DATE_STARTED, "Date Read": Field.DATE_READ, "Tags": Field.SHELVES, "Collections": Field.SHELVES,
        "Languages": Field.LANGUAGE, "ISBN": Field.ISBN, "ISBNs": Field.ISBN, "Entry Date": Field.DATE_ADDED,
        "Work id": Field.LIBRARYTHING_ID, "Series": Field.SERIES,
        "author (last, first)": Field.AUTHOR, "other authors": Field.ADDITIONAL_AUTHORS, "stars": Field.RATING, "comments": Field.NOTES,
        "private comments": Field.NOTES, "date entered": Field.DATE_ADDED, "date ended": Field.DATE_READ, "language 1": Field.LANGUAGE,
    }  # fmt: skip
    others = (
        "Publication", "Summary", "Physical Description", "Weight", "Height", "Thickness", "Length", "Dimensions", "Acquired", "Barcode",
        "BCID", "Original Languages", "LC Classification", "Subjects", "Dewey Decimal", "Other Call Number", "Copies", "Source",
        "Lending Status", "Lending Start", "Lending End", "Secondary Author Roles", "LCC", "DDC", "language 2", "original language",
        "date acquired", "encoding", "source",
    )  # fmt: skip

    def completed(self, draft: Draft, cells: Mapping[str, str]) -> Draft:
        """Publisher and pages out of the line of publication; the state out of collections and dates."""
        line = clean_line(cells.get("publication") or cells.get("publication information") or "")[:MAX_CHARS]
        found = _PUBLICATION.fullmatch(line)
        publisher = found["publisher"].strip(" ,:") if found else ""
        return replace(
            draft,
            publisher=draft.publisher or (publisher if publisher and publisher.lower() != _NOBODY else None),
            page_count=draft.page_count or page_count(line[-60:]) or page_count(cells.get("physical description", "")),
            status=draft.status or self._status(draft),
        )

    @staticmethod
    def _status(draft: Draft) -> str | None:
        states = [state for shelf in draft.shelves if len(shelf) > 1 and (state := status_in(shelf))]
        if states:
            return states[0]
        return "read" if draft.date_read else "reading" if draft.date_started else None
