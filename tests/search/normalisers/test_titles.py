"""Titles: taken apart, chosen between, compared."""

import pytest
from hypothesis import given

from search.normalisers.text import search_key
from search.normalisers.titles import ParsedTitle, article_first, better_title, parse_title, title_similarity
from tests.search.normalisers.hostile import HOSTILE, TEXTS, long_texts


@pytest.mark.parametrize(
    ("raw", "parsed"),
    [
        ("Dune", ParsedTitle("Dune")),
        ("Dune: A Novel", ParsedTitle("Dune", "A Novel")),
        ("Dune - A Novel", ParsedTitle("Dune", "A Novel")),
        ("Dune – A Novel", ParsedTitle("Dune", "A Novel")),
        ("2001: A Space Odyssey", ParsedTitle("2001", "A Space Odyssey")),
        ("Alien: Earth: Two", ParsedTitle("Alien", "Earth: Two")),
        ("Y: The Last Man", ParsedTitle("Y: The Last Man")),
        ("Diary of a Wimpy Kid: #1-4", ParsedTitle("Diary of a Wimpy Kid: #1-4")),
        ("Spider-Man", ParsedTitle("Spider-Man")),
        ("Poetics (Studies: Drama)", ParsedTitle("Poetics (Studies: Drama)")),
        (": x", ParsedTitle(": x")),
        ("Dune (Dune, #1)", ParsedTitle("Dune", series=("Dune", 1.0))),
        ("Dune (Dune #0.5)", ParsedTitle("Dune", series=("Dune", 0.5))),
        ("Dune (Dune Chronicles Book 1)", ParsedTitle("Dune", series=("Dune Chronicles", 1.0))),
        ("Twilight (The Twilight Saga, Book 1)", ParsedTitle("Twilight", series=("The Twilight Saga", 1.0))),
        (
            "Das Kalifat (Orientalische Studien, Bd. 10)",
            ParsedTitle("Das Kalifat", series=("Orientalische Studien", 10.0)),
        ),
        ("Wool (Wool, #1; Silo, #1)", ParsedTitle("Wool", series=("Wool", 1.0))),
        ("Dune Saga (Dune, #1-3)", ParsedTitle("Dune Saga", series=("Dune", None))),
        ("One Piece, Vol. 3", ParsedTitle("One Piece, Vol. 3", series=("One Piece", 3.0))),
        ("Sandman, Volume 3: Dream Country", ParsedTitle("Sandman, Volume 3", "Dream Country", ("Sandman", 3.0))),
        ("Storm (Ice, #3, Part 2 of 2)", ParsedTitle("Storm (Ice, #3, Part 2 of 2)")),
        ("Dune (Penguin Classics)", ParsedTitle("Dune (Penguin Classics)")),
        ("Dune (1965)", ParsedTitle("Dune (1965)")),
        ("Dune [Paperback]", ParsedTitle("Dune", edition_note="Paperback")),
        ("Dune (Reprint)", ParsedTitle("Dune", edition_note="Reprint")),
        ("Dune (Kindle Edition)", ParsedTitle("Dune", edition_note="Kindle Edition")),
        ("Dune (2nd Edition): A Novel", ParsedTitle("Dune", "A Novel", edition_note="2nd Edition")),
        ("Dune (Dune, #1) [Paperback]", ParsedTitle("Dune", series=("Dune", 1.0), edition_note="Paperback")),
        ("The Illustrated Man", ParsedTitle("The Illustrated Man")),
        ("(Reprint)", ParsedTitle("(Reprint)", edition_note="Reprint")),
        ("Dune by Frank Herbert", ParsedTitle("Dune by Frank Herbert")),
        ("", ParsedTitle("")),
    ],
)
def test_parse_title(raw: str, parsed: ParsedTitle) -> None:
    assert parse_title(raw) == parsed


@pytest.mark.parametrize(
    ("raw", "author", "title"),
    [
        ("Dune by Frank Herbert", "Frank Herbert", "Dune"),
        ("Dune by Herbert, Frank", "Frank Herbert", "Dune"),
        ("Dune by Frank Herbert (Dune, #1)", "Frank Herbert", "Dune"),
        ("Dune by F. Herbert", "Frank Herbert", "Dune"),
        ("Dune by Brian Herbert", "Frank Herbert", "Dune by Brian Herbert"),
        ("Stand by Me", "Stephen King", "Stand by Me"),
        ("Bird by Bird", "Anne Lamott", "Bird by Bird"),
    ],
)
def test_an_author_tail_goes_only_with_its_author(raw: str, author: str, title: str) -> None:
    assert parse_title(raw, authors=[author]).title == title


def test_a_given_subtitle_is_not_found_again() -> None:
    assert parse_title("Dune", "A Novel") == ParsedTitle("Dune", "A Novel")
    assert parse_title("Dune: A Novel", "A novel") == ParsedTitle("Dune", "A novel")
    assert parse_title("Star Wars: Thrawn", "A Novel") == ParsedTitle("Star Wars: Thrawn", "A Novel")


@pytest.mark.parametrize(
    ("one", "other", "better"),
    [
        ("DUNE MESSIAH", "Dune Messiah", "Dune Messiah"), ("Dune Messiah", "DUNE MESSIAH!!", "Dune Messiah"),
        ("dune messiah", "Dune Messiah", "Dune Messiah"), ("Dune", "The Dune", "The Dune"), ("Cafe", "Café", "Cafe"),
        ("IT", "It", "IT"), ("Dune", "Emma", "Dune"), ("砂", "砂", "砂"),
        ("THE SILENT HARBOUR", "The Silent Harbor", "The Silent Harbor"),
    ],
)  # fmt: skip
def test_better_title(one: str, other: str, better: str) -> None:
    assert better_title(one, other) == better


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Dune", "DUNE!", 1.0, 1.0), ("The Hobbit", "Hobbit", 1.0, 1.0), ("L'Étranger", "L Etranger", 1.0, 1.0),
        ("Dune", "Dune: A Novel", 0.85, 0.99), ("The Hobbit", "The Hobbit: or There and Back Again", 0.85, 0.99),
        ("Dune", "Dune (Dune, #1)", 0.85, 0.99), ("Pride & Prejudice", "Pride and Prejudice", 0.85, 0.99),
        ("Stolz & Vorurteil", "Stolz und Vorurteil", 0.85, 0.99),
        ("The Colour of Magic", "The Color of Magic", 0.85, 0.99),
        ("Henry IV Part 1", "Henry IV, Part One", 0.85, 0.99), ("Naruto, Vol. 1", "Naruto 1", 0.85, 0.99),
        ("Rocky II", "Rocky 2", 0.85, 0.99),
        ("Dune", "Dune Messiah", 0.0, 0.84), ("Foundation", "Foundation and Empire", 0.0, 0.84),
        ("Emma", "Anna", 0.0, 0.69),
        ("The Goblet of Fire", "The Order of the Phoenix", 0.0, 0.69), ("C#", "C", 0.0, 0.84),
        ("It", "If", 0.0, 0.84),
        ("Little Men", "Little Women", 0.0, 0.84), ("Clockwork Prince", "Clockwork Princess", 0.0, 0.84),
        ("Alien", "Aliens", 0.0, 0.84), ("Born in Fire", "Born in Ice", 0.0, 0.84),
        ("進撃の巨人", "進撃の小人", 0.0, 0.84),
        ("A Brief History of Time", "A Briefer History of Time", 0.0, 0.84), ("Mort", "Mort: The Play", 0.0, 0.84),
        ("The Lightning Thief", "The Lightning Thief: The Graphic Novel", 0.0, 0.84),
        ("Naruto Vol. 1", "Naruto Vol. 2", 0.0, 0.5), ("Naruto", "Naruto Vol. 1", 0.0, 0.5),
        ("Naruto 1", "Naruto 11", 0.0, 0.5),
        ("Dune: Part One", "Dune: Part Two", 0.0, 0.5), ("Henry IV", "Henry V", 0.0, 0.5),
        ("Catch-22", "Catch-23", 0.0, 0.5),
        ("Star Wars: Episode IV", "Star Wars: Episode V", 0.0, 0.5), ("Dune (Dune, #1)", "Dune (Dune, #2)", 0.0, 0.5),
        ("Война и мир. Том 1", "Война и мир. Том 2", 0.0, 0.5), ("砂の惑星 上", "砂の惑星 下", 0.0, 0.5),
        ("進撃の巨人 第1巻", "進撃の巨人 第2巻", 0.0, 0.5),
        ("Война и мир", "Voina i mir", 0.6, 0.7), ("Война и мир", "War and Peace", 0.0, 0.69),
        ("砂の惑星", "Dune", 0.0, 0.69),
        ("", "", 0.0, 0.0), ("Dune", "", 0.0, 0.0),
    ],
)  # fmt: skip
def test_title_similarity(one: str, other: str, least: float, most: float) -> None:
    assert least <= title_similarity(one, other) <= most
    assert title_similarity(other, one) == title_similarity(one, other)


@given(TEXTS, TEXTS)
def test_similarity_is_a_fraction_and_symmetric(one: str, other: str) -> None:
    assert 0 <= title_similarity(one, other) <= 1
    assert title_similarity(one, other) == pytest.approx(title_similarity(other, one))
    assert title_similarity(one, one) == (1.0 if search_key(one) else 0.0)


@given(TEXTS, TEXTS)
def test_titles_of_anything(raw: str, other: str) -> None:
    parsed = parse_title(raw, authors=[other])
    assert bool(parsed.title) == bool(parse_title(raw + " (Reprint)").title) or not search_key(raw)
    assert parsed.subtitle is None or parsed.subtitle
    assert better_title(raw, other) in (raw, other)


@given(TEXTS.filter(search_key))
def test_taking_apart_leaves_a_title(raw: str) -> None:
    assert parse_title(raw).title
    assert parse_title(f"Dune {raw} (Dune, #2)").title.startswith("Dune")


def test_hostile_and_long_texts() -> None:
    for text in (*HOSTILE, *long_texts()):
        parse_title(text, text, [text])
        title_similarity(text, text + "x")
        better_title(text, text + "x")


@pytest.mark.parametrize(
    ("title", "turned"),
    [
        ("Hobbit, The", "The Hobbit"), ("Achterhuis, Het", "Het Achterhuis"), ("Beautiful Mind, A", "A Beautiful Mind"),
        ("Peste, la", "la Peste"), ("Me, Myself, Them", "Me, Myself, Them"), ("The", "The"), (", The", ", The"),
        ("Hobbit The", "Hobbit The"),
    ],
)  # fmt: skip
def test_an_article_behind_a_title(title: str, turned: str) -> None:
    assert article_first(title) == turned
