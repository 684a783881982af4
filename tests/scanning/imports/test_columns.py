"""Headers of somebody's own, in nine languages, misspelt, misleading, or none at all."""

import pytest

from scanning.csv_format import ColumnMap, Field
from scanning.imports.column_words import LANGUAGES, WORDS
from scanning.imports.understanding import understand
from tests.scanning.imports.reading_books import books

ISBNS = ["9780306406157", "9780140328721", "9780261103573", "9780547928227"]
HEADERS = {
    "en": "Book name,Written by,ISBN-13,Publishing house,Year of publication,Pages,My stars,Where it stands",
    "de": "Buchtitel,Verfasser,ISBN-Nummer,Verlag,Erscheinungsjahr,Seitenzahl,Bewertung,Regal",
    "fr": "Titre,Auteur,ISBN,Éditeur,Année de publication,Nombre de pages,Note,Étagère",
    "es": "Título,Autor,ISBN,Editorial,Año de publicación,Páginas,Valoración,Estantería",
    "it": "Titolo,Autore,ISBN,Casa editrice,Anno di pubblicazione,Pagine,Voto,Scaffale",
    "pt": "Título,Autor,ISBN,Editora,Ano de publicação,Páginas,Avaliação,Estante",
    "nl": "Titel,Auteur,ISBN,Uitgever,Jaar van uitgave,Aantal pagina's,Beoordeling,Plank",
    "pl": "Tytuł,Autor,ISBN,Wydawnictwo,Rok wydania,Liczba stron,Ocena,Półka",
    "cs": "Název,Autor,ISBN,Nakladatelství,Rok vydání,Počet stran,Hodnocení,Police",
}


def fields(header: list[str], *rows: list[str]) -> list[Field | None]:
    return [column.field for column in understand(header, rows).columns]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nine_languages(language: str) -> None:
    rows = [
        [
            f"Book {place} {isbn}",
            f"Anna Writer{place}",
            isbn,
            "Example House",
            str(1990 + place),
            str(200 + place),
            str(place + 1),
            f"S{place}",
        ]
        for place, isbn in enumerate(ISBNS)
    ]
    for place, book in enumerate(books(HEADERS[language].split(","), rows)):
        assert (book["title"], book["author"], book["isbn"]) == (rows[place][0], rows[place][1], ISBNS[place])
        assert (book["publisher"], book["publicationYear"], book["pageCount"]) == ("Example House", 1990 + place, 200 + place)
        assert book["userRating"] == place + 1 and f"S{place}" in (*book["shelves"], *book["extra"].values())


def test_every_word_of_the_tables_is_understood_without_cells() -> None:
    wrong = []
    for field, tables in WORDS.items():
        for phrases in tables.values():
            for phrase in phrases.split(", "):
                found = fields([phrase])[0]
                others = {other for other, theirs in WORDS.items() for words in theirs.values() if phrase in words.split(", ")}
                if found is not field and found not in others:
                    wrong.append((phrase, field, found))
    assert not wrong


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("TITLE", Field.TITLE),
        ("Titel des Buches", Field.TITLE),
        ("Tittle", Field.TITLE),
        ("Autorr", Field.AUTHOR),
        ("bookTitle", Field.TITLE),
        ("author_name", Field.AUTHOR),
        ("ISBN (13)", Field.ISBN),
        ("ISBN-10", Field.ISBN),
        ("Publisher name", Field.PUBLISHER),
        ("Année d'édition", Field.PUBLICATION_DATE),
        ("Erscheinungsjahr (dt.)", Field.PUBLICATION_DATE),
        ("Date I read it", Field.DATE_READ),
        ("Number of pages (print)", Field.PAGE_COUNT),
        ("Original Title", None),
        ("Average Rating", None),
        ("Author birth year", None),
        ("Title sort", None),
        ("Cover URL", None),
        ("Ort", None),
        ("Originaltitel", None),
        ("Übersetzer", None),
        ("Prix", None),
        ("Résumé", None),
        ("Цена", None),
        ("Book #", Field.SERIES_POSITION),
        ("#", None),
        ("Author 1", Field.AUTHOR),
        ("Author 2", Field.ADDITIONAL_AUTHORS),
        ("Year read", Field.DATE_READ),
        ("Gelesen im Jahr", Field.DATE_READ),
        ("", None),
        ("???", None),
        ("Signed by", None),
        ("Lent to?", None),
    ],
)
def test_a_header_alone(header: str, field: Field | None) -> None:
    assert fields([header]) == [field]


def test_an_isbn_column_is_found_by_its_checksums() -> None:
    rows = [[f"Some Words {place}", f"x{place}", isbn] for place, isbn in enumerate(ISBNS)]
    assert fields(["Title", "code", "number"], *rows) == [Field.TITLE, None, Field.ISBN]


def test_cells_overrule_a_header_that_says_otherwise() -> None:
    rows = [["Krieg und Frieden", "Anaconda Verlag"], ["Shantaram", "Little Brown Inc"], ["Der Fremde", "Rowohlt Taschenbuch"]]
    assert fields(["titel", "name"], *rows) == [Field.TITLE, Field.PUBLISHER]
    assert fields(["Title", "Year"], ["One Two", "5"], ["Three Four", "3"], ["Five Six", "4"]) == [Field.TITLE, Field.RATING]
    assert fields(["Title", "Shelf"], ["A B", "read"], ["C D", "to-read"]) == [Field.TITLE, Field.STATUS]
    assert fields(["Title", "Read"], ["A B", "2021-05-03"], ["C D", "2020-01-02"]) == [Field.TITLE, Field.DATE_READ]
    assert fields(["Title", "Note"], ["A B", "Lent to my sister"], ["C D", "Signed"]) == [Field.TITLE, Field.NOTES]
    assert fields(["Titre", "Note"], ["A B", "4"], ["C D", "5"]) == [Field.TITLE, Field.RATING]
    assert fields(["Author", "ISBN"], ["9780306406157", "Ann Bee"], ["9780140328721", "Cee Dee"])[0] is Field.ISBN


def test_the_best_column_has_the_field_and_the_others_are_kept() -> None:
    found = understand(["Title", "Book title (short)", "Author", "ISBN10", "ISBN13"], [])
    assert [column.field for column in found.columns] == [Field.TITLE, None, Field.AUTHOR, Field.ISBN, Field.ISBN]
    parts = ["Titel", "Nachname", "Vorname"]
    assert books(parts, [["Emma", "Austen", "Jane"]])[0]["author"] == "Jane Austen"
    assert fields([*parts, "Autor"]) == [Field.TITLE, None, None, Field.AUTHOR]


def test_a_table_without_a_header_is_told_by_its_cells() -> None:
    rows = [
        ["The Wind in the Willows", "Kenneth Grahame", "9780143039099", "1908"],
        ["A Room of One's Own", "Virginia Woolf", "9780156787338", "1929"],
    ]
    found = understand(["Column 1", "Column 2", "Column 3", "Column 4"], rows)
    assert [column.field for column in found.columns] == [Field.TITLE, Field.AUTHOR, Field.ISBN, Field.PUBLICATION_DATE]
    assert found.columns[0].confidence < 0.6 < found.columns[2].confidence and {column.by for column in found.columns} == {"content"}


def test_numbers_under_names_that_mean_nothing_are_not_taken_for_anything() -> None:
    assert fields(["aaa", "bbb", "ccc"], *[[str(place), str(place * 3), str(place * 7)] for place in range(20)]) == [None, None, None]


def test_a_header_of_a_known_export_in_another_order_case_and_cut() -> None:
    export = ["exclusive shelf", "MY RATING", "Author l-f", "Title", "Author", "Book Id", "My own column"]
    found = understand(export, [])
    assert found.format == "goodreads" and found.columns[-1].field is None and found.of(Field.STATUS) == (0,)
    assert understand(["Title", "Author", "My Rating"], []).format == "generic"


def test_what_the_client_says_goes_first() -> None:
    header, rows = ["Title", "Author", "Headline", "Stuff"], [["Not this", "Ann Bee", "But this", "x"]]
    found: ColumnMap = understand(header, rows, overrides={"headline": "title", "Author": "", "Nowhere": "isbn", "Stuff": "no such field"})
    assert [column.field for column in found.columns] == [None, None, Field.TITLE, None]
    assert [column.by for column in found.columns][1:3] == ["user", "user"] and found.columns[2].confidence == 1.0
    book = books(header, rows, {"headline": "title", "Author": ""})[0]
    assert (
        book["title"] == "But this" and book["author"] is None and book["extra"] == {"Title": "Not this", "Author": "Ann Bee", "Stuff": "x"}
    )


@pytest.mark.parametrize(
    ("header", "cells", "day"),
    [
        ("Date Read", ["03/04/2020", "31/12/2020"], "2020-04-03"),
        ("Date Read", ["03/04/2020", "12/31/2020"], "2020-03-04"),
        ("Date Read", ["03/04/2020", "05/06/2020"], "2020"),
        ("Date de lecture", ["03/04/2020", "05/06/2020"], "2020-04-03"),
        ("Date Read", ["03/04/2020", "31/12/2020", "12/31/2020"], "2020"),
    ],
)
def test_day_or_month_first(header: str, cells: list[str], day: str) -> None:
    title = "Titre" if "de" in header.split() else "Title"
    assert books([title, header], [[f"Some Book {place}", cell] for place, cell in enumerate(cells)])[0]["dateRead"] == day


@pytest.mark.parametrize(("cells", "first"), [(["10", "7"], 5.0), (["5", "4"], 5.0), (["20", "10"], 5.0), (["90", "50"], 4.5)])
def test_the_scale_of_ratings(cells: list[str], first: float) -> None:
    assert books(["Title", "Rating"], [[f"Book {place}", cell] for place, cell in enumerate(cells)])[0]["userRating"] == first
