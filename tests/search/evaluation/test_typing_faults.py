"""Every fault is of its kind, whatever the title."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from search.evaluation import typing_faults
from search.identifiers import parse_isbn
from search.normalisers.text import tokens
from tests.search.records import DUNE

TITLES = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(["the", "Garden", "Étranger", "of", "Forking", "война", "Paths", "森", "Messiah", "12"]), max_size=7).map(
        " ".join
    ),
)
SEEDS = st.integers(0, 10_000)


@given(TITLES, SEEDS)
def test_one_fault_is_one_edit_inside_one_word(title: str, seed: int) -> None:
    faulty = typing_faults.one_fault(title, random.Random(seed))
    if faulty is not None:
        assert OSA.distance(title, faulty) == 1
        assert faulty.count(" ") == title.count(" ")


@given(TITLES, SEEDS)
def test_two_faults_are_two_edits_in_two_words(title: str, seed: int) -> None:
    faulty = typing_faults.two_faults(title, random.Random(seed))
    if faulty is not None:
        assert sum(map(str.isalpha, title)) >= typing_faults.LONG_TITLE
        assert OSA.distance(title, faulty) == 2


def test_all_four_faults_happen() -> None:
    made = {typing_faults.one_fault("Messiah", random.Random(seed)) for seed in range(300)}
    assert {"Messih", "Messiaah", "Mesisah"} <= made and any(
        len(each or "") == 7 and sorted(each or "") != sorted("Messiah") for each in made
    )


@given(TITLES, SEEDS)
def test_another_order_has_the_same_words(title: str, seed: int) -> None:
    mixed = typing_faults.other_order(title, random.Random(seed))
    if mixed is not None:
        assert sorted(mixed.split()) == sorted(title.split()) and mixed.split() != title.split()


@given(TITLES, SEEDS)
def test_half_typed_is_a_beginning_that_cuts_the_last_word(title: str, seed: int) -> None:
    begun = typing_faults.half_typed(title, random.Random(seed))
    if begun is not None:
        assert title.startswith(begun) and begun != title
        assert len(begun.rpartition(" ")[2]) >= 3 and begun.count(" ") == title.count(" ")


@given(TITLES, SEEDS)
def test_other_signs_leave_the_words(title: str, seed: int) -> None:
    changed = typing_faults.other_signs(title, random.Random(seed))
    if changed is not None:
        letters = "".join(tokens(changed))
        assert changed != title
        assert letters in ("".join(tokens(title)), "".join(word for word in tokens(title) if word != "and")) or not title.isascii()


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("L'Étranger", {"l'etranger", "L'ETRANGER"}),
        ("Benim Adım Kırmızı", {"benim adim kirmizi", "BENIM ADIM KIRMIZI"}),
        ("Dune", {None}),
        ("Война", {None}),
    ],
)
def test_accents_are_left_out(title: str, plain: set[str | None]) -> None:
    assert {typing_faults.without_accents(title, random.Random(seed)) for seed in range(20)} == plain


def test_other_alphabets_are_written_in_latin_letters() -> None:
    assert typing_faults.romanised("Война и мир", random.Random(1)) == "Voyna i mir"
    assert typing_faults.romanised("森の生活", random.Random(1)) is None


@given(SEEDS)
def test_every_spelling_of_an_isbn_is_that_isbn(seed: int) -> None:
    spelt = typing_faults.isbn_spelt(DUNE, parse_isbn(DUNE).isbn10, random.Random(seed))
    assert parse_isbn(spelt).isbn13 == DUNE


@pytest.mark.parametrize("text", ["", "It", "森", "12 34", "a b c d"])
def test_what_is_too_short_is_not_misspelt(text: str) -> None:
    assert typing_faults.one_fault(text, random.Random(1)) is None
