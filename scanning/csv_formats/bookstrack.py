"""Our own export: read back as it was written."""

from collections.abc import Mapping
from dataclasses import replace

from scanning.csv_format import Field, Habits
from scanning.imports.cells import NOTHING, read_list, unescaped
from scanning.imports.exporting import EXTRA
from scanning.imports.headers import KnownHeader
from scanning.imports.imported import Draft


class BooksTrack(KnownHeader):
    """Values are clean already; what had no member has a column that begins with "extra: "."""

    name = "bookstrack"
    label = "BooksTrack"
    habits = Habits(people="kept", list_separator=";")
    telling = ("additionalAuthors", "originalPublicationYear", "userRating", "readingStatus", "dateStarted", "readCount", "ids")
    fields = {
        "title": Field.TITLE, "subtitle": Field.SUBTITLE, "author": Field.AUTHOR, "additionalAuthors": Field.ADDITIONAL_AUTHORS,
        "isbn": Field.ISBN, "series": Field.SERIES, "seriesPosition": Field.SERIES_POSITION, "publisher": Field.PUBLISHER,
        "publicationDate": Field.PUBLICATION_DATE, "originalPublicationYear": Field.ORIGINAL_YEAR, "pageCount": Field.PAGE_COUNT,
        "format": Field.FORMAT, "userRating": Field.RATING, "readingStatus": Field.STATUS, "dateRead": Field.DATE_READ,
        "dateStarted": Field.DATE_STARTED, "dateAdded": Field.DATE_ADDED, "shelves": Field.SHELVES, "review": Field.REVIEW,
        "notes": Field.NOTES, "language": Field.LANGUAGE, "readCount": Field.READ_COUNT, "ids": Field.IDENTIFIERS,
    }  # fmt: skip

    def completed(self, draft: Draft, cells: Mapping[str, str]) -> Draft:
        """Texts as they stand: they were taken apart when they were read first."""
        said = {name: unescaped(cell) for name, cell in cells.items() if cell not in NOTHING}
        author = (read_list(said["author"]) or [said["author"]])[0] if "author" in said else None
        further = (*((draft.author,) if author is None and draft.author else ()), *draft.additional_authors)
        return replace(
            draft,
            title=said.get("title"),
            subtitle=said.get("subtitle"),
            author=author,
            additional_authors=further,
            series_name=said.get("series"),
            review=said.get("review"),
            notes=said.get("notes"),
            publisher=said.get("publisher"),
            extra={header.removeprefix(EXTRA): cell for header, cell in draft.extra.items() if header.startswith(EXTRA)},
        )
