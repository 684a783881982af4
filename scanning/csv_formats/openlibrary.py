"""Open Library: the reading log, ids alone."""

from scanning.csv_format import Field
from scanning.imports.headers import KnownHeader


class OpenLibrary(KnownHeader):
    """Work, perhaps edition, shelf."""

    name = "openlibrary"
    label = "Open Library reading log"
    telling = ("Work Id", "Edition Id", "Bookshelf")
    fields = {
        "Work Id": Field.OPENLIBRARY_ID, "Edition Id": Field.OPENLIBRARY_ID, "Bookshelf": Field.STATUS, "Title": Field.TITLE,
        "Authors": Field.AUTHOR, "Rating": Field.RATING, "My Ratings": Field.RATING,
    }  # fmt: skip
    others = ("Average Rating", "Num Ratings", "First Publish Year", "Publishers", "Subjects")
