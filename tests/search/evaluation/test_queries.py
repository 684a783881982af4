"""The labelled set: the same for one seed, every query of its kind, absent books really absent."""

import pytest

from search.evaluation.labels import Group, Known, Query, Way
from search.evaluation.queries import KINDS, labelled
from search.evaluation.shelf import Shelf
from search.identifiers import parse_isbn
from search.normalisers.text import search_key, tokens
from tests.search.evaluation.books import SHELF, WORKS


@pytest.fixture(scope="module")
def queries() -> list[Query]:
    return labelled(SHELF, 600, seed=3)


def of(queries: list[Query], kind: str) -> list[Query]:
    chosen = [query for query in queries if query.kind == kind]
    assert chosen
    return chosen


def test_one_seed_makes_one_set_in_whatever_order_the_works_come(queries: list[Query]) -> None:
    assert labelled(Shelf(reversed(WORKS)), 600, seed=3) == queries
    assert labelled(SHELF, 600, seed=4) != queries


def test_every_kind_is_there_and_no_query_twice(queries: list[Query]) -> None:
    assert {query.kind for query in queries} == set(KINDS)
    said = [(query.kind, query.text, query.author) for query in queries]
    assert len(set(said)) == len(said)


def test_an_empty_catalogue_makes_no_queries() -> None:
    assert labelled(Shelf([]), 100, seed=1) == []


def test_what_is_absent_names_no_work_and_all_else_does(queries: list[Query]) -> None:
    assert all((query.meant is None) == (query.group is Group.ABSENT) for query in queries)


def test_a_part_of_a_title_is_only_this_works(queries: list[Query]) -> None:
    for query in of(queries, "part of the title"):
        words = set(tokens(query.text))
        having = [work for work in WORKS if words <= set(tokens(" ".join((work.title, work.subtitle, *work.titles))))]
        assert having == [query.meant]


def test_a_misspelling_is_no_other_title(queries: list[Query]) -> None:
    for query in of(queries, "misspelt"):
        assert search_key(query.text) not in {name for work in WORKS for name in work.names}


def test_series_stand_as_in_lists(queries: list[Query]) -> None:
    assert {"Dune Messiah (Dune, #2)"} & {query.text for query in of(queries, "with series")}


def test_titles_in_their_own_script_are_labelled_with_their_language(queries: list[Query]) -> None:
    assert {query.language for query in of(queries, "own script")} == {"ru", "ja"}
    assert {query.text for query in of(queries, "another title of the work")} >= {"War and Peace", "Norwegian Wood"}


@pytest.mark.parametrize("kind", ["absent title", "title with one word off", "absent volume"])
def test_absent_titles_are_no_works_words(queries: list[Query], kind: str) -> None:
    for query in of(queries, kind):
        words = set(tokens(query.text))
        assert not any(words <= set(tokens(" ".join((work.title, *work.titles)))) for work in WORKS)


def test_a_title_is_asked_of_somebody_who_did_not_write_it(queries: list[Query]) -> None:
    for query in of(queries, "title of another author"):
        wrote = {work.title: work.authors for work in WORKS}
        if query.way is Way.ADVANCED:
            assert query.author not in wrote[query.text]


def test_absent_isbns_have_the_right_check_digit(queries: list[Query]) -> None:
    for query in of(queries, "absent ISBN"):
        assert parse_isbn(query.text).isbn13 not in SHELF.isbns


def test_a_title_that_is_a_name_is_not_asked() -> None:
    shelf = Shelf([Known("Juan Eduardo Cirlot", "", ("Juan-Eduardo Cirlot",))])
    kinds = {query.kind for query in labelled(shelf, 100, seed=1)}
    assert "misspelt" in kinds and not kinds & {"exact title", "words in another order"}
