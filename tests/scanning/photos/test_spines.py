"""Lines of text to spines: layouts of real shelves, written by hand, and what holds for any."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanning.detections import Box, Line
from scanning.photos.spines import spines_of

SIDE = 1000


def across(text: str, x: float, y: float, length: float, height: float) -> Line:
    """From left to right, its top left corner at x, y."""
    return Line(text, 0.9, ((x, y), (x + length, y), (x + length, y + height), (x, y + height)))


def down(text: str, x: float, y: float, length: float, height: float) -> Line:
    """Downwards: the top of the letters to the right."""
    return Line(text, 0.9, ((x + height, y), (x + height, y + length), (x, y + length), (x, y)))


def up(text: str, x: float, y: float, length: float, height: float) -> Line:
    """Upwards: the top of the letters to the left."""
    return Line(text, 0.9, ((x, y + length), (x, y), (x + height, y), (x + height, y + length)))


def texts(lines: list[Line], edges: tuple[float, ...] = (), boards: tuple[float, ...] = ()) -> list[str]:
    """What stands on each spine; `edges` are the x of sides of books, `boards` the y of shelves."""

    def between(axis: int, places: tuple[float, ...]):
        def told(one: int, other: int) -> float:
            low, high = sorted(sum(point[axis] for point in lines[place].points) / 4 for place in (one, other))
            return float(any(low < place < high for place in places))

        return told

    return [spine.text for spine in spines_of(lines, SIDE, SIDE, apart=between(0, edges), boards=between(1, boards))]


def test_title_and_author_along_a_spine_are_one_book_and_the_next_spine_is_another() -> None:
    shelf = [down("The Black Swan", 100, 100, 300, 30), down("Nassim Taleb", 103, 450, 150, 24), down("Absurdistan", 180, 100, 300, 30)]
    assert texts(shelf) == ["The Black Swan Nassim Taleb", "Absurdistan"]


def test_two_rows_are_one_spine_until_an_edge_runs_between_them() -> None:
    rows = [down("HALTING STATE", 140, 100, 300, 30), down("CHARLES STROSS", 105, 100, 290, 30)]
    assert texts(rows) == ["HALTING STATE CHARLES STROSS"]
    assert texts(rows, edges=(137.0,)) == ["CHARLES STROSS", "HALTING STATE"]


def test_rows_are_read_in_their_order_and_counted() -> None:
    (spine,) = spines_of([down("Second row", 105, 100, 290, 30), down("First row", 140, 100, 300, 30)], SIDE, SIDE)
    assert [(line.text, line.row) for line in spine.lines] == [("First row", 0), ("Second row", 1)]
    assert [line.box for line in spine.lines] == [Box(0.14, 0.1, 0.17, 0.4), Box(0.105, 0.1, 0.135, 0.39)]


def test_a_spine_that_is_read_upwards_begins_at_its_foot() -> None:
    (spine,) = spines_of([up("La peste", 100, 100, 200, 30), up("Albert Camus", 102, 400, 200, 26)], SIDE, SIDE)
    assert spine.text == "Albert Camus La peste"
    assert spine.lines[0].start == pytest.approx(0.0) and spine.lines[1].end == pytest.approx(1.0)


def test_an_author_in_rows_across_the_spine_belongs_to_the_title_along_it() -> None:
    spine = [across("KATIE", 88, 100, 50, 20), across("HICKMAN", 80, 124, 66, 20), down("COURTESANS", 90, 250, 350, 46)]
    assert texts(spine) == ["KATIE HICKMAN COURTESANS"]


def test_publishers_at_the_feet_of_neighbours_join_no_books() -> None:
    shelf = [
        down("The Black Swan", 100, 100, 300, 40),
        across("PENGUIN", 85, 600, 70, 16),
        down("Absurdistan", 200, 100, 300, 40),
        across("GRANTA", 185, 600, 70, 16),
    ]
    assert texts(shelf, edges=(170.0,)) == ["The Black Swan PENGUIN", "Absurdistan GRANTA"]


def test_words_one_below_the_other_on_a_wide_spine() -> None:
    words = [across("Here", 100, 100, 90, 40), across("Comes", 95, 230, 100, 40), across("Everybody", 85, 370, 120, 40)]
    assert texts(words) == ["Here Comes Everybody"]


def test_words_one_below_the_other_take_no_neighbour_that_stands_beside_their_foot() -> None:
    words = [across(word, 300, 240 + 60 * row, 60, 18) for row, word in enumerate(("The", "Physick", "Book of", "Deliverance", "Dane"))]
    shelf = [*words, across("PALISADE", 290, 580, 80, 22), up("Robert Crais", 530, 100, 110, 25), up("Taken", 532, 490, 45, 18)]
    assert texts(shelf) == ["The Physick Book of Deliverance Dane PALISADE", "Taken Robert Crais"]


def test_books_on_two_shelves_above_one_another_are_two() -> None:
    shelf = [down("The Black Swan", 100, 100, 250, 30), down("Absurdistan", 101, 420, 250, 30)]
    assert texts(shelf, boards=(400.0,)) == ["The Black Swan", "Absurdistan"]


def test_books_that_lie_are_told_apart() -> None:
    stack = [across("Rodham", 100, 100, 300, 40), across("Curtis Sittenfeld", 430, 104, 200, 30), across("Fosse", 100, 200, 300, 40)]
    found = spines_of(stack, SIDE, SIDE, apart=lambda one, other: float(2 in (one, other)))
    assert sorted(spine.text for spine in found) == ["Fosse", "Rodham Curtis Sittenfeld"]


def test_two_books_by_one_author_beside_one_another_are_not_one_title_in_two_rows() -> None:
    shelf = [
        down("Memorias", 100, 100, 200, 20),
        down("Sergi Pàmies", 100, 340, 120, 20),
        down("Bicicletas", 122, 100, 200, 20),
        down("Sergi Pàmies", 122, 340, 120, 20),
    ]
    assert texts(shelf) == ["Memorias Sergi Pàmies", "Bicicletas Sergi Pàmies"]


@pytest.mark.parametrize("text", ["N 837 Pas", "330", "Pal", "4", "É", "20", "--"])
def test_what_is_no_book_makes_no_spine(text: str) -> None:
    assert texts([across(text, 100, 100, 60, 20)]) == []


def test_a_title_of_digits_counts_beside_its_author() -> None:
    assert texts([down("1984", 100, 100, 100, 30), down("George Orwell", 101, 250, 200, 26)]) == ["1984 George Orwell"]


def test_confidence_weighs_by_letters() -> None:
    lines = [down("A long title of a book", 100, 100, 300, 30), replace(down("Poe", 101, 450, 60, 28), confidence=0.5)]
    (spine,) = spines_of(lines, SIDE, SIDE)
    assert spine.confidence == pytest.approx((17 * 0.9 + 3 * 0.5) / 20, abs=0.001)


layouts = st.lists(
    st.builds(
        lambda kind, text, x, y, length, height: kind(text, x, y, length, height),
        st.sampled_from([across, down, up]),
        st.text(alphabet="abcdefgh ÅÉ12", min_size=1, max_size=12),
        *(st.integers(0, 700).map(float),) * 2,
        st.integers(20, 290).map(float),
        st.integers(8, 60).map(float),
    ),
    max_size=12,
)


@given(layouts)
@settings(max_examples=60, deadline=None)
def test_no_line_stands_on_two_spines_and_boxes_are_within(lines: list[Line]) -> None:
    named = [replace(line, text=f"{line.text.strip()} x{place}q") for place, line in enumerate(lines)]
    spines = spines_of(named, SIDE, SIDE)
    placed = [line.text for spine in spines for line in spine.lines]
    assert len(placed) == len(set(placed)) and set(placed) <= {line.text.strip() for line in named}
    for spine in spines:
        assert 0 <= spine.box.x1 < spine.box.x2 <= 1 and 0 <= spine.box.y1 < spine.box.y2 <= 1
        assert all(0 <= line.start <= line.end <= 1 and 0 < line.size <= 1 for line in spine.lines)


@given(layouts, st.integers(0, 500), st.sampled_from([0.5, 2.0, 4.0]))
@settings(max_examples=60, deadline=None)
def test_moving_and_scaling_the_picture_changes_nothing(lines: list[Line], shift: int, scale: float) -> None:
    moved = [replace(line, points=tuple(((x + shift) * scale, (y + shift) * scale) for x, y in line.points)) for line in lines]
    before, after = spines_of(lines, 2000, 2000), spines_of(moved, round(2000 * scale), round(2000 * scale))
    assert sorted(spine.text for spine in before) == sorted(spine.text for spine in after)
