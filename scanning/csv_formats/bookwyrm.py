"""BookWyrm: the CSV of "Export" in its settings."""

from scanning.csv_format import Field
from scanning.imports.headers import KnownHeader


class BookWyrm(KnownHeader):
    """One row for each shelf that a book is on; the names of the three that everybody has tell the state."""

    name = "bookwyrm"
    label = "BookWyrm"
    telling = ("author_text", "remote_id", "openlibrary_key", "inventaire_id", "review_cw", "review_content", "shelf_name", "shelf_date")
    fields = {
        "title": Field.TITLE, "author_text": Field.AUTHOR, "openlibrary_key": Field.OPENLIBRARY_ID,
        "librarything_key": Field.LIBRARYTHING_ID, "goodreads_key": Field.GOODREADS_ID, "asin": Field.ASIN, "isbn_10": Field.ISBN,
        "isbn_13": Field.ISBN, "oclc_number": Field.OCLC, "start_date": Field.DATE_STARTED, "finish_date": Field.DATE_READ,
        "rating": Field.RATING, "review_content": Field.REVIEW, "shelf": Field.STATUS, "shelf_name": Field.SHELVES,
        "shelf_date": Field.DATE_ADDED, "inventaire_id": Field.OTHER_ID, "bnf_id": Field.OTHER_ID, "viaf": Field.OTHER_ID,
        "wikidata": Field.OTHER_ID, "isfdb": Field.OTHER_ID, "aasin": Field.OTHER_ID,
    }  # fmt: skip
    others = ("review_name", "review_published", "stopped_date")
