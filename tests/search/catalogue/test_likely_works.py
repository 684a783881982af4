"""What a camera read off a spine leads to its work, on whatever database the tests run."""

import csv
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from search.catalogue.likely_works import likely
from search.catalogue.title_index import rebuild, stored
from search.catalogue.title_words import hash_of
from search.models import Work
from search.normalisers.text import search_key
from tests.conftest import SHARED

SPINES = SHARED / "data" / "photos" / "llabres_spine_annotations.csv"
INVENTORY = SHARED / "data" / "catalogues" / "llabres_library_books.csv"
BOOKS = [
    ("Mrs Dalloway", "Virginia Woolf"),
    ("To the Lighthouse", "Virginia Woolf"),
    ("The Waves", "Virginia Woolf"),
    ("Orlando", "Virginia Woolf"),
    ("The Scarlet Letter", "Nathaniel Hawthorne"),
    ("The House of the Seven Gables", "Nathaniel Hawthorne"),
    ("Pride and Prejudice", "Jane Austen"),
    ("Sense and Sensibility", "Jane Austen"),
    ("A Room with a View", "E. M. Forster"),
    ("A Passage to India", "E. M. Forster"),
    ("Nineteen Eighty-Four", "George Orwell"),
    ("1984", "George Orwell"),
    ("Frankenstein", "Mary Shelley"),
    ("Wuthering Heights", "Emily Brontë"),
    ("Cien años de soledad", "Gabriel García Márquez"),
    ("ノルウェイの森", "村上春樹"),
    ("Война и мир", "Лев Толстой"),
    ("الأيام", "طه حسين"),
    ("It", "Stephen King"),
    ("The Shining", "Stephen King"),
]


def shelve(books: list[tuple[str, str]]) -> dict[str, int]:
    """Works as a load leaves them: key by title."""
    Work.objects.bulk_create(
        Work(
            pk=number,
            source_id=f"t:{number}",
            title=title,
            title_words=stored(title),
            author_words=stored(author),
            title_hash=hash_of(title),
        )
        for number, (title, author) in enumerate(books, 1)
    )
    rebuild()
    return {title: number for number, (title, _) in enumerate(books, 1)}


@pytest.fixture
def works(db: None) -> dict[str, int]:
    return shelve(BOOKS)


def titles_of(texts: list[str], works: dict[str, int], most: int = 20) -> list[list[str]]:
    by_key = {key: title for title, key in works.items()}
    return [[by_key[key] for key in keys] for keys in likely(texts, most)]


READ = [
    # title and author in both orders, with what else a spine bears
    ("VIRGINIA WOOLF MRS DALLOWAY PENGUIN CLASSICS", "Mrs Dalloway"),
    ("The Waves Woolf 823 Woo", "The Waves"),
    # misspelt
    ("Mrs Daloway Virginia Wolf", "Mrs Dalloway"),
    ("Prlde and Prejudlce Jane Austin", "Pride and Prejudice"),
    ("FRANKENSTE1N SHELLEY", "Frankenstein"),
    ("WUTHERNG HEIGTHS", "Wuthering Heights"),
    ("Cien anos de soIedad Marquez", "Cien años de soledad"),
    # glued
    ("virginiawoolf tothelighthouse", "To the Lighthouse"),
    ("thescarletletter", "The Scarlet Letter"),
    ("SENSEANDSENSIBILITY", "Sense and Sensibility"),
    # torn
    ("FRANKEN STEIN", "Frankenstein"),
    # parts are missing
    ("Hawthorne Seven Gab", "The House of the Seven Gables"),
    ("SSAGE TO INDIA", "A Passage to India"),
    ("Forster View", "A Room with a View"),
    # common and short words
    ("It", "It"),
    ("STEPHEN KING IT", "It"),
    ("1984", "1984"),
    # other writing
    ("村上春樹 ノルウェイの森", "ノルウェイの森"),
    ("ВОЙНА И МИР", "Война и мир"),
    ("voina i mir tolstoi", "Война и мир"),
    ("طه حسين الأيام", "الأيام"),
]


def test_what_was_read_leads_to_the_work(works: dict[str, int]) -> None:
    found = titles_of([text for text, _ in READ], works)
    assert [titles[:1] for titles in found] == [[title] for _, title in READ]


def test_other_books_of_the_author_come_after(works: dict[str, int]) -> None:
    [titles] = titles_of(["virginia woolf orlando"], works)
    assert titles[0] == "Orlando" and {"Mrs Dalloway", "To the Lighthouse", "The Waves"} == set(titles[1:])


def test_an_author_alone_offers_the_authors_works(works: dict[str, int]) -> None:
    [titles] = titles_of(["NATHANIEL HAWTHORNE"], works)
    assert set(titles) == {"The Scarlet Letter", "The House of the Seven Gables"}


@pytest.mark.parametrize("text", ["", " ", "\x00", "...", "★ ☆", "🦄📚", '"', "zzqqxxvv", "0000000000000", "\ud800"])
def test_no_words_lead_nowhere(works: dict[str, int], text: str) -> None:
    assert likely([text]) == [[]]


def test_no_text_and_no_place(works: dict[str, int]) -> None:
    assert likely([]) == []
    assert likely(["orlando"], 0) == [[]]
    assert likely(["orlando", "", "orlando"]) == [[works["Orlando"]], [], [works["Orlando"]]]


HOSTILE = [
    "orlando " * 1_300,
    "a" * 10_000,
    "".join(chr(0x4E00 + number) for number in range(5_000)),
    " ".join(f"{number:x}" for number in range(3_000)),
    'orlando" OR "waves',
    "NEAR(orlando waves) NOT title_words:x* ^a",
    "orlando' | '/woolf' & !'x':*",
    "\\' \\\\ '' orlando\\",
    "orlando\x00waves\x00",
    "%s %(x)s {} orlando",
    "\u202eodnalro\u202c \u200borlando",
    "; DROP TABLE search_work; --",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_nothing_that_was_read_is_an_operator(works: dict[str, int], text: str) -> None:
    [keys] = likely([text])
    assert len(keys) <= 20
    assert (works["Orlando"] in keys) == ("orlando" in text)
    assert Work.objects.count() == len(BOOKS)


WORDS = st.sampled_from([word for title, author in BOOKS for word in f"{title} {author}".split()])
TEXTS = st.one_of(st.text(max_size=80), st.lists(st.one_of(WORDS, st.text(max_size=12)), max_size=12).map(" ".join))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, max_size=4), most=st.integers(1, 5))
@example(texts=["ﷺ", "ß ẞ", "İstanbul"], most=1)
def test_any_text_has_few_works_each_once(works: dict[str, int], texts: list[str], most: int) -> None:
    found = likely(texts, most)
    assert len(found) == len(texts)
    for keys in found:
        assert len(keys) == len(set(keys)) <= most and set(keys) <= set(works.values())
    assert found == [likely([text], most)[0] for text in texts], "what stands beside a text changes nothing"


def test_common_words_are_not_read_alone(db: None) -> None:
    """A word of every title brings no rows, and does not hide the work that is meant."""
    works = shelve([(f"The History of Number{number} Things", f"Writer Name{number}") for number in range(1_500)])
    read = _rows_read("The History of Number777 Things")
    assert 0 < read <= 100
    assert likely(["The History of Number777 Things", "Histroy Things Name42"])[0][0] == works["The History of Number777 Things"]
    assert likely(["Histroy Things Name42"])[0][0] == works["The History of Number42 Things"]


def _rows_read(text: str) -> int:
    from search.catalogue import noisy_text
    from search.catalogue.likely_works import rows_of

    words = noisy_text.read(text)
    vocabulary = noisy_text.vocabulary_of([words])
    return len(rows_of(words, noisy_text.terms_of(words, vocabulary), vocabulary))


def test_a_title_of_common_words_only_is_found(db: None) -> None:
    others = [(f"{one} of the {other}", f"Person{number}") for number in range(160) for one, other in (("World", "Art"), ("Story", "War"))]
    works = shelve([*others, ("The Art of War", "Sun Tzu")])
    assert likely(["the art of war"])[0][0] == works["The Art of War"]


def test_a_batch_asks_no_more_for_texts_that_repeat(works: dict[str, int], django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(8):  # two of counts, one of works; on PostgreSQL a savepoint and its settings
        likely(["orlando virginia woolf"] * 60)


@pytest.fixture
def library(db: None) -> list[dict[str, str]]:
    """A part of a school library in the catalogue; real spines of its books."""
    with INVENTORY.open(encoding="utf-8") as file:
        shelve(list(dict.fromkeys((row["title"].strip(), row["author"]) for row in csv.DictReader(file)))[:3_000])
    kept = set(Work.objects.values_list("title", flat=True))
    with SPINES.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["title"].strip() in kept and row["ocr"].strip()]
    return [row for row in rows if "True" not in (row["not_book"], row["not_in_db"], row["segmentation_merged_books"])][:240]


@pytest.mark.skipif(not SPINES.exists(), reason="the shared data are away")
def test_real_spines(library: list[dict[str, str]]) -> None:
    found = likely([row["ocr"] for row in library], 12)
    titles = dict(Work.objects.values_list("pk", "title"))
    hits = [search_key(row["title"]) in [search_key(titles[key]) for key in keys] for row, keys in zip(library, found, strict=True)]
    assert len(hits) >= 200
    assert sum(hits) / len(hits) >= 0.95, connection.vendor
