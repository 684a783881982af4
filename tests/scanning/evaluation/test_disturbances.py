"""What becomes of a book's data, kind by kind; and that what is called absent is absent."""

import random

import pytest

from scanning.evaluation.absent import ABSENT
from scanning.evaluation.copies import Copy, Group, copy_of
from scanning.evaluation.disturbances import KINDS
from scanning.evaluation.isbn_forms import USELESS
from search.evaluation.held import HeldWork
from search.identifiers import find_isbn
from search.normalisers.text import search_key
from tests.scanning.evaluation.books import DUNE, LONG, MESSIAH, OMENS, OUTLIERS, SHELF, STRANGER, WIND


def made(kind: str, work: HeldWork) -> Copy:
    """The first copy that comes of it."""
    for seed in range(200):
        rng = random.Random(seed)
        if found := KINDS[kind][1](copy_of(work, work.editions[0], rng), SHELF, rng):
            return found
    pytest.fail(f"nothing comes of {kind}")


@pytest.mark.parametrize(
    ("kind", "work", "title", "author"),
    [
        ("title and author", DUNE, "Dune", "Frank Herbert"),
        ("“: a novel” added", STRANGER, "L'Étranger: roman", "Albert Camus"),
        ("in capitals", WIND, "THE NAME OF THE WIND", "Patrick Rothfuss"),
        ("without accents", STRANGER, "L'Etranger", "Albert Camus"),
        ("article last", WIND, "Name of the Wind, The", "Patrick Rothfuss"),
        ("HTML entities", STRANGER, "L&#39;&#201;tranger", "Albert Camus"),
        ("translated title", WIND, "El nombre del viento", "Patrick Rothfuss"),
        ("author turned", DUNE, "Dune", "Herbert, Frank"),
        ("author's initials", DUNE, "Dune", "F. Herbert"),
        ("author's last name", LONG, LONG.title, "Márquez"),
        ("author without accents", LONG, LONG.title, "Gabriel Garcia Marquez"),
        ("one of several authors", OMENS, "Good Omens", "Neil Gaiman"),
        ("cut at 50 characters", LONG, "Crónica de una muerte anunciada y otras novelas co", "Gabriel García Márquez"),
        ("columns swapped", DUNE, "Frank Herbert", "Dune"),
    ],
)  # fmt: skip
def test_what_stands_in_the_row(kind: str, work: HeldWork, title: str, author: str) -> None:
    copy = made(kind, work)
    assert (copy.title, copy.author or ", ".join(copy.authors)) == (title, author)


def test_series_and_subtitle() -> None:
    copy = made("with series", MESSIAH)
    assert copy.title.startswith("Dune Messiah (Dune") and "2" in copy.title and copy.reads == ("Dune Messiah", "", ("Dune", 2.0))
    assert made("subtitle left out", OUTLIERS).title == "Outliers"
    assert made("another volume is there", DUNE).work is DUNE


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("ISBN-13", "9780441172719"), ("ISBN-10", "0441172717"), ("ISBN without its zero", "441172717"),
        ("ISBN with “.0”", "9780441172719.0"), ("ISBN with hyphens", "978-0-4411-7271-9"), ("ISBN of another edition", "9780441013593"),
    ],
)  # fmt: skip
def test_isbns_that_can_be_read(kind: str, written: str) -> None:
    copy = made(kind, DUNE)
    assert copy.isbn == written and copy.isbn13 in DUNE.isbns and KINDS[kind][0] is Group.ISBN


@pytest.mark.parametrize("kind", USELESS)
def test_isbns_that_lead_nowhere(kind: str) -> None:
    copy = made(kind, DUNE)
    assert copy.isbn and copy.isbn13 not in SHELF.isbns
    assert (find_isbn(copy.isbn) is not None) == bool(copy.isbn13)


@pytest.mark.parametrize("kind", ABSENT)
def test_what_is_absent_is_no_work_of_the_shelf(kind: str) -> None:
    rng = random.Random(kind)
    copies = [ABSENT[kind](copy_of(work, work.editions[0], rng), SHELF, rng) for work in SHELF.works * 5]
    found = [copy for copy in copies if copy]
    assert found
    for copy in found:
        assert copy.work is None and copy.authors
        for work in SHELF.works:
            same_title = search_key(copy.title) in {search_key(work.title), *map(search_key, work.other_titles)}
            assert not (same_title and set(copy.authors) & set(work.authors)), copy
