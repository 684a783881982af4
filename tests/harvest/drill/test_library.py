"""The invented books."""

from hypothesis import given
from hypothesis import strategies as st

from harvest.drill.library import AUTHORS, BOOKS, PER_AUTHOR, SHELF, SHELVES, authors_in, book, books_of, by_isbn, neighbour, titles_in
from search.identifiers import parse_isbn

numbers = st.integers(0, BOOKS - 1)


@given(numbers)
def test_a_book_is_found_by_its_isbn_its_title_and_its_author(number: int) -> None:
    one = book(number)
    assert parse_isbn(one.isbn13).isbn13 == one.isbn13
    assert by_isbn(one.isbn13) == one
    assert titles_in(f'intitle:"{one.title}" inauthor:"{one.author}"') == [one]
    assert authors_in(f"{one.title} {one.author}".upper()) == [one.author_number]
    assert one in books_of(one.author_number) and len(books_of(one.author_number)) == PER_AUTHOR
    assert one.known_to == SHELVES[number // SHELF]


@given(numbers, numbers)
def test_no_two_books_are_alike(one: int, other: int) -> None:
    if one != other:
        assert book(one).title != book(other).title
        assert book(one).isbn13 != book(other).isbn13


@given(numbers)
def test_a_neighbour_is_another_book_of_the_same_shelf(number: int) -> None:
    one = book(number)
    other = neighbour(one)
    assert other.known_to == one.known_to
    assert other.title != one.title and other.author_number != one.author_number


@given(st.text(max_size=40))
def test_any_text_is_searched(text: str) -> None:
    assert all(one.number < BOOKS for one in titles_in(text))
    assert all(0 <= number < AUTHORS for number in authors_in(text))
    assert by_isbn(text) is None or by_isbn(text).isbn13 == text  # type: ignore[union-attr]
