"""Two books taken for one spine, parted by what the catalogue knows; and spines that must stay whole."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanning.detections import Box, Detection, SpineLine
from scanning.photos.splitting import explained, own_box, parted
from tests.scanning.photos.spines import BOOKS, book, spine

CARRIE, REBECCA = book("Carrie", "Stephen King"), book("Rebecca", "Daphne du Maurier")
LONG = next(each for each in BOOKS if each.title.startswith("We Wish"))
PASSING = book("Passing", "Nella Larsen")


def line(text: str, left: float, top: float, width: float = 0.03, height: float = 0.2) -> SpineLine:
    """A line of a spine at that place of the photo."""
    return SpineLine(text, 0.9, 1.0, top, min(1.0, top + height), 0, Box(left, top, left + width, top + height))


def seen(*lines: SpineLine) -> Detection:
    """A spine with these lines, in a box around all of them."""
    boxes = [each.box for each in lines if each.box]
    around = Box(min(box.x1 for box in boxes), min(box.y1 for box in boxes), max(box.x2 for box in boxes), max(box.y2 for box in boxes))
    return Detection("ocr", around, 0.9, lines=lines)


TWO = seen(line("CARRIE", 0.1, 0.1), line("Stephen King", 0.1, 0.4), line("Rebecca", 0.2, 0.1), line("Daphne du Maurier", 0.2, 0.4))


def texts(detections: list[Detection]) -> list[str]:
    return [detection.text for detection in detections]


def test_two_books_with_their_authors_are_parted_each_in_a_box_around_its_own_lines() -> None:
    parts, offers = parted([TWO], [BOOKS])
    assert texts(parts) == ["CARRIE Stephen King", "Rebecca Daphne du Maurier"]
    assert [side for part in parts for side in (part.box.x1, part.box.x2)] == pytest.approx([0.1, 0.13, 0.2, 0.23])
    assert offers == [list(BOOKS)] * 2


def test_three_books_become_three() -> None:
    third = (line("PASSING", 0.3, 0.1), line("Nella Larsen", 0.3, 0.4))
    parts, _ = parted([seen(*TWO.lines, *third)], [BOOKS])
    assert texts(parts) == ["CARRIE Stephen King", "Rebecca Daphne du Maurier", "PASSING Nella Larsen"]


def test_an_imprint_goes_to_the_nearer_book_and_stretches_no_box() -> None:
    foot = line("Brightwater", 0.19, 0.9, 0.05, 0.03)
    parts, _ = parted([seen(*TWO.lines, foot)], [BOOKS])
    assert texts(parts) == ["CARRIE Stephen King", "Rebecca Daphne du Maurier Brightwater"]
    assert parts[1].box.y2 == pytest.approx(0.6)


def test_the_order_of_what_is_not_parted_is_kept() -> None:
    one, other = seen(line("PASSING Nella Larsen", 0.0, 0.1)), seen(line("Emma Jane Austen", 0.5, 0.1))
    parts, offers = parted([one, TWO, other], [[PASSING], BOOKS, []])
    assert texts(parts) == [one.text, "CARRIE Stephen King", "Rebecca Daphne du Maurier", other.text]
    assert (offers[0], offers[3]) == ([PASSING], [])


WHOLE = {
    "an author whose life is another book": (("Carrie", "Stephen King", "Novel"), (CARRIE, book("Stephen King", "George Beahm"))),
    "two novels by one author in one volume": (("Between the Acts", "The Waves", "Virginia Woolf"), BOOKS),
    "a title without its author beside a book": (("Carrie", "Stephen King", LONG.title), (CARRIE, LONG)),
    "one work under two keys": (("Carrie", "Stephen King", "Carrie"), (CARRIE, replace(CARRIE, key="other"))),
    "a title over three lines": (("We Wish to Inform You", "That Tomorrow We Will Be Killed", "Philip Gourevitch"), BOOKS),
    "two lines": (("Carrie Stephen King", "Rebecca Daphne du Maurier"), BOOKS),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_stays_whole(name: str) -> None:
    words, offers = WHOLE[name]
    whole = seen(*(line(text, 0.1, 0.1 + 0.25 * place) for place, text in enumerate(words)))
    assert parted([whole], [offers]) == ([whole], [list(offers)])


def test_lines_whose_place_is_not_known_and_books_with_an_isbn_stay_as_they_are() -> None:
    unplaced = spine(*(each.text for each in TWO.lines))
    numbered = replace(TWO, isbn="9780307743664")
    assert parted([unplaced, numbered], [BOOKS, BOOKS])[0] == [unplaced, numbered]


def test_the_box_of_a_book_is_around_its_own_lines_where_a_neighbours_was_taken_in() -> None:
    own = (line("Rebecca", 0.2, 0.1), line("Daphne du Maurier", 0.2, 0.4))
    far = seen(*own, line("Brightwater", 0.6, 0.9, 0.1, 0.03))
    assert explained(far, REBECCA) == {0, 1}
    assert own_box(far, REBECCA) == seen(*own).box
    foot = seen(*own, line("Brightwater", 0.19, 0.7, 0.05, 0.03))
    assert own_box(foot, REBECCA) == foot.box
    assert own_box(far, CARRIE) == far.box


@given(
    st.lists(
        st.tuples(
            st.sampled_from([each.title for each in BOOKS] + [each.authors[0] for each in BOOKS] + ["Brightwater", "753"]),
            st.floats(0, 0.9),
            st.floats(0, 0.75),
        ),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None)
def test_no_line_is_lost_or_doubled_and_boxes_stay_within(placed: list[tuple[str, float, float]]) -> None:
    whole = seen(*(line(text, left, top) for text, left, top in placed))
    parts, offers = parted([whole], [BOOKS])
    assert sorted(each.text for part in parts for each in part.lines) == sorted(each.text for each in whole.lines)
    assert len(parts) == len(offers)
    for part in parts:
        assert whole.box.joined(part.box) == whole.box
        assert all(0 <= each.start <= each.end <= 1 and 0 < each.size <= 1 for each in part.lines)
