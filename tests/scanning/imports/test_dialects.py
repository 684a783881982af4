"""Delimiters, quotes, headers and what stands over them."""

import csv
import io

import pytest

from scanning.imports.table import Unreadable
from tests.scanning.imports.files import DUNE, EARTHSEA, cells, codes, opened, rows

TABLE = [
    ["Title", "Author", "Year", "Notes"],
    ["One; and, two", "Bee, Ann", "1990", 'says "hi"'],
    ["Three | 3", "Dee\tCee", "1991", "a\nb"],
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_found(delimiter: str, end: str) -> None:
    out = io.StringIO(newline="")
    written = [[cell.replace("\n", end) for cell in row] for row in TABLE]
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(written)
    table = opened(out.getvalue())
    assert table.delimiter == delimiter and table.header == tuple(TABLE[0])
    assert [list(row.cells) for row in table.rows()] == written[1:]


def test_authors_with_commas_in_a_file_of_semicolons() -> None:
    text = "Titel;Autor\nDune;Herbert, Frank\nErdsee;Le Guin, Ursula\n"
    assert cells(text) == [("Dune", "Herbert, Frank"), ("Erdsee", "Le Guin, Ursula")]


def test_a_decimal_comma_is_no_delimiter() -> None:
    assert cells("Titel;Note;Preis\nDune;4,5;9,99\nErdsee;3,5;7,99\n")[0] == ("Dune", "4,5", "9,99")


def test_excel_says_its_delimiter_in_the_first_line() -> None:
    table = opened("\ufeffsep=|\r\nTitle|Author\r\nA,b,c|D\r\n")
    assert table.delimiter == "|" and [row.cells for row in table.rows()] == [("A,b,c", "D")]


def test_the_delimiter_that_is_asked_for_is_taken() -> None:
    assert opened("Title,Au;thor\nA,b;c\n", delimiter=";").header == ("Title,Au", "thor")
    with pytest.raises(Unreadable):
        opened("Title,Author\nA,b\n", delimiter='"')


def test_quotes_that_nobody_closes_are_letters_in_a_tsv_without_quoting() -> None:
    text = 'Title\tAuthor\tYear\n"Dune\tHerbert\t1965\n6" nails\tBee\t1990\n"A" is for\tDee\t1991\n'
    assert [row[1:] for row in cells(text)] == [("Herbert", "1965"), ("Bee", "1990"), ("Dee", "1991")]


def test_backslashes_escape_quotes_only_where_it_is_evident() -> None:
    escaped = 'Title,Author,Year\n"The \\"Great\\", indeed",Bee,1990\n"Say \\"hi\\", you",Dee,1991\n"Plain, too",Eff,1992\n'
    assert cells(escaped)[0] == ('The "Great", indeed', "Bee", "1990")
    assert cells('Title,Author\nC:\\books,Bee\n"a ""b"" c",Dee\n') == [("C:\\books", "Bee"), ('a "b" c', "Dee")]


def test_a_space_before_a_quote_is_none_of_the_cell() -> None:
    assert cells('Title, Author, Year\n"One, two", "Bee, Ann", 1990\n"Three", "Dee, Cee", 1991\n')[0] == ("One, two", "Bee, Ann", "1990")


@pytest.mark.parametrize(
    "above", ["My library\n", "My library\n\nExported 2024\n", "# made by, a, program, of, mine\n", "My library,,,\n", "\n\n"]
)
def test_what_stands_over_the_header_is_no_header(above: str) -> None:
    table = opened(above + "Title,Author,Year,ISBN\nDune,Herbert,1965,\nEmma,Austen,1815,\n")
    assert table.header == ("Title", "Author", "Year", "ISBN") and [row.number for row in table.rows()] == [1, 2]
    assert (codes(table) == ["PREAMBLE_SKIPPED"]) == bool(above.strip())


def test_a_column_called_number_sign_is_a_column() -> None:
    assert opened("#,Title,Author\n1,Dune,Herbert\n2,Emma,Austen\n").header == ("#", "Title", "Author")


def test_a_single_column_is_not_cut_at_its_commas() -> None:
    table = opened("Author\nSmith, John\nDoe, Jane\n")
    assert table.header == ("Author",) and [row.cells for row in table.rows()] == [("Smith, John",), ("Doe, Jane",)]
    assert cells("Title\nDune\nOne, two\nEmma\n") == [("Dune",), ("One, two",), ("Emma",)]


def test_a_list_of_isbns_needs_no_header() -> None:
    table = opened(f"{DUNE}\n0-441-17271-7\n{EARTHSEA}\n\n{DUNE}\nISBN {DUNE}\n")
    assert table.kind == "list" and table.header == ("ISBN",) and not table.has_header
    assert len(list(table.rows())) == 5
    assert rows(DUNE)[0].cells == (DUNE,)


def test_a_list_of_isbns_with_a_header_is_a_table() -> None:
    table = opened(f"isbn\n{DUNE}\n{EARTHSEA}\n")
    assert table.kind == "csv" and table.has_header and table.header == ("isbn",) and len(list(table.rows())) == 2


@pytest.mark.parametrize("first", [f"Dune,Frank Herbert,{DUNE}", "Dune,Frank Herbert,1965"])
def test_a_first_row_that_is_a_book_is_a_row(first: str) -> None:
    last = first.rsplit(",", 1)[1]
    table = opened(f"{first}\nEmma,Jane Austen,{last}\nEmil,Erich Kästner,{last}\n")
    assert not table.has_header and table.header == ("Column 1", "Column 2", "Column 3") and codes(table) == ["NO_HEADER"]
    assert [row.number for row in table.rows()] == [1, 2, 3]


@pytest.mark.parametrize("header", ["aaa,bbb,ccc", "Title,1,2", "Naam,Jaar,Blz"])
def test_words_over_figures_are_a_header(header: str) -> None:
    table = opened(header + "\n" + "".join(f"{number},{number * 3},{number * 7}\n" for number in range(20)))
    assert table.header == tuple(header.split(",")) and len(list(table.rows())) == 20


def test_no_two_columns_have_one_name_and_none_has_no_name() -> None:
    table = opened("Tags,Tags,,Tags (2),x\na,b,c,d,e\n")
    assert table.header == ("Tags", "Tags (2)", "Column 3", "Tags (2) (2)", "x")


def test_delimiters_at_the_end_of_every_line_make_no_column() -> None:
    table = opened("Title,Author,,\nDune,Herbert,,\n")
    assert table.header == ("Title", "Author") and [(row.cells, row.more) for row in table.rows()] == [(("Dune", "Herbert"), ())]
