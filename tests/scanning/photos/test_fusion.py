"""Several engines, several photos, one list: what is one book is one, and two copies stay two."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanning.detections import Box, Detection, Seen, SpineLine
from scanning.photos.batches import merged_books
from scanning.photos.fusion import fused, joined_engines
from scanning.photos.fusion_doubles import without_doubles
from scanning.photos.fusion_texts import understood_alike

DUNE, EMMA, REBECCA = "9780441172719", "9780141439587", "9780380730407"
WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def at(x: float, width: float = 0.05, y: float = 0.1, height: float = 0.8) -> Box:
    return Box(x, y, x + width, y + height)


def lines(*texts: str) -> tuple[SpineLine, ...]:
    return tuple(SpineLine(text, 0.9, 1.0, n / len(texts), (n + 1) / len(texts)) for n, text in enumerate(texts))


def ocr(box: Box, *texts: str, isbn: str | None = None, confidence: float = 0.8) -> Detection:
    return Detection("ocr", box, confidence, isbn=isbn, lines=lines(*texts))


def told(box: Box, title: str | None, author: str | None = None, isbn: str | None = None, confidence: float = 0.8) -> Detection:
    return Detection("gemini", box, confidence, title, author, isbn)


def barcode(box: Box, isbn: str) -> Detection:
    return Detection("barcode", box, 1.0, isbn=isbn)


def fuse(*detections: Detection) -> list[Detection]:
    return fused([Seen(name, tuple(one for one in detections if one.engine == name)) for name in ("gemini", "ocr", "barcode")])


# -- one spine, two engines


def test_letters_and_what_they_mean() -> None:
    [found] = fuse(ocr(at(0.2), "DAPHNE DU MAURIER", "REBECCA"), told(at(0.19, 0.07, 0.0, 1.0), "Rebecca", "Daphne du Maurier"))
    assert (found.title, found.author, found.engine) == ("Rebecca", "Daphne du Maurier", "ocr+gemini")
    assert [line.text for line in found.lines] == ["DAPHNE DU MAURIER", "REBECCA"] and found.box == at(0.2)
    assert 0.8 < found.confidence <= 1


@pytest.mark.parametrize(
    ("title", "author", "texts", "is_one"),
    [
        ("The Silent River", "Amara Abara", ("THE SILENTRIVER", "AMARA ABARA"), True),
        ("The Silent River", "Amara Abara", ("TIIE SILFNT R1VER", "AMARA ABAPA"), True),
        ("Educated: A Memoir", "Tara Westover", ("EDUCATED", "TARA WESTOVER", "HUTCHINSON"), True),
        ("Carrie", "Stephen King", ("STEPHEN KING", "CARRIE"), True),
        ("It", "Stephen King", ("STEPHEN KING", "CARRIE"), False),
        ("Harry Potter and the Goblet of Fire", "J. K. Rowling", ("HARRY POTTER and the Order of the Phoenix", "J.K. ROWLING"), False),
        ("Emma", "Jane Austen", ("PERSUASION", "JANE AUSTEN"), False),
        ("Passing", "Nella Larsen", ("REGENERATION", "PAT BARKER"), False),
        (None, "Stephen King", ("STEPHEN KING", "CARRIE"), True),
    ],
)
def test_which_texts_are_one_books(title: str | None, author: str, texts: tuple[str, ...], is_one: bool) -> None:
    assert len(fuse(ocr(at(0.2), *texts), told(at(0.2), title, author))) == (1 if is_one else 2)
    assert (understood_alike(told(WHOLE, title, author), ocr(WHOLE, *texts)) >= 0.6) is is_one


def test_a_loose_box_over_three_spines_joins_the_one_it_means() -> None:
    spines = [ocr(at(0.1), "EMMA", "JANE AUSTEN"), ocr(at(0.15), "PERSUASION", "JANE AUSTEN"), ocr(at(0.2), "DUNE", "FRANK HERBERT")]
    found = fuse(*spines, told(at(0.1, 0.15), "Persuasion", "Jane Austen"))
    assert len(found) == 3 and [one.title for one in found] == [None, "Persuasion", None]


def test_two_copies_side_by_side_stay_two() -> None:
    spines = [ocr(at(x), "EMMA", "JANE AUSTEN") for x in (0.1, 0.15)]
    models = [told(at(x, 0.06), "Emma", "Jane Austen") for x in (0.095, 0.145)]
    found = fuse(*spines, *models)
    assert [one.engine for one in found] == ["ocr+gemini"] * 2 and {one.box for one in found} == {at(0.1), at(0.15)}
    assert len(fuse(*spines)) == len(fuse(*models)) == 2


def test_a_box_beside_the_spine_it_means() -> None:
    spines = ocr(at(0.1), "EMMA", "JANE AUSTEN"), ocr(at(0.15), "DUNE", "FRANK HERBERT")
    [emma, dune] = fuse(*spines, told(at(0.152), "Emma", "Jane Austen"))
    assert (emma.engine, emma.title, dune.engine) == ("ocr+gemini", "Emma", "ocr")
    assert len(fuse(*spines, told(at(0.3), "Emma", "Jane Austen"))) == 3  # another copy, farther away
    assert len(fuse(*spines, told(at(0.152), "Ema Novak"), told(at(0.152), None, "Jane"))) == 4  # not sure enough to be moved


def test_one_models_book_for_two_spines_goes_to_one_of_them() -> None:
    found = fuse(ocr(at(0.1), "EMMA"), ocr(at(0.15), "EMMA"), told(at(0.1, 0.1), "Emma"))
    assert sorted(one.engine for one in found) == ["ocr", "ocr+gemini"]


def test_a_spine_that_one_engine_could_not_read() -> None:
    [found] = fuse(ocr(at(0.1), "II"), told(at(0.1), "Emma", "Jane Austen"))
    assert found.title == "Emma" and found.text == "II" and found.confidence == 0.8
    [other] = fuse(ocr(at(0.1), "EMMA", "JANE AUSTEN"), told(at(0.1), None))
    assert other.title is None and other.text == "EMMA JANE AUSTEN"
    assert len(fuse(ocr(at(0.1), "II"), told(at(0.4), "Emma", "Jane Austen"))) == 2


def test_a_model_that_repeats_itself_saw_one() -> None:
    assert len(fuse(told(at(0.1), "Emma", "Jane Austen"), told(at(0.105), "Emma", "Jane Austen", confidence=0.5), told(at(0.1), None))) == 1
    assert len(fuse(told(at(0.1), "Emma", "Jane Austen"), told(at(0.105), "Dune", "Frank Herbert"))) == 2


# -- numbers


def test_one_number_is_one_book() -> None:
    back, front = Box(0.1, 0.1, 0.3, 0.2), Box(0.05, 0.0, 0.4, 0.5)
    [found] = fuse(barcode(back, DUNE), told(front, "Dune", "Frank Herbert", DUNE), ocr(back, "DUNE", isbn=DUNE))
    assert found.text == "DUNE" and (found.engine, found.isbn, found.title, found.box, found.confidence) == (
        "barcode+ocr+gemini",
        DUNE,
        "Dune",
        back,
        1.0,
    )


def test_a_barcode_takes_no_text_by_place_alone() -> None:
    cover = Box(0.0, 0.0, 0.5, 0.9)
    found = fuse(barcode(Box(0.1, 0.7, 0.3, 0.8), DUNE), ocr(cover, "A novel of the desert"), told(cover, "Sand and Spice", "Somebody"))
    assert sorted(one.engine for one in found) == ["barcode", "gemini", "ocr"]


def test_digits_under_bars_are_nobodys_title() -> None:
    bars = Box(0.1, 0.7, 0.3, 0.8)
    assert [one.engine for one in fuse(barcode(bars, DUNE), ocr(Box(0.1, 0.8, 0.3, 0.82), "9 78O441 172719"))] == ["barcode"]
    assert fuse(ocr(bars, "4 006381 333931"), told(bars, "4006381333931")) == []
    [found] = fuse(ocr(bars, "4006381333931", "EMMA"))
    assert found.text == "EMMA"


def test_a_title_of_digits_stays() -> None:
    assert {one.text for one in fuse(ocr(at(0.1), "1984"), ocr(at(0.2), "2666", "ROBERTO BOLAÑO"))} == {"1984", "2666 ROBERTO BOLAÑO"}


def test_a_number_that_a_model_gives_to_two_books_is_only_one_of_theirs() -> None:
    found = fuse(told(at(0.1), "Dune", "Frank Herbert", DUNE, 0.9), told(at(0.5), "Emma", "Jane Austen", DUNE))
    assert {(one.title, one.isbn) for one in found} == {("Dune", DUNE), ("Emma", None)}


# -- tiles


def test_a_book_on_the_edge_of_two_tiles_is_one() -> None:
    left, right = Box(0.0, 0.0, 0.55, 1.0), Box(0.45, 0.0, 1.0, 1.0)
    whole, cut = told(Box(0.5, 0.1, 0.6, 0.9), "The Silent River", "Amara Abara"), told(Box(0.5, 0.1, 0.55, 0.9), "The Silent")
    [found] = without_doubles([(left, [cut]), (right, [whole])])
    assert found.title == "The Silent River" and found.box == whole.box
    top, bottom = Box(0.0, 0.0, 1.0, 0.55), Box(0.0, 0.45, 1.0, 1.0)
    halves = told(at(0.1, y=0.1, height=0.45), "Persuasion"), told(at(0.1, y=0.45, height=0.45), "Persuasion", "Jane Austen")
    [tall] = without_doubles([(top, halves[:1]), (bottom, halves[1:])])  # both see a fifth of it
    assert tall.author == "Jane Austen" and (tall.box.y1, tall.box.y2) == (0.1, 0.9)
    copies = [told(at(0.46, 0.03), "Emma"), told(at(0.50, 0.03), "Emma")]
    assert len(without_doubles([(left, copies), (right, copies)])) == 2


# -- rules


words = st.sampled_from(
    ["Emma", "Dune", "Rebecca", "Carrie", "Passing", "Persuasion", "Jane Austen", "Stephen King", "II", "4006381333931"]
)
isbns = st.none() | st.sampled_from([DUNE, EMMA, REBECCA])
boxes = st.builds(
    at, st.integers(0, 18).map(lambda n: n / 20), st.sampled_from([0.04, 0.05, 0.1]), st.sampled_from([0.1, 0.5]), st.just(0.4)
)
shares = st.floats(0, 1)
spines_of_ocr = st.lists(
    st.tuples(boxes, st.lists(words, min_size=1, max_size=2), isbns, shares), max_size=5, unique_by=lambda spine: (spine[0].x1, spine[0].y1)
).map(lambda spines: [ocr(box, *texts, isbn=isbn, confidence=sure) for box, texts, isbn, sure in spines])
books_of_gemini = st.lists(st.builds(told, boxes, st.none() | words, st.none() | words, isbns, shares), max_size=5)
bars = st.lists(st.builds(barcode, boxes, st.sampled_from([DUNE, EMMA])), max_size=3)


@given(spines_of_ocr, books_of_gemini, bars)
def test_what_holds_of_all_photos(spines: list[Detection], models: list[Detection], codes: list[Detection]) -> None:
    seen = [Seen("ocr", tuple(spines)), Seen("gemini", tuple(models)), Seen("barcode", tuple(codes))]
    found = fused(seen)
    for order in itertools.permutations(seen):
        assert fused([Seen(one.engine, one.detections[::-1]) for one in order]) == found
    assert len(found) <= len(spines) + len(models) + len(codes)
    numbers = [one.isbn for one in found if one.isbn]
    assert len(numbers) == len(set(numbers)) and {one.isbn for one in codes} <= set(numbers)
    assert all(0 <= one.confidence <= 1 and "4006381333931" not in f"{one.text}{one.title}{one.author}" for one in found)
    assert all(one.engine == joined_engines([one.engine]) for one in found)


@given(st.lists(boxes, max_size=6, unique_by=lambda box: (box.x1, box.y1)), books_of_gemini)
def test_every_line_that_was_read_is_in_one_book(places: list[Box], models: list[Detection]) -> None:
    read = [ocr(box, f"{'ABCDEF'[n] * 7} {'UVWXYZ'[n] * 6}") for n, box in enumerate(places)]
    found = fuse(*read, *models)
    assert sorted(line.text for one in found for line in one.lines) == sorted(one.text for one in read)
    assert all(len(one.lines) <= 1 for one in found)  # two spines are never one


# -- several photos


def result(photo: int, title: str | None = None, author: str | None = None, **more: Any) -> dict[str, Any]:
    box = {"x": 0.1, "y": 0.1, "width": 0.1, "height": 0.1}
    given = {"photo": photo, "title": title, "author": author, "isbn": None, "confidence": 0.8, "boundingBox": box, "decision": "found"}
    return {**given, "engine": "ocr", "enrichment": {}, **more}


def work(number: str) -> dict[str, Any]:
    return {"enrichment": {"work": {"id": number}}}


def test_the_same_book_on_several_photos_is_one() -> None:
    [found] = merged_books(
        [
            result(0, "Dune", "Frank Herbert", confidence=0.6),
            result(1, "DUNE", "Herbert, Frank", isbn=DUNE),
            result(2, isbn=DUNE, engine="barcode"),
        ]
    )
    assert found["photo"] == 1 and [one["photo"] for one in found["seenIn"]] == [0, 2] and "boundingBox" in found["seenIn"][0]
    [same] = merged_books([result(0, "Dune", "Frank Herbert", **work("w1")), result(1, "Der Wüstenplanet", "Frank Herbert", **work("w1"))])
    assert same["photo"] == 0


def test_different_books_stay_apart() -> None:
    apart = [
        [result(0, "Dune"), result(1, "Dune")],  # a title alone is many books'
        [result(0, "Emma", "Jane Austen"), result(1, "Emma", "Kate Author")],
        [result(0, "Emma", "Jane Austen", isbn=EMMA, engine="barcode"), result(1, "Emma", "Jane Austen", isbn=REBECCA, engine="barcode")],
        [result(0, decision="unreadable"), result(1, decision="unreadable")],
        [result(0, "Emma", "Jane Austen", decision="unreadable"), result(1, "Emma", "Jane Austen")],
        [result(0, "Emma", "Jane Austen"), result(1, "Emma", "Jane Austen", decision="unreadable")],
    ]
    for books in apart:
        assert [one["seenIn"] for one in merged_books(books)] == [[], []]


def test_copies_on_one_photo_are_copies_on_the_next() -> None:
    def copies(photo: int, count: int) -> list[dict[str, Any]]:
        return [result(photo, "Emma", "Jane Austen", isbn=EMMA) for _ in range(count)]

    found = merged_books([*copies(0, 2), *copies(1, 3), *copies(2, 1)])
    assert [len(one["seenIn"]) for one in found] == [2, 1, 0] and [one["photo"] for one in found] == [0, 0, 1]


def test_the_surest_pair_goes_first() -> None:
    found = merged_books(
        [result(0, "Emma", "Jane Austen", isbn=EMMA), result(1, "Emma", "Jane Austen"), result(1, "EMMA", None, isbn=EMMA)]
    )
    assert len(found) == 2 and found[0]["seenIn"] and found[1]["title"] == "Emma" and not found[1]["seenIn"]


def test_a_number_without_a_book_is_known_all_the_same() -> None:
    assert len(merged_books([result(0, isbn=DUNE, decision="unreadable"), result(1, isbn=DUNE, decision="unreadable")])) == 1


@given(
    st.lists(
        st.builds(
            result, st.integers(0, 3), st.none() | words, st.none() | words, isbn=isbns, decision=st.sampled_from(["found", "unreadable"])
        )
    )
)
def test_no_book_of_any_photo_is_lost(books: list[dict[str, Any]]) -> None:
    before = [dict(one) for one in books]
    found = merged_books(books)
    assert sum(1 + len(one["seenIn"]) for one in found) == len(books) and books == before
    for one in found:
        photos = [one["photo"], *(other["photo"] for other in one["seenIn"])]
        assert len(photos) == len(set(photos))
