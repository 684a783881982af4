"""`manage.py import_csv`: a library export read from the command line."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.search.resolving.library import Library

ROWS = "Title,Author,ISBN,Lent to\nDune,Frank Herbert,9780441172719,=me\n,,,nobody\n"
pytestmark = pytest.mark.django_db(transaction=True)


def imported(path: Path, **options: object) -> str:
    out = StringIO()
    call_command("import_csv", str(path), quiet=True, stderr=out, **options)
    return out.getvalue()


def test_books_and_errors_as_lines(tmp_path: Path, library: Library) -> None:
    (tmp_path / "in.csv").write_text(ROWS)
    with pytest.raises(CommandError, match="1 rows are no books"):
        imported(tmp_path / "in.csv", out=tmp_path / "out.jsonl")
    book, error = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert book["book"]["title"] == "Dune" and error["error"]["row"] == 2 and library.calls.total() == 0


@pytest.mark.parametrize("layout", ["csv", "goodreads"])
def test_layouts(tmp_path: Path, library: Library, layout: str) -> None:
    (tmp_path / "in.csv").write_text(ROWS.rsplit("\n", 2)[0] + "\n")
    assert "generic, 1/1 rows are books" in imported(tmp_path / "in.csv", out=tmp_path / "out.csv", format=layout)
    head, line = (tmp_path / "out.csv").read_text().splitlines()
    assert "9780441172719" in line and ",=me" not in line and head.split(",")[0] == {"csv": "title", "goodreads": "Book Id"}[layout]


def test_books_are_looked_up(tmp_path: Path, library: Library) -> None:
    [volume] = library.stocked(1)
    (tmp_path / "in.csv").write_text(f"ISBN\n{volume.isbn}\n")
    imported(tmp_path / "in.csv", out=tmp_path / "out.jsonl", enrich=True)
    assert json.loads((tmp_path / "out.jsonl").read_text())["book"]["enrich"]["work"]["title"] == volume.title


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\0\0", b"Title\n"])
def test_what_cannot_be_read(tmp_path: Path, library: Library, content: bytes) -> None:
    (tmp_path / "in.csv").write_bytes(content)
    with pytest.raises(CommandError):
        imported(tmp_path / "in.csv")
    with pytest.raises(CommandError, match="No such file"):
        imported(tmp_path / "none.csv")
