"""ISBNs and providers' ids in every form found in the wild."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.identifiers import (
    InvalidIsbn,
    Isbn,
    asin,
    digits_id,
    find_isbn,
    is_isbn_like,
    openlibrary_id,
    parse_isbn,
)
from search.isbn_groups import group_of, languages_of
from tests.search.normalisers.hostile import ANYTHING, HOSTILE, TEXTS, long_texts

SHARED_ISBNS = Path(__file__).resolve().parent.parent.parent.parent / "shared" / "data" / "isbn"
THIRTEEN, TEN = "9780306406157", "0306406152"
ENDING_IN_X = "9780804429573"  # 0-8044-2957-X
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"
SPACES = " \u00a0\u2002\u2007\u2009\u202f\u3000\t"


def check_digit(twelve: str) -> str:
    return str(-sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(twelve)) % 10)


NINE = st.text("0123456789", min_size=9, max_size=9)
ISBNS = st.one_of(
    NINE.map(lambda nine: "978" + nine), NINE.filter(lambda nine: nine[0] != "0").map(lambda nine: "979" + nine)
).map(lambda twelve: twelve + check_digit(twelve))


@pytest.mark.parametrize(
    "text",
    [
        THIRTEEN, TEN, "306406152", "978-0-306-40615-7", "978 0 306 40615 7", f"  {THIRTEEN}\n",
        f"\u200b{THIRTEEN}\ufeff",
        f"ISBN:{THIRTEEN}", f"ISBN: {THIRTEEN}", f"isbn {TEN}", f"ISBN{TEN}", f"ISBN-13: {THIRTEEN}",
        f"ISBN-10 {TEN}",
        f"ISBN10: {TEN}", f"ISBN 13 {THIRTEEN}", f"urn:isbn:{THIRTEEN}", f"URN:ISBN:{TEN}", f'="{THIRTEEN}"',
        f'="{TEN}"',
        "ISBN:\u00a0978\u20110\u2011306\u201140615\u20117",
        *(f"978{dash}0306406157" for dash in DASHES), *(f"978{space}0306406157" for space in SPACES),
    ],
)  # fmt: skip
def test_forms_of_one_isbn(text: str) -> None:
    assert parse_isbn(text) == Isbn(THIRTEEN)
    assert is_isbn_like(text)


@pytest.mark.parametrize(
    "text", ["080442957X", "080442957x", "0-8044-2957-x", "80442957X", '="080442957X"', ENDING_IN_X]
)
def test_a_last_x_counts_ten(text: str) -> None:
    assert parse_isbn(text).isbn13 == ENDING_IN_X
    assert parse_isbn(text).isbn10 == "080442957X"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"), ("  ", "empty"), ("-", "empty"), ('=""', "empty"), ("ISBN:", "empty"), ("urn:isbn:", "empty"),
        ("abc", "characters"), ("97803064061X7", "characters"), ("0826X97527", "characters"),
        ("978-0-306-40615-?", "characters"), ("９７８０３０６４０６１５７", "characters"),
        ("٩٧٨٠٣٠٦٤٠٦١٥٧", "characters"),
        (f"{THIRTEEN}; DROP TABLE", "characters"), (f"{THIRTEEN}\0", "characters"), (f"({THIRTEEN})", "characters"),
        ("12345", "length"), ("978030640615", "length"), ("97803064061577", "length"),
        (f"{THIRTEEN} 9780140328721", "length"),
        (f"{TEN} {TEN}", "length"), ("9" * 65, "length"), ("9" * 100_000, "length"),
        ("9780306406158", "checksum"), ("0826497520", "checksum"), ("306406153", "checksum"),
        ("9700000000000", "prefix"), ("9771234567003", "prefix"), ("9790260000438", "ismn"),
        ("9.78E+12", "scientific"), ("9.78031E+12", "scientific"), ("9,78031E+12", "scientific"),
        ("9.78e12", "scientific"),
        ("978E+10", "scientific"), ('="9.78E+12"', "scientific"),
    ],
)  # fmt: skip
def test_what_is_no_isbn(text: str, kind: str) -> None:
    with pytest.raises(InvalidIsbn) as caught:
        parse_isbn(text)
    assert caught.value.kind == kind
    assert caught.value.text == text[:64]
    assert str(caught.value)
    assert find_isbn(text) is None


def test_a_rounded_number_is_named_as_such() -> None:
    with pytest.raises(InvalidIsbn, match=r"spreadsheet rounded.*scientific notation.*digits are lost"):
        parse_isbn("9.78E+12")


@given(ISBNS, st.text(DASHES + SPACES, max_size=3), st.sampled_from(["", "ISBN: ", "urn:isbn:", "isbn-13 "]))
def test_any_isbn_in_any_form(isbn: str, separator: str, label: str) -> None:
    assert parse_isbn(label + separator.join([isbn[:3], isbn[3:5], isbn[5:12], isbn[12]])) == Isbn(isbn)


@given(ISBNS)
def test_ten_and_thirteen_digits_are_one(isbn: str) -> None:
    parsed = parse_isbn(isbn)
    if parsed.isbn10 is None:
        assert isbn.startswith("979")
    else:
        assert parse_isbn(parsed.isbn10) == parsed
        assert parse_isbn(parsed.isbn10.lower()) == parsed
        if parsed.isbn10[0] == "0":
            assert parse_isbn(parsed.isbn10[1:]) == parsed  # its SBN


@given(ISBNS, st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(isbn: str, place: int, by: int) -> None:
    wrong = isbn[:place] + str((int(isbn[place]) + by) % 10) + isbn[place + 1 :]
    assert find_isbn(wrong) is None


@given(TEXTS)
def test_any_text_is_read_or_refused(text: str) -> None:
    found = find_isbn(text)
    assert found is None or parse_isbn(found.isbn13) == found
    assert is_isbn_like(text) or found is None


@given(ANYTHING)
def test_other_ids_of_anything(value: object) -> None:
    for found in (openlibrary_id(value, "work"), asin(value), digits_id(value)):
        assert found is None or (found.isascii() and found.isalnum())


def test_hostile_and_long_texts() -> None:
    for text in (*HOSTILE, *long_texts()):
        assert find_isbn(text) is None
        assert not is_isbn_like(text)
        assert openlibrary_id(text, "edition") is asin(text) is digits_id(text) is None


@pytest.mark.parametrize(
    "text", ["0826497520", "978030640615", "123-456-789", "9.78E+12", "ISBN 12", "ISBN 978-0-306-40615-?"]
)
def test_a_wrong_isbn_is_still_meant_as_one(text: str) -> None:
    assert is_isbn_like(text)


@pytest.mark.parametrize(
    "text",
    ["Dune", "1984", "2001: A Space Odyssey", "1939-1945", "ISBN", "ISBN for Beginners 2", "isbnlib 3", "٣٠٦٤٠٦١٥٢٢"],
)
def test_words_are_not_meant_as_an_isbn(text: str) -> None:
    assert not is_isbn_like(text)


@pytest.mark.parametrize(
    ("begin", "group", "languages"),
    [
        ("978030640615", "978-0", {"en"}), ("978150119826", "978-1", {"en"}), ("979860240545", "979-8", {"en"}),
        ("978207040850", "978-2", {"fr"}), ("979103490001", "979-10", {"fr"}), ("978386647176", "978-3", {"de"}),
        ("978410100157", "978-4", {"ja"}), ("978842041214", "978-84", {"es", "ca", "gl", "eu"}),
        ("978602850001", "978-602", {"id"}),
        ("978629990032", "978-629", {"ms", "en"}), ("978953000001", "978-953", {"hr"}),
        ("978994100001", "978-9941", {"ka"}),
        ("978999370001", "978-99937", {"zh", "pt"}), ("978938271100", "978-93", set()),
        ("978921000000", "978-92", set()),
        ("978613000001", "978-613", set()), ("978699999999", "978", set()), ("979999999999", "979", set()),
    ],
)  # fmt: skip
def test_groups_and_their_languages(begin: str, group: str, languages: set[str]) -> None:
    isbn = parse_isbn(begin + check_digit(begin))
    assert isbn.group == group
    assert set(isbn.languages) == languages


@given(ISBNS)
def test_a_group_is_the_beginning_of_its_isbn(isbn: str) -> None:
    group = group_of(isbn)
    assert isbn.startswith(group.replace("-", ""))
    assert all(len(code) == 2 for code in languages_of(group))


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("/works/OL45W", "work", "OL45W"), ("OL45W", "work", "OL45W"), ("/books/OL7M", "edition", "OL7M"),
        ("OL3A", "author", "OL3A"),
        ("https://openlibrary.org/works/OL45W", "work", "OL45W"), ("OL45M", "work", None), ("OL45W", "author", None),
        ("ol45w", "work", None),
        ("OL45W/../x", "work", None), ("OL45W\n", "work", None), ("xOL45W", "work", None), ("OLW", "work", None),
        (45, "work", None),
    ],
)  # fmt: skip
def test_openlibrary_ids(text: object, kind: str, found: str | None) -> None:
    assert openlibrary_id(text, kind) == found  # type: ignore[arg-type]


def test_amazon_and_numeric_ids() -> None:
    assert asin("B00ABC1234") == "B00ABC1234"
    assert asin(TEN) is asin("b00abc1234") is asin("B00ABC123") is asin(None) is None
    assert (digits_id("44767458"), digits_id(44767458), digits_id(" 5 ")) == ("44767458", "44767458", "5")
    assert (
        digits_id("0")
        is digits_id("05")
        is digits_id("5a")
        is digits_id(True)
        is digits_id(-5)
        is digits_id("１")
        is None
    )


def cells(name: str) -> list[dict[str, str]]:
    path = SHARED_ISBNS / name
    if not path.exists():
        pytest.skip("the shared data is not here")
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def test_published_vectors() -> None:
    for row in cells("vectors.tsv"):
        found = find_isbn(row["raw"])
        if row["kind_by_my_check"] in ("isbn10", "isbn13"):
            assert (found is not None) == (row["checksum_ok"] == "True"), row


def test_cells_of_real_exports() -> None:
    rows = cells("observed_in_exports.tsv")
    for row in rows:
        found = find_isbn(row["raw"])
        if found is not None:
            assert row["checksum_ok"] == "True" and len(row["digits"]) in (9, 10, 13), row
        elif row["checksum_ok"] == "True":
            assert not row["digits"].startswith(("978", "979")) or row["digits"].startswith("9790"), row
    assert any(find_isbn(row["raw"]) for row in rows)
