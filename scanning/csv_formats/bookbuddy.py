"""BookBuddy: the CSV back-up of the app, with all its eighty columns."""

from collections.abc import Mapping
from dataclasses import replace

from scanning.csv_format import Field
from scanning.imports.headers import KnownHeader
from scanning.imports.imported import Draft
from scanning.imports.statuses import YES


class BookBuddy(KnownHeader):
    """Whole dates and years of publication in columns of their own; a wish is a flag."""

    name = "bookbuddy"
    label = "BookBuddy"
    telling = (
        "Author (Last, First)", "Guided Reading Level", "Lexile Measure", "Google VolumeID", "Status Incompleted Reason",
        "User Supplied ID", "Uploaded Image URL",
    )  # fmt: skip
    fields = {
        "Title": Field.TITLE, "Subtitle": Field.SUBTITLE, "Series": Field.SERIES, "Volume": Field.SERIES_POSITION, "Author": Field.AUTHOR,
        "Publisher": Field.PUBLISHER, "Date Published": Field.PUBLICATION_DATE, "Year Published": Field.PUBLICATION_DATE,
        "Original Year Published": Field.ORIGINAL_YEAR, "Number of Pages": Field.PAGE_COUNT, "Format": Field.FORMAT,
        "Language": Field.LANGUAGE, "LCCN": Field.LCCN, "OCLC": Field.OCLC, "ISBN": Field.ISBN, "Rating": Field.RATING,
        "Status": Field.STATUS, "Date Started": Field.DATE_STARTED, "Date Finished": Field.DATE_READ, "Date Added": Field.DATE_ADDED,
        "Tags": Field.SHELVES, "Category": Field.SHELVES, "Notes": Field.NOTES, "Google VolumeID": Field.GOOGLE_ID,
    }  # fmt: skip
    others = (
        "Original Title", "Illustrator", "Narrator", "Translator", "Photographer", "Editor", "Place of Publication",
        "Original Date Published", "Edition", "Genre", "Summary", "Lexile Code", "Grade Level Equivalent",
        "Developmental Reading Assessment", "Interest Level", "AR Level", "AR Points", "AR Quiz Number", "Word Count", "Audio Runtime",
        "Dimensions", "Weight", "List Price", "Original Language", "DDC", "LCC", "ISSN", "Favorites", "Status Hidden", "Current Page",
        "Loaned To", "Date Loaned", "Borrowed From", "Date Borrowed", "Returned from Borrow", "Not Owned Reason", "Quantity", "Condition",
        "Recommended By", "User Supplied Descriptor", "Purchase Date", "Purchase Place", "Purchase Price", "Wish List",
        "Previously Owned", "Up Next", "Position", "Activities", "Physical Location",
    )  # fmt: skip

    def completed(self, draft: Draft, cells: Mapping[str, str]) -> Draft:
        """What is wished for and not read yet is on the wish list."""
        wished = cells.get("wish list", "").strip().lower() in YES
        return replace(draft, status="wishlist") if wished and draft.status in (None, "to-read") else draft
