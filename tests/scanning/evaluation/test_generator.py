"""Files made from a catalogue: the same for one seed, in every layout, each row labelled."""

import csv
import io

import pytest

from scanning.evaluation.copies import Group
from scanning.evaluation.generator import labelled_files
from scanning.evaluation.importing import imported
from scanning.evaluation.labelled import LabelledFile
from scanning.evaluation.scores import Fields
from scanning.evaluation.tongues import BINDINGS, STATES, TONGUES
from tests.scanning.evaluation.books import SHELF


@pytest.fixture(scope="module")
def files() -> list[LabelledFile]:
    return labelled_files(SHELF, 1_000, 7)


def test_a_seed_gives_the_same_bytes(files: list[LabelledFile]) -> None:
    assert [file.data for file in labelled_files(SHELF, 1_000, 7)] == [file.data for file in files]
    assert [file.data for file in labelled_files(SHELF, 1_000, 8)] != [file.data for file in files]


def test_every_layout_and_language_is_there(files: list[LabelledFile]) -> None:
    assert {file.format for file in files} == {"goodreads", "librarything", "storygraph", "generic"}
    assert {file.language for file in files if file.format == "generic"} == set(TONGUES)
    groups = {row.copy.group for file in files for row in file.rows if row.copy}
    assert groups == set(Group)


def test_rows_are_numbered_as_they_stand(files: list[LabelledFile]) -> None:
    for file in files:
        delimiter = "\t" if file.format == "librarything" else None
        text = file.data.decode(file.encoding)
        mark = delimiter or max(",;\t", key=text.partition("\n")[0].count)
        rows = list(csv.reader(io.StringIO(text), delimiter=mark))
        assert len(rows) - 1 == len(file.rows) and [row.row for row in file.rows] == list(range(1, len(rows)))


def test_no_row_is_there_twice_in_a_kind(files: list[LabelledFile]) -> None:
    copies = [row.copy for file in files for row in file.rows if row.copy and row.copy.group is not Group.NO_BOOK]
    keys = [(copy.kind, copy.title, copy.author or copy.authors, copy.isbn) for copy in copies]
    assert len(set(keys)) == len(keys)


async def test_the_import_reads_them_as_they_are_labelled(files: list[LabelledFile]) -> None:
    read = [await imported(file, None) for file in files]
    assert not [file.problem for file in read if file.problem] and not sum(file.surplus for file in read)
    known = Fields.of(file for file in read if file.file.format != "generic")
    own = Fields.of(file for file in read if file.file.format == "generic")
    assert known.kept.share == own.kept.share == 1.0
    assert known.right.share >= 0.99 and own.right.share >= 0.95, (known.wrong, own.wrong)


def test_tongues_are_whole() -> None:
    for name, tongue in TONGUES.items():
        assert len(tongue.states) == len(STATES) and len(tongue.bindings) == len(BINDINGS), name
        assert set(tongue.languages) == set(TONGUES) and tongue.headers.keys() == TONGUES["en"].headers.keys(), name


def test_an_empty_shelf_gives_no_rows() -> None:
    from scanning.evaluation.shelf import Shelf

    assert all(row.copy and row.copy.group is Group.NO_BOOK for file in labelled_files(Shelf([]), 100, 1) for row in file.rows)
