"""Subjects to canonical tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.normalisers.genres import CANONICAL, canonical_genres
from search.normalisers.text import search_key
from tests.search.normalisers.hostile import ANYTHING, HOSTILE, long_texts


@pytest.mark.parametrize(
    ("raw", "tags"),
    [
        (["Science fiction", "Sci-Fi", "SF"], ["Science Fiction"]), (["Sciene Fiction"], ["Science Fiction"]),
        (["HISTORY", "history"], ["History"]), (["Self-help", "self help"], ["Self-Help"]),
        (["Childrens"], ["Children's"]),
        (["Detective and mystery stories"], ["Mystery"]), (["Fiction, general"], ["Fiction"]),
        (["Fiction / Science Fiction / General"], ["Science Fiction"]),
        (["Business & Economics / General"], ["Business"]),
        (["Comics & Graphic Novels / Manga / Fantasy"], ["Graphic Novels", "Fantasy"]),
        (["Young Adult Fiction / Dystopian"], ["Young Adult", "Dystopian"]),
        (["Mars (Planet) -- Fiction"], ["Fiction"]),
        (["Arrakis (Imaginary place)", "arrakis (imaginary place)"], ["Arrakis (Imaginary place)"]),
        (["Prehistory", "Nonfiction", "Political Science"], ["Prehistory", "Nonfiction", "Political Science"]),
        (["nyt:combined=2010", "Accessible book", "Protected DAISY", "In library", "Large type books", "Dune"],
        ["Dune"]),
        (["", None, 3, "...", "x" * 500], []),
    ],
)  # fmt: skip
def test_canonical_genres(raw: list[object], tags: list[str]) -> None:
    assert canonical_genres(raw) == tags


def test_a_providers_path_is_read() -> None:
    assert "Fantasy" in canonical_genres(["Juvenile Fiction / Fantasy & Magic"])


def test_there_are_24_and_each_is_itself() -> None:
    assert len(CANONICAL) == len(set(CANONICAL)) == 24
    assert [canonical_genres([tag]) for tag in CANONICAL] == [[tag] for tag in CANONICAL]
    assert [canonical_genres([tag.upper()]) for tag in CANONICAL] == [[tag] for tag in CANONICAL]


def test_twelve_at_most_in_their_order() -> None:
    odd = [f"Odd Topic Number {i}" for i in range(60)]
    assert canonical_genres(odd) == odd[:12]


@given(st.lists(ANYTHING, max_size=30))
def test_genres_of_anything(raw: list[object]) -> None:
    tags = canonical_genres(raw)
    assert len(tags) <= 12
    assert len({search_key(tag) for tag in tags}) == len(tags)
    assert canonical_genres(tags) == tags


def test_hostile_and_long_texts() -> None:
    canonical_genres([*HOSTILE, *long_texts()])
    for text in (*HOSTILE, *long_texts()):
        canonical_genres([text])
