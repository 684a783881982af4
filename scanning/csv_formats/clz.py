"""CLZ Books (Collectorz): the CSV of the app, the web and the desktop program."""

from scanning.csv_format import Field, Habits
from scanning.imports.headers import KnownHeader


class Clz(KnownHeader):
    """Ratings out of ten, semicolons between people."""

    name = "clz"
    label = "CLZ Books"
    habits = Habits(rating_of=10, list_separator="")
    telling = (
        "Collection Status", "Read It", "Reading Date", "Core ID", "CLZ Core ID", "Added Date", "Modified Date", "Storage Device",
    )  # fmt: skip
    fields = {
        "Title": Field.TITLE, "Sub Title": Field.SUBTITLE, "Subtitle": Field.SUBTITLE, "Author": Field.AUTHOR, "Series": Field.SERIES,
        "Volume": Field.SERIES_POSITION, "Volume No.": Field.SERIES_POSITION, "ISBN": Field.ISBN, "Barcode": Field.ISBN,
        "Publisher": Field.PUBLISHER, "Publication Date": Field.PUBLICATION_DATE, "Publication Year": Field.PUBLICATION_DATE,
        "Original Publication Year": Field.ORIGINAL_YEAR, "Pages": Field.PAGE_COUNT, "No. of Pages": Field.PAGE_COUNT,
        "Format": Field.FORMAT, "Language": Field.LANGUAGE, "My Rating": Field.RATING, "Read It": Field.STATUS,
        "Reading Status": Field.STATUS, "Collection Status": Field.STATUS, "Reading Date": Field.DATE_READ,
        "Date Started": Field.DATE_STARTED, "Date Finished": Field.DATE_READ, "Added Date": Field.DATE_ADDED, "Tags": Field.SHELVES,
        "Notes": Field.NOTES, "Personal Notes": Field.NOTES, "LCCN": Field.LCCN, "LoC Control Number": Field.LCCN,
    }  # fmt: skip
    others = (
        "Genre", "Genres", "Subject", "Subjects", "Owner", "Location", "Quantity", "Condition", "Purchase Date", "Purchase Price",
        "Purchase Store", "Plot", "Original Title", "Original Language", "Country", "Edition", "Dewey", "LoC Classification",
        "Illustrator", "Translator", "Editor", "Narrator", "Extras", "Signed", "Height", "Width", "Loaned To", "Loan Date",
        "Index", "Publication Place", "Cover Price", "Current Value",
    )  # fmt: skip
