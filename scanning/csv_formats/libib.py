"""Libib: the export of a library, of books and other things."""

from scanning.csv_format import Field
from scanning.imports.headers import KnownHeader


class Libib(KnownHeader):
    """Creators with commas between, ISBN-13 and ISBN-10 under the names of bar codes."""

    name = "libib"
    label = "Libib"
    telling = ("item_type", "creators", "ean_isbn13", "upc_isbn10", "number_of_discs", "number_of_players", "esrb", "aspect_ratio")
    fields = {
        "title": Field.TITLE, "creators": Field.AUTHOR, "ean_isbn13": Field.ISBN, "upc_isbn10": Field.ISBN,
        "publisher": Field.PUBLISHER, "publish_date": Field.PUBLICATION_DATE, "tags": Field.SHELVES, "group": Field.SHELVES,
        "collection": Field.SHELVES, "notes": Field.NOTES, "length": Field.PAGE_COUNT, "rating": Field.RATING, "review": Field.REVIEW,
        "status": Field.STATUS, "began": Field.DATE_STARTED, "completed": Field.DATE_READ, "added": Field.DATE_ADDED,
    }  # fmt: skip
    others = (
        "first_name", "last_name", "description", "price", "age_group", "ensemble", "review_date", "copies", "call_number", "ddc", "lcc",
        "lccn", "oclc",
    )  # fmt: skip
