"""Calibre: the catalogue that it makes as CSV."""

from scanning.csv_format import Field
from scanning.imports.headers import KnownHeader


class Calibre(KnownHeader):
    """Several authors stand with "&" between, ids of all kinds in one column, the place in the series in one of its own."""

    name = "calibre"
    label = "Calibre"
    telling = ("author_sort", "title_sort", "library_name", "series_index", "identifiers", "pubdate")
    fields = {
        "title": Field.TITLE, "authors": Field.AUTHOR, "rating": Field.RATING, "isbn": Field.ISBN, "identifiers": Field.IDENTIFIERS,
        "tags": Field.SHELVES, "series": Field.SERIES, "series_index": Field.SERIES_POSITION, "languages": Field.LANGUAGE,
        "publisher": Field.PUBLISHER, "pubdate": Field.PUBLICATION_DATE, "timestamp": Field.DATE_ADDED, "uuid": Field.OTHER_ID,
        "id": Field.OTHER_ID,
    }  # fmt: skip
    others = ("comments", "cover", "size", "ondevice", "formats")
