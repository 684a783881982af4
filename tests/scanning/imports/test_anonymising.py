"""An export that may be given away: what is private in it is x, all else is as it was, byte for byte."""

import io
import itertools
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from scanning.imports.anonymising import anonymised, masked
from scanning.imports.table import Unreadable

GOODREADS = (
    "Title,Author,Author l-f,My Rating,ISBN13,Bookshelves,Exclusive Shelf,My Review,Private Notes,Recommended By\r\n"
    'Dune,Frank Herbert,"Herbert, Frank",5,"=""9780441172719""",sci-fi,read,'
    '"Lent it to Anna, 2021:<br/>she said ""wow"" &amp; wept.\r\nI did, too.",call 555-1234,Anna Muster\r\n'
    'Emma,Jane Austen,"Austen, Jane",0,"=""""",,to-read,,ask jane.doe@example.org,\r\n'
)
MASKED = (
    "Title,Author,Author l-f,My Rating,ISBN13,Bookshelves,Exclusive Shelf,My Review,Private Notes,Recommended By\r\n"
    'Dune,Frank Herbert,"Herbert, Frank",5,"=""9780441172719""",sci-fi,read,'
    '"xxxx xx xx xxxx, 0000:<br/>xxx xxxx ""xxx"" &amp; xxxx.\r\nx xxx, xxx.",xxxx 000-0000,xxxx xxxxxx\r\n'
    'Emma,Jane Austen,"Austen, Jane",0,"=""""",,to-read,,xxx xxxx.xxx@xxxxxxx.xxx,\r\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_only_private_words_are_gone(encoding: str) -> None:
    assert anonymised(GOODREADS.encode(encoding)).decode(encoding) == MASKED


@pytest.mark.parametrize(
    ("header", "rows", "left"),
    [
        ("Titel;Autor;Verliehen an;Notizen", "Momo;Ende;Karl Klein;von Oma", "Momo;Ende;xxxx xxxxx;xxx xxx"),
        ("Title,Author,Mail", "Dune,Herbert <frank@example.org>,a@b.example", "Dune,Herbert <xxxxx@xxxxxxx.xxx>,x@x.xxxxxxx"),
        ("Title\tAuthor\tISBN", "Dune\tHerbert\t0441172717", "Dune\tHerbert\t0441172717"),
        ("Title,Author,Notes", 'Dune,"Her\nbert",x1\n\nEmma,Austen,"a ""b""\nc"', 'Dune,"Her\nbert",x0\n\nEmma,Austen,"x ""x""\nx"'),
        ("Title,Author,Notes", "Dune,Herbert,one,and,more", "Dune,Herbert,xxx,xxx,xxxx"),
    ],
)
def test_by_header_place_and_content(header: str, rows: str, left: str) -> None:
    assert anonymised(f"{header}\n{rows}\n".encode()).decode() == f"{header}\n{left}\n"


def test_prose_in_a_column_of_unknown_meaning_is_private() -> None:
    text = "Title,Author,Diary\nDune,Herbert,we read this one together at the lake\nEmma,Austen,and this one alone in the winter of 1999\n"
    left = anonymised(text.encode()).decode()
    assert "lake" not in left and "Dune,Herbert,xx " in left


def test_a_line_that_cannot_be_cut_is_masked_as_a_whole() -> None:
    text = 'Title,Author,Notes\nDune,Herbert,fine\nEmma,"Austen,secret words\nMomo,Ende,fine\n'
    left = anonymised(text.encode()).decode()
    assert "secret" not in left and left.count("\n") == text.count("\n")


def test_bytes_that_cannot_be_decoded_stay() -> None:
    data = b"Title,Author,Notes\nCaf\xe9 \xc3\xa9t\xc3\xa9 \xc3\xa9,Herbert,h\xc3\xa9h\xc3\xa9\n"
    assert anonymised(data) == b"Title,Author,Notes\nCaf\xe9 \xc3\xa9t\xc3\xa9 \xc3\xa9,Herbert,xxxx\n"


def test_markup_entities_and_signs_are_kept() -> None:
    assert masked('<a href="https://me.example/x">Hi</a> &eacute; \\n 7!') == '<a xxxx="xxxxx://xx.xxxxxxx/x">xx</a> &eacute; \\n 0!'


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=60)), min_size=1, max_size=6))
def test_no_word_of_a_note_is_left(rows: list[tuple[str, str]]) -> None:
    import csv

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Title", "Author", "Private Notes"])
    for title, note in rows:
        writer.writerow([f"Dune {title}", "Frank Herbert", f"Geheim {note}"])
    try:
        left = anonymised(out.getvalue().encode("utf-8", "surrogatepass"))
    except Unreadable:
        return
    assert b"Geheim" not in left and left.startswith(b"Title,Author,Private Notes")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no sheet", b"\x89PNG\r\n\x1a\n\x00\x00"])
def test_what_is_no_file_of_rows_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        anonymised(data)


def test_the_command(tmp_path: Path) -> None:
    file, out = tmp_path / "mine.csv", tmp_path / "ours.csv"
    file.write_text(GOODREADS, newline="")
    call_command("anonymise_csv", str(file), "--out", str(out), stdout=io.StringIO())
    assert out.read_bytes().decode() == MASKED and file.read_bytes().decode() == GOODREADS
    for options, reason in ((("--out", str(file)), "of its own"), (("--out", str(tmp_path / "no" / "x.csv")), "No such file")):
        with pytest.raises(CommandError, match=reason):
            call_command("anonymise_csv", str(file), *options)
    file.write_bytes(b"")
    with pytest.raises(CommandError, match=r"mine\.csv"):
        call_command("anonymise_csv", str(file), "--out", str(out))


def test_real_exports_keep_their_shape() -> None:
    folder = Path(__file__).resolve().parents[4] / "shared" / "data" / "csv"
    if not folder.exists():
        pytest.skip("the shared files are away")
    for path in itertools.islice(sorted(folder.glob("*goodreads*.csv")), 4):
        data = path.read_bytes()
        left = anonymised(data)
        assert left.count(b"\n") == data.count(b"\n") and left.count(b'"') == data.count(b'"')
