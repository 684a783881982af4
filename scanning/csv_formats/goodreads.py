"""Goodreads: "Export Library" of its import and export page."""

from collections.abc import Mapping
from dataclasses import replace

from scanning.csv_format import Field, Habits
from scanning.imports.headers import KnownHeader
from scanning.imports.imported import Draft


class Goodreads(KnownHeader):
    """One row a book; ISBNs as formulas; a shelf of one's own may be the exclusive one."""

    name = "goodreads"
    label = "Goodreads"
    habits = Habits(people="single")
    telling = ("Author l-f", "My Rating", "Bookshelves with positions", "Exclusive Shelf", "Original Publication Year", "Private Notes")
    fields = {
        "Book Id": Field.GOODREADS_ID, "Title": Field.TITLE, "Author": Field.AUTHOR, "Additional Authors": Field.ADDITIONAL_AUTHORS,
        "ISBN": Field.ISBN, "ISBN13": Field.ISBN, "My Rating": Field.RATING, "Publisher": Field.PUBLISHER, "Binding": Field.FORMAT,
        "Number of Pages": Field.PAGE_COUNT, "Year Published": Field.PUBLICATION_DATE, "Original Publication Year": Field.ORIGINAL_YEAR,
        "Date Read": Field.DATE_READ, "Date Added": Field.DATE_ADDED, "Bookshelves": Field.SHELVES, "Exclusive Shelf": Field.STATUS,
        "My Review": Field.REVIEW, "Private Notes": Field.NOTES, "Read Count": Field.READ_COUNT,
    }  # fmt: skip
    others = (
        "Average Rating", "Spoiler", "Recommended For", "Recommended By", "Owned Copies", "Original Purchase Date",
        "Original Purchase Location", "Condition", "Condition Description", "BCID",
    )  # fmt: skip

    def completed(self, draft: Draft, cells: Mapping[str, str]) -> Draft:
        """A shelf of one's own in place of the three that everybody has is a shelf, no state."""
        own = cells.get("exclusive shelf", "").strip()
        if draft.status is not None or not own:
            return draft
        extra = {header: cell for header, cell in draft.extra.items() if cell.strip() != own}
        return replace(draft, shelves=tuple(dict.fromkeys((*draft.shelves, own))), extra=extra)
