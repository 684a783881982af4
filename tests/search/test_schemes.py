"""Ids of every scheme: read in the forms found in the wild, once and for all in one form, and never more than that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.schemes import MAX_CHARS, Scheme, canonical, readings, scheme_of


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("ISBN", Scheme.ISBN),
        ("isbn-13", Scheme.ISBN),
        ("Google Books", Scheme.GOOGLE),
        ("google-books", Scheme.GOOGLE),
        ("OLID", Scheme.OPENLIBRARY),
        ("open_library", Scheme.OPENLIBRARY),
        ("WorldCat", Scheme.OCLC),
        ("Amazon", Scheme.ASIN),
        ("viaf", None),
        ("", None),
    ],
)
def test_names_of_schemes(name: str, scheme: Scheme | None) -> None:
    assert scheme_of(name) is scheme


@pytest.mark.parametrize(
    ("scheme", "text", "value"),
    [
        (Scheme.ISBN, "0-441-17271-7", "9780441172719"),
        (Scheme.ISBN, "9780441172710", None),
        (Scheme.OPENLIBRARY, "/works/OL45W", "OL45W"),
        (Scheme.OPENLIBRARY, "ol45m", "OL45M"),
        (Scheme.OPENLIBRARY, "OL045W", None),
        (Scheme.OPENLIBRARY, "OL45X", None),
        (Scheme.GOODREADS, " 2767052 ", "2767052"),
        (Scheme.GOODREADS, "2767052-the-hunger", None),
        (Scheme.GOODREADS, "٣", None),
        (Scheme.ASIN, "b00b7npry8", "B00B7NPRY8"),
        (Scheme.ASIN, "0441172717", None),
        (Scheme.LCCN, "n 78-890351", "n78890351"),
        (Scheme.LCCN, "85-2 ", "85000002"),
        (Scheme.LCCN, "75-425165//r75", "75425165"),
        (Scheme.LCCN, " 79139101 /AC/r932", "79139101"),
        (Scheme.LCCN, "none", None),
        (Scheme.OCLC, "(OCoLC)ocm00123456", "123456"),
        (Scheme.OCLC, "on1029384756", "1029384756"),
        (Scheme.OCLC, "0", None),
        (Scheme.GOOGLE, "B1hSG45JCX4C", "B1hSG45JCX4C"),
        (Scheme.GOOGLE, "../x", None),
    ],
)
def test_ids_in_their_canonical_form(scheme: Scheme, text: str, value: str | None) -> None:
    assert canonical(scheme, text) == value


@given(st.sampled_from(list(Scheme)), st.text(max_size=80) | st.from_regex(r"(OL|ocm|B|\d|-| ){1,20}[WMAX\d]?", fullmatch=True))
def test_a_canonical_form_is_its_own(scheme: Scheme, text: str) -> None:
    value = canonical(scheme, text)
    if value is not None:
        assert canonical(scheme, value) == value and value.isascii() and value.isprintable() and 0 < len(value) <= MAX_CHARS


def test_what_a_text_may_name() -> None:
    assert readings("goodreads:2767052") == [(Scheme.GOODREADS, "2767052")]
    assert {scheme for scheme, _ in readings("2767052")} == {Scheme.GOODREADS, Scheme.LIBRARYTHING, Scheme.LCCN, Scheme.OCLC, Scheme.GOOGLE}
    assert (Scheme.ISBN, "9780441172719") in readings("0-441-17271-7")
    assert readings("The Left Hand of Darkness: a novel") == []
