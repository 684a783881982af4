"""Names of people: shown, split, compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.normalisers.names import _folded_key, author_key, author_name, author_similarity, role_of, split_authors
from tests.search.normalisers.hostile import ANYTHING, HOSTILE, TEXTS, long_texts

GIVEN = st.sampled_from(["Ursula", "Frank", "Stephen", "Gabriel", "Émile", "Анна", "Jo"])
FAMILY = st.sampled_from(["King", "Herbert", "García Márquez", "Le Guin", "O'Brien", "Nesbø", "Saint-Exupéry"])


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Stephen King", "Stephen King"), ("King, Stephen", "Stephen King"), ("  King ,  Stephen ", "Stephen King"),
        ("Le Guin, Ursula K.", "Ursula K. Le Guin"), ("Tolkien, J.R.R.", "J.R.R. Tolkien"),
        ("King, Jr.", "King, Jr."),
        ("Martin Luther King, Jr.", "Martin Luther King, Jr."),
        ("King, Martin Luther, Jr.", "Martin Luther King, Jr."),
        ("Smith, John, Doe, Jane", "Smith, John, Doe, Jane"), ("Penguin Books, Ltd.", "Penguin Books, Ltd."),
        ("村上, 春樹", "村上 春樹"), ("Толстой, Лев", "Лев Толстой"),
        ("Dr. John Smith", "John Smith"), ("Sir Arthur Conan Doyle", "Arthur Conan Doyle"),
        ("Prof. Dr. Eva Maier", "Eva Maier"),
        ("Doyle, Sir Arthur Conan", "Arthur Conan Doyle"), ("Dr. Seuss", "Dr. Seuss"), ("Lord Byron", "Lord Byron"),
        ("Emily St. John Mandel", "Emily St. John Mandel"), ("St. John Mandel, Emily", "Emily St. John Mandel"),
        ("Stephen King (Author)", "Stephen King"), ("Herbert, Frank (Author)", "Frank Herbert"),
        ("Jane Doe [translator]", "Jane Doe"),
        ("Frank Herbert (Author, Narrator)", "Frank Herbert"), ("Rowling, J. K., author", "J. K. Rowling"),
        ("by Frank Herbert", "Frank Herbert"), ("edited by John Smith", "John Smith"),
        ("Herbert, Frank, 1920-1986", "Frank Herbert"), ("Ross, Tony, 1938-, ill.", "Tony Ross"),
        ("Shakespeare, William (1564-1616)", "William Shakespeare"), ("Grip, Göran.", "Göran Grip"),
        ("Blogger 1984", "Blogger 1984"),
        ("Plato", "Plato"), ("STEPHEN KING", "STEPHEN KING"),
        *((nobody, None) for nobody in (
            "", " ", "...", "123", "\ud800", "Various", "VARIOUS", "Various Authors", "Unknown", "N/A", "Anonymous",
            "Anónimo",
            "Verschiedene", "Inconnu", "AA.VV.", "[author]", "不明", None, 7, ["King"],
        )),
    ],
)  # fmt: skip
def test_author_name(raw: object, name: str | None) -> None:
    assert author_name(raw) == name


@given(GIVEN, FAMILY)
def test_turned_names_are_the_names(given_name: str, family: str) -> None:
    assert author_name(f"{family}, {given_name}") == f"{given_name} {family}"
    assert author_similarity(f"{family}, {given_name}", f"{given_name} {family}") == 1.0


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("", []), ("Various", []), ("Stephen King", ["Stephen King"]), ("King, Stephen", ["Stephen King"]),
        ("Terry Pratchett; Neil Gaiman", ["Terry Pratchett", "Neil Gaiman"]),
        ("Terry Pratchett & Neil Gaiman", ["Terry Pratchett", "Neil Gaiman"]),
        ("Terry Pratchett and Neil Gaiman", ["Terry Pratchett", "Neil Gaiman"]),
        ("Terry Pratchett, Neil Gaiman", ["Terry Pratchett", "Neil Gaiman"]),
        ("Neil Gaiman|Terry Pratchett", ["Neil Gaiman", "Terry Pratchett"]),
        ("Ann Lee, Jane Doe, Bob Roe", ["Ann Lee", "Jane Doe", "Bob Roe"]),
        ("Ann Lee, Jane Doe and Bob Roe", ["Ann Lee", "Jane Doe", "Bob Roe"]),
        ("Smith, John; Doe, Jane", ["John Smith", "Jane Doe"]),
        ("Smith, John and Doe, Jane", ["John Smith", "Jane Doe"]),
        ("Le Guin, Ursula K.", ["Ursula K. Le Guin"]),
        ("von Goethe, Johann Wolfgang", ["Johann Wolfgang von Goethe"]),
        ("Ortega y Gasset", ["Ortega y Gasset"]), ("Ramón y Cajal, Santiago", ["Santiago Ramón y Cajal"]),
        ("Jorge Luis Borges y Adolfo Bioy Casares", ["Jorge Luis Borges", "Adolfo Bioy Casares"]),
        ("Pierre Boileau et Thomas Narcejac", ["Pierre Boileau", "Thomas Narcejac"]),
        ("Martin Luther King, Jr., Jane Doe", ["Martin Luther King", "Jane Doe"]),
        ("Jim Butcher, et al.", ["Jim Butcher"]),
        ("Gabriel García Márquez, Edith Grossman (Translator)", ["Gabriel García Márquez", "Edith Grossman"]),
        ("Ann Lee; Ann Lee", ["Ann Lee"]), ("Strunk and White", ["Strunk", "White"]),
        ("Homer, Robert Fagles, Bernard Knox", ["Homer", "Robert Fagles", "Bernard Knox"]),
        ("O. Henry, Lisbeth Zwerger", ["O. Henry", "Lisbeth Zwerger"]), ("D. Johnson, Jane Doe", ["D. Johnson", "Jane Doe"]),
    ],
)  # fmt: skip
def test_split_authors(raw: str, names: list[str]) -> None:
    assert split_authors(raw) == names


@pytest.mark.parametrize(
    ("raw", "role"),
    [
        ("Jane Doe (Translator)", "translator"), ("X [Illustrator]", "illustrator"), ("Ross, Tony, ill.", "ill"),
        ("X (ed.)", "ed"),
        ("Stephen King", None), ("X (Penguin)", None), (None, None),
    ],
)  # fmt: skip
def test_role_of(raw: object, role: str | None) -> None:
    assert role_of(raw) == role


@pytest.mark.parametrize(
    "name",
    [
        "J. R. R. Tolkien",
        "JRR Tolkien",
        "J.R.R. Tolkien",
        "Tolkien, J.R.R.",
        "TOLKIEN, J. R. R.",
        "ＪＲＲ Tolkien",
        "J.R.R Tolkien",
    ],
)
def test_keys_of_initials(name: str) -> None:
    assert author_key(name) == "j r r tolkien"


def test_initials_are_no_articles() -> None:
    assert author_key("A. A. Milne") == "a a milne"
    assert author_key("O. Henry") != author_key("Henry")


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("J. R. R. Tolkien", "JRR Tolkien", 1.0, 1.0), ("J. R. R. Tolkien", "Tolkien, J.R.R.", 1.0, 1.0),
        ("J. R. R. Tolkien", "John Ronald Reuel Tolkien", 0.9, 0.99), ("Stephen King", "S. King", 0.9, 0.99),
        ("L. Child", "Lee Child", 0.9, 0.99), ("Ursula K. Le Guin", "Ursula Le Guin", 0.85, 0.99),
        ("Ursula LeGuin", "Ursula K. Le Guin", 0.85, 0.99), ("Gabriele D'Annunzio", "Gabriele DAnnunzio", 0.9, 1.0),
        ("Gabriel García Márquez", "Garcia Marquez, Gabriel", 1.0, 1.0), ("Jo Nesbø", "Jo Nesbo", 1.0, 1.0),
        ("Fyodor Dostoevsky", "Fyodor Dostoyevsky", 0.85, 0.99), ("Murakami Haruki", "Haruki Murakami", 0.85, 0.99),
        ("村上春樹", "村上 春樹", 0.85, 1.0), ("Martin Luther King, Jr.", "Martin Luther King", 0.85, 0.99),
        ("Stephen King", "Stephen Hawking", 0.0, 0.69), ("Stephen King", "Owen King", 0.0, 0.69),
        ("Stephen King", "King", 0.5, 0.84),
        ("Daniel Steel", "Danielle Steel", 0.0, 0.84), ("Mario Puzo", "Maria Puzo", 0.0, 0.84),
        ("John Smith", "James Smith", 0.0, 0.69),
        ("Emily Brontë", "Charlotte Brontë", 0.0, 0.69), ("E. Brontë", "C. Brontë", 0.0, 0.69),
        ("Lee Child", "Lincoln Child", 0.0, 0.69),
        ("E. L. James", "Eloisa James", 0.5, 0.84), ("O. Henry", "Henry", 0.5, 0.84),
        ("村上春樹", "村上龍", 0.0, 0.69),
        ("Lev Tolstoy", "Лев Толстой", 0.7, 0.8), ("Haruki Murakami", "Лев Толстой", 0.0, 0.69),
        ("Stephen King", "", 0.0, 0.0), ("", "", 0.0, 0.0), ("Various", "Various", 0.0, 0.0),
    ],
)  # fmt: skip
def test_author_similarity(one: str, other: str, least: float, most: float) -> None:
    assert least <= author_similarity(one, other) <= most
    assert author_similarity(other, one) == author_similarity(one, other)


@given(TEXTS, TEXTS)
def test_similarity_is_a_fraction_and_symmetric(one: str, other: str) -> None:
    similarity = author_similarity(one, other)
    assert 0 <= similarity <= 1
    assert similarity == pytest.approx(author_similarity(other, one))
    assert author_similarity(one, one) == (1.0 if author_name(one) else 0.0)


@given(ANYTHING)
def test_names_of_anything(raw: object) -> None:
    name = author_name(raw)
    assert name is None or (name == name.strip() and any(map(str.isalpha, name)) and author_key(name))
    role_of(raw)


@given(TEXTS)
def test_names_in_any_cell(raw: str) -> None:
    names = split_authors(raw)
    assert len(set(names)) == len(names)
    assert all(names)


def test_hostile_and_long_texts() -> None:
    for text in (*HOSTILE, *long_texts()):
        author_name(text)
        split_authors(text)
        role_of(text)
        author_similarity(text, text + "x")


NAME_WORDS = st.sampled_from(["Ada", "Dr", "Sir", "The", "Unknown", "Author", "By", "Jo", "St", "II", "Mc", "Various", "Anon", "Al", "A"])


@given(st.lists(NAME_WORDS | st.from_regex(r"[A-Z][a-z]{1,8}", fullmatch=True), min_size=1, max_size=6))
def test_plain_names_take_a_shorter_way_to_the_same_key(words: list[str]) -> None:
    assert author_key(" ".join(words)) == _folded_key(" ".join(words))
