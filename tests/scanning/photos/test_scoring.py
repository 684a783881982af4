import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanning.photos.scoring import WEIGHTS, weigh
from scanning.photos.traits import NAMES
from tests.scanning.photos.spines import BOOKS, KING, book, spine

FOUND = 0.7
WOOLF = book("Between the Acts", "Virginia Woolf")


def test_every_trait_has_its_weight() -> None:
    assert tuple(WEIGHTS) == NAMES


@pytest.mark.parametrize(
    ("lines", "candidate"),
    [
        (("STEPHEN KING", "Carrie", "DOUBLEDAY"), KING),
        (("EPHEN", "KINGI", "Carrie"), KING),
        (("VIRGINIAWOOLF", "BETWEENTHE ACTS"), WOOLF),
        (("DAPHNEZMAUBIER", "REBECCA", "VIRAGO"), book("Rebecca", "Daphne du Maurier")),
        (("TheREPUBLICofTEA", "Mel Ziegler Patricia Ziegler"), book("The Republic of Tea", "Mel Ziegler", "Patricia Ziegler")),
        (("Clay Sh1rky", "Here Cornes Everybody"), book("Here Comes Everybody", "Clay Shirky")),
        (("REBECCA", "REBECCA", "du Maurier", "N 820 Mau"), book("Rebecca", "Daphne du Maurier")),
        (("La cancion de Dorotea", "ROSA REGAS"), book("La canción de Dorotea", "Rosa Regàs")),
        (("We wish to inform you that tomorrow we will be killed with our families",), BOOKS[12]),
    ],
)
def test_faults_of_reading_do_not_hide_a_book(lines: tuple[str, ...], candidate: object) -> None:
    assert weigh(spine(*lines), candidate).score >= FOUND  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lines", "candidate"),
    [
        (("STEPHEN KING", "Carrie"), book("Misery", "Stephen King")),
        (("STEPHEN KING", "Carrie"), book("Sister Carrie", "Theodore Dreiser")),
        (("Passing", "Nella Larsen"), book("Passing Strange", "Ellen Klages")),
        (("BABEL", "R.F. KUANG"), book("Babel-17", "Samuel R. Delany")),
        (("Emma",), book("Poems", "Emma Lazarus")),
        (("GUIDES AND MAPS",), book("Maps", "Aleksandra Mizielińska")),
        (("126 COMEDIAS II", "PLAUTO"), book("Comedias I", "Plauto")),
        (("179 Bla",), book("Bla, bla, bla", "Dan Roam")),
        (("Nime",), book("Anime! Anime!", "David Heredia")),
        (("THE GUARD",), book("Guards! Guards!", "Terry Pratchett", subtitle="The Play")),
        (("NARUTO 2", "Masashi Kishimoto"), book("Naruto 3", "Masashi Kishimoto")),
    ],
)
def test_what_is_alike_is_not_taken_for_it(lines: tuple[str, ...], candidate: object) -> None:
    assert weigh(spine(*lines), candidate).score < FOUND  # type: ignore[arg-type]


RUBICON = book("Rubicon: The Last Years of the Roman Republic", "Tom Holland")


@pytest.mark.parametrize(
    ("lines", "candidate"),
    [
        (("Hour Game", "David Baldacci"), book("Hour Game (Sean King & Michelle Maxwell, #2)", "David Baldacci")),
        (("Terry Prat-", "chett", "Thud!", "PALISADE"), book("Thud! (Discworld, #34; City Watch #7)", "Terry Pratchett")),
        (("Oxbow Lane", "ANNIHILATION", "Jeff VanderMeer", "Casa Verano"), book("Annihilation (Southern Reach, #1)", "Jeff VanderMeer")),
        (("KRISTIN HANNAH", "Fly Away", "655.15 Han", "PALISADE"), book("Fly Away", "Kristin Hannah", series="Firefly Lane")),
        (("Tom Holland", "RUBICON"), RUBICON),
        (("Tom Holland", "RUBICON"), book("Rubicon", "Tom Holland", subtitle="The Last Years of the Roman Republic")),
        (("JIM GAFFIGAN", "Food", "Hollin", "Press"), book("Food: A Love Story", "Jim Gaffigan")),
        (("BABEL", "R.F.KUANG", "HARPER", "Voyager"), book("Babel: An Arcane History", "R. F. Kuang")),
    ],
)
def test_title_and_author_in_full_leave_no_doubt_whatever_else_is_there(lines: tuple[str, ...], candidate: object) -> None:
    assert weigh(spine(*lines), candidate).score >= 0.9  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lines", "candidate"),
    [
        (("Batman", "Geoff Johns"), book("Batman: Earth One, Volume 1", "Geoff Johns")),
        (("DE", "Conrad Heart of Darkness and Other Tales", "OXFORD"), book("Heart of Darkness", "Joseph Conrad")),
        (("PREACHER, VOLUME 7", "Garth Ennis"), book("Preacher, Volume 8: All Hell's a-Coming", "Garth Ennis")),
        (("The Testing", "Joelle Charbonneau"), book("D.E.S.E.O.", "Joelle Charbonneau")),
    ],
)
def test_title_and_author_are_not_enough_for_another_book(lines: tuple[str, ...], candidate: object) -> None:
    assert weigh(spine(*lines), candidate).score < FOUND  # type: ignore[arg-type]


def test_more_in_the_line_of_the_title_is_worse_than_a_line_of_its_own() -> None:
    apart, beside = spine("RUBICON", "NORDLYS", "Tom Holland"), spine("RUBICON NORDLYS", "Tom Holland")
    assert weigh(apart, RUBICON).score > weigh(beside, RUBICON).score


def test_subtitle_and_series_explain_what_else_is_there() -> None:
    read = spine("THE BLACK SWAN", "The Impact of the Highly Improbable", "Nassim Taleb", "Incerto")
    plain = book("The Black Swan", "Nassim Nicholas Taleb")
    full = book("The Black Swan", "Nassim Nicholas Taleb", subtitle="The Impact of the Highly Improbable", series="Incerto #2")
    assert weigh(read, full).score > weigh(read, plain).score


def test_a_call_number_speaks_for_the_author_it_begins() -> None:
    read = spine("MENT I CERVELL", "153 Col")
    assert weigh(read, book("Ment i cervell", "Marta Coll")).score > weigh(read, book("Ment i cervell", "Marta Ribas")).score


def test_the_volume_that_stands_there_is_the_better_one() -> None:
    read = spine("COMEDIAS II", "PLAUTO")
    assert weigh(read, book("Comedias II", "Plauto")).score >= FOUND > weigh(read, book("Comedias I", "Plauto")).score


def test_reasons_say_what_was_not_read() -> None:
    told = weigh(spine("Carrie", "something else"), KING)
    assert "the author was not read" in told.reasons
    assert any("not explained" in reason for reason in told.reasons)


def test_an_isbn_that_was_read_leaves_no_doubt() -> None:
    read = dataclasses.replace(spine("ARRI"), isbn="9780307743664")
    assert weigh(read, book("Carrie", "Stephen King", isbn="9780307743664")).score > 0.99


_WORDS = st.sampled_from(
    ["carrie", "king", "stephen", "emma", "the", "of", "2", "II", "babel", "N", "Kin", "820", "tea", "ß", "Ñandú", "日本"]
)


@given(st.lists(_WORDS, max_size=8), st.lists(st.text(max_size=12), max_size=3), st.sampled_from(BOOKS))
def test_scores_are_shares(words: list[str], noise: list[str], candidate: object) -> None:
    random.Random(len(words)).shuffle(words)
    told = weigh(spine(" ".join(words), *noise), candidate)  # type: ignore[arg-type]
    assert 0 <= told.score <= 1 and 0 <= told.title_score <= 1
    assert told.author_score is None or 0 <= told.author_score <= 1
