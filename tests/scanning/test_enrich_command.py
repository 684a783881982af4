"""`manage.py enrich`: results on standard output in the order of the file, everything else on standard error."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bookstrack.lib import logging
from tests.search.resolving.library import Library


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    stream = logging._printer.stream
    yield
    logging._printer.stream = stream


def isbns_of(library: Library, count: int, folder: Path) -> tuple[list[str], Path]:
    isbns = [str(volume.isbn) for volume in library.stocked(count)]
    path = folder / "isbns.txt"
    path.write_text("# my books\n" + "\n".join(f" {isbn}  # one" for isbn in isbns) + "\n\n")
    return isbns, path


@pytest.mark.django_db(transaction=True)
def test_json_lines(library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    isbns, path = isbns_of(library, 12, tmp_path)
    call_command("enrich", isbns=str(path))
    captured = capsys.readouterr()
    found = [json.loads(line) for line in captured.out.splitlines()]
    assert [book["isbn"] for book in found] == isbns and all(book["success"] for book in found)
    assert "12/12" in captured.err


@pytest.mark.django_db(transaction=True)
def test_csv_escapes_formulas(library: Library, tmp_path: Path) -> None:
    isbns, path = isbns_of(library, 2, tmp_path)
    library.volumes[0].title = "=cmd Harbor Lantern"
    out = tmp_path / "books.csv"
    call_command("enrich", isbns=str(path), format="csv", output=str(out), quiet=True)
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [row["asked"] for row in rows] == isbns
    assert rows[0]["title"].startswith("'=cmd") and rows[1]["authors"] == "Gita Iyer"


@pytest.mark.django_db(transaction=True)
def test_what_could_not_be_looked_up_is_counted(library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, path = isbns_of(library, 3, tmp_path)
    library.fail()
    with pytest.raises(CommandError, match="3 of 3") as raised:
        call_command("enrich", isbns=str(path), quiet=True)
    assert raised.value.returncode == 1
    assert [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()] == ["error"] * 3


@pytest.mark.parametrize("content", [None, "", "# nothing\n", b"\xff\xfe\x00"])
def test_a_file_that_names_none(tmp_path: Path, content: str | bytes | None) -> None:
    path = tmp_path / "isbns.txt"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(CommandError):
        call_command("enrich", isbns=str(path))
