"""ISBNs in print, told from other numbers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanning.detections import Box, Detection, Line, Point
from scanning.photos.printed_isbns import is_number_line, printed_isbns, with_printed_isbns
from search.identifiers import parse_isbn
from tests.scanning.photos.barcodes import with_check

DUNE = "9780441172719"
PAINTED = "0306406152"  # the example of ISO 2108
HEIGHT = 20.0


def line(text: str, x: float = 0.0, y: float = 0.0, turn: float = 0.0, height: float = HEIGHT) -> Line:
    """A line of a row that begins at x, y of a page which is turned by so many radians."""

    def at(px: float, py: float) -> Point:
        return px * math.cos(turn) - py * math.sin(turn), px * math.sin(turn) + py * math.cos(turn)

    right = x + 0.6 * height * len(text)
    return Line(text, 0.9, (at(x, y), at(right, y), at(right, y + height), at(x, y + height)))


def row(*texts: str, turn: float = 0.0, gap: float = HEIGHT) -> list[Line]:
    lines: list[Line] = []
    x = 0.0
    for text in texts:
        lines.append(line(text, x, turn=turn))
        x += 0.6 * HEIGHT * len(text) + gap
    return lines


def numbers(lines: list[Line]) -> list[str]:
    return [isbn for isbn, _ in printed_isbns(lines)]


@pytest.mark.parametrize(
    "text",
    [
        "9780441172719",
        "ISBN 978-0-441-17271-9",
        "ISBN-13: 978-0-441-17271-9 (pbk)",
        "ISBN978–0–441–17271–9",
        "9 780441 172719",
        "9 780441 172719 >",
        "9 780441 172719 50799",
        "isbn 0-441-17271-7",
        "ISBN-10: 0 441 17271 7",
        "1SBN 0441172717",
        "Ace, New York. ISBN 0-441-17271-7. Printed in the USA",
    ],
)
def test_an_isbn_in_any_print_is_read(text: str) -> None:
    assert numbers([line(text)]) == [DUNE]


@pytest.mark.parametrize(
    "text",
    [
        PAINTED,  # right check digit, without the word
        "Tel. 0306406152",
        "ISBN 0306406153",
        "978-0-441-17271-8",
        "97804411727190",
        "19780441172719",
        "979-0-2600-0043-8",  # printed music
        "5 449000 039231",
        "0 71831 00799 5",
        "ISBN",
        "Dune",
        "",
    ],
)
def test_other_numbers_are_no_isbn(text: str) -> None:
    assert numbers([line(text)]) == []


@pytest.mark.parametrize("turn", [0.0, 0.1, math.pi / 2, math.pi, -2.0])
@pytest.mark.parametrize(
    "texts", [("9 780441", "172719"), ("ISBN", "978-0-441-17271-9"), ("ISBN", "0-441-", "17271-7"), ("9", "780441", "172719")]
)
def test_a_number_broken_over_boxes_of_a_row_is_one(texts: tuple[str, ...], turn: float) -> None:
    shuffled = row(*texts, turn=turn)[::-1]
    [(isbn, lines)] = printed_isbns(shuffled)
    assert isbn == DUNE
    assert [each.text for each in lines] == [text for text in texts if text != "ISBN" or "978-0-441-17271-9" not in texts]


def test_boxes_that_are_not_of_one_row_are_not_joined() -> None:
    first = line("9 780441")
    below = line("172719", 0, 30)
    far = line("172719", 400)
    larger = line("172719", 110, 0, height=60)
    for other in (below, far, larger):
        assert numbers([first, other]) == []


def test_each_isbn_is_told_once_with_its_line() -> None:
    lines = [line("ISBN 978-0-441-17271-9"), line("9 780441 172719", 0, 100), line("ISBN 0-306-40615-2", 0, 200)]
    assert printed_isbns(lines) == [(DUNE, (lines[0],)), ("9780306406157", (lines[2],))]


@given(
    st.from_regex(r"97(8|91)[0-9]{9,10}", fullmatch=True).map(lambda text: with_check(text[:12])),
    st.sampled_from(["", " ", "-"]),
    st.data(),
)
def test_any_isbn_with_any_breaks_is_read(code: str, sign: str, data: st.DataObject) -> None:
    breaks = data.draw(st.sets(st.integers(1, 12), max_size=5))
    text = "".join((sign if place in breaks else "") + digit for place, digit in enumerate(code))
    assert numbers([line(text)]) == [code]
    cut = data.draw(st.integers(1, 12))
    assert numbers(row(code[:cut], code[cut:])) == [code]


@given(st.from_regex(r"[0-8][0-9]{11}", fullmatch=True).map(with_check))
def test_no_retail_number_is_an_isbn(code: str) -> None:
    assert numbers([line(code)]) == numbers([line(f"{code[0]} {code[1:7]} {code[7:]}")]) == []
    assert is_number_line(code)


@given(st.text(st.sampled_from("ISBN1X0-789 :>."), max_size=30))
def test_anything_found_is_a_valid_isbn(text: str) -> None:
    assert all(parse_isbn(isbn).isbn13 == isbn for isbn in numbers([line(text)]))


@pytest.mark.parametrize(
    "text",
    [
        DUNE,
        "9 780441 172719",
        "9 780441 172718",  # misread, but printed as only barcodes are
        "780441",
        "5 449000 039231 >",
        "0 71831 00799 5",
        "9780441172719 50799",
        "ISBN 0-441-17271-7",
        "ISBN-13: 978-0-441-17271-9",
        "ISBN",
    ],
)
def test_digits_of_a_barcode_are_no_title(text: str) -> None:
    assert is_number_line(text)


@pytest.mark.parametrize(
    "text", ["1984", "2666", "22/11/63", "2001", "Dune", "", "11 22 63", "20 000", "4 3 2 1", "ISBN for librarians", "1Q84"]
)
def test_titles_of_digits_are_titles(text: str) -> None:
    assert not is_number_line(text)


def printed(text: str, x: float, y: float, confidence: float = 0.98) -> Line:
    width = 10.0 * len(text)
    return Line(text, confidence, ((x, y), (x + width, y), (x + width, y + 20), (x, y + 20)))


def test_a_number_goes_to_the_text_around_it_or_stands_alone() -> None:
    cover = Detection("ocr", Box(0.0, 0.0, 0.5, 1.0), 0.9, title="Dune")
    number = printed("ISBN 978-0-441-17271-9", 50, 100)
    [told] = with_printed_isbns([cover], [number], 1000, 400)
    assert (told.title, told.isbn, told.box) == ("Dune", "9780441172719", cover.box)
    elsewhere = printed("ISBN 978-0-441-17271-9", 700, 100)
    kept, alone = with_printed_isbns([cover], [elsewhere], 1000, 400)
    assert kept == cover and (alone.isbn, alone.lines, alone.confidence) == ("9780441172719", (), 0.98) and alone.box.x1 == 0.7


def test_a_doubtful_number_and_a_second_one_are_nobodys() -> None:
    cover = Detection("ocr", Box(0.0, 0.0, 0.5, 1.0), 0.9, title="Dune", isbn="9780306406157")
    assert with_printed_isbns([cover], [printed("9780441172719", 50, 100, 0.7)], 1000, 400) == [cover]
    told = with_printed_isbns([cover], [printed("9780441172719", 50, 100)], 1000, 400)
    assert [one.isbn for one in told] == ["9780306406157", "9780441172719"]
