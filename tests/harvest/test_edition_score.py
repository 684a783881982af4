"""The edition score: as the specification has it, for any edition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.cover_search.edition_score import BINDINGS, PICTURES, Traits, edition_score

YEAR = 2026
WORDS = ["Dune", "illustrated", "first edition", "25th anniversary", "a novel", "unillustrated"]
traits = st.builds(
    Traits,
    picture=st.sampled_from([None, *PICTURES]),
    words=st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join),
    format=st.sampled_from(["", "E-book", "Audiobook", *BINDINGS]),
    year=st.none() | st.integers(-500, 2100),
    pages=st.none() | st.integers(0, 5000),
)


@pytest.mark.parametrize(
    ("edition", "points"),
    [
        (Traits(), 0),
        (Traits(picture="extraLarge"), 40), (Traits(picture="large"), 30),
        (Traits(picture="medium"), 20), (Traits(picture="thumbnail"), 10),
        (Traits(words="The Hobbit, Illustrated"), 30), (Traits(words="Alice. Illustrierte Ausgabe"), 30),
        (Traits(words="First Edition"), 25), (Traits(words="Dune (Collector's Edition)"), 25), (Traits(words="Emma, 1st ed."), 25),
        (Traits(words="50th Anniversary"), 20),
        (Traits(words="Illustrated 50th Anniversary Collector’s Edition"), 30),
        (Traits(words="Non-illustrated"), 0), (Traits(words="The first editions of Shakespeare"), 0), (Traits(words="Unillustrated"), 0),
        (Traits(format="Hardcover"), 15), (Traits(format="Paperback"), 10),
        (Traits(format="Mass Market"), 10), (Traits(format="E-book"), 0),
        (Traits(year=YEAR), 10), (Traits(year=YEAR - 5), 10),
        (Traits(year=YEAR - 6), 5), (Traits(year=YEAR - 15), 5), (Traits(year=YEAR - 16), 0),
        (Traits(pages=200), 5), (Traits(pages=0), 0),
        (Traits("extraLarge", "illustrated", "Hardcover", YEAR, 200), 100),
    ],
)  # fmt: skip
def test_points(edition: Traits, points: int) -> None:
    assert edition_score(edition, YEAR) == points


@given(traits, st.integers(1900, 2100))
def test_it_is_a_share_of_a_hundred(edition: Traits, this_year: int) -> None:
    assert 0 <= edition_score(edition, this_year) <= 100 and edition_score(edition, this_year) % 5 == 0


@given(traits)
def test_more_is_never_less(edition: Traits) -> None:
    points = edition_score(edition, YEAR)
    better = [
        Traits("extraLarge", edition.words, edition.format, edition.year, edition.pages),
        Traits(edition.picture, f"{edition.words} illustrated", edition.format, edition.year, edition.pages),
        Traits(edition.picture, edition.words, "Hardcover", edition.year, edition.pages),
        Traits(edition.picture, edition.words, edition.format, YEAR, edition.pages),
        Traits(edition.picture, edition.words, edition.format, edition.year, 100),
    ]
    assert all(edition_score(one, YEAR) >= points for one in better)


@given(traits, st.integers(0, 60))
def test_an_edition_only_ages(edition: Traits, years: int) -> None:
    assert edition_score(edition, YEAR + years) <= edition_score(edition, YEAR)
