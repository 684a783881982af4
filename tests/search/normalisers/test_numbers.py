"""Page counts and bindings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.normalisers.numbers import binding_format, page_count
from tests.search.normalisers.hostile import ANYTHING, long_texts

FORMATS = {"Hardcover", "Paperback", "E-book", "Audiobook", "Mass Market"}


@pytest.mark.parametrize(
    ("raw", "pages"),
    [
        (345, 345), ("345", 345), (" 345 ", 345), ("345.0", 345), (345.0, 345), ("345 pages", 345), ("345p", 345),
        ("xii, 345 p. ;", 345),
        ("xii, 345 p. ; 23 cm", 345), ("[8], 345, [3] p.", 345), ("(96)p. :", 96), ("345 p., 12 p. of plates", 345),
        ("63 s :", 63),
        ("1,234 pages", 1234), ("1.234 Seiten", 1234), ("345 S.", 345), ("320 páginas", 320), ("345 с.", 345),
        ("345ページ", 345), (1, 1),
        (20_000, 20_000),
        *((nothing, None) for nothing in (
            0, -1, 20_001, 10**9, 10**30, 345.5, float("nan"), float("inf"), True, False, None, [], [345], "", "xii",
            "p. cm.",
            "1 v. (unpaged)", "2 v.", "pp. 12", "12-34 pages", "1e3", "３４５", "9" * 400,
        )),
    ],
)  # fmt: skip
def test_page_count(raw: object, pages: int | None) -> None:
    assert page_count(raw) == pages


@given(st.integers(1, 20_000))
def test_pages_come_back(pages: int) -> None:
    assert (
        page_count(pages)
        == page_count(str(pages))
        == page_count(float(pages))
        == page_count(f"xi, {pages} p.")
        == pages
    )


@pytest.mark.parametrize(
    ("expected", "bindings"),
    [
        ("Mass Market",
        ["Mass Market Paperback", "mass-market paperback", "Mass Market", "Poche", "Livre de poche", "Pocket Book"]),
        ("Paperback", [
            "Paperback", "paperback", "Trade Paperback", "Perfect Paperback", "Paperback / softback", "Softcover",
            "pbk.", "Taschenbuch",
            "Broschiert", "Kartoniert", "Klappenbroschur", "Broché", "Tapa blanda", "Rústica", "Capa comum",
            "Copertina flessibile",
            "Häftad", "Paperback with CD-ROM", "Paperback & CD",
        ]),
        ("Hardcover", [
            "Hardcover", "hardcover", "Hardback", "Hard Cover", "Library Binding", "School & Library Binding",
            "Cloth", "hbk.", "Relié",
            "Gebundene Ausgabe", "Tapa dura", "Capa dura", "Copertina rigida", "Inbunden", "Hardcover with Audio CD",
        ]),
        ("E-book",
        ["Kindle Edition", "eBook", "e-book", "Digital", "EPUB", "PDF", "Electronic resource",
        "[electronic resource] :", "Libro electrónico", "Livro eletrônico", "Livre numérique", "Elektronisches Buch"]),
        ("Audiobook",
        ["Audio CD", "MP3 CD", "CD", "Audio Cassette", "Audible Audio Edition", "Hörbuch", "Digital Audio", "Luisterboek"]),
        (None, [
            "", "Spiral-bound", "Other", "Unknown Binding", "Board book", "Leather Bound", "CD-ROM", "DVD", "Print",
            "the book", 5, None,
        ]),
    ],
)  # fmt: skip
def test_binding_format(expected: str | None, bindings: list[object]) -> None:
    assert {binding: binding_format(binding) for binding in bindings} == dict.fromkeys(bindings, expected)


@given(ANYTHING)
def test_numbers_and_bindings_of_anything(raw: object) -> None:
    pages = page_count(raw)
    assert pages is None or 1 <= pages <= 20_000
    assert binding_format(raw) in FORMATS | {None}


def test_long_texts() -> None:
    for text in long_texts():
        page_count(text)
        binding_format(text)
