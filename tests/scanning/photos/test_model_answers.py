"""What a model says is read with suspicion: nothing it invents is taken over, and no answer is too odd."""

import json
from typing import Any

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from scanning import gemini
from scanning.detections import Box
from scanning.photos.model_answers import BOOKS_AT_MOST, TEXT_CHARS, Answer, detections
from search.identifiers import parse_isbn

WHOLE = Box(0.0, 0.0, 1.0, 1.0)
DUNE = {"title": "Dune", "author": "Frank Herbert", "confidence": 0.9}


def book(x1: Any = 0.1, y1: Any = 0.1, x2: Any = 0.2, y2: Any = 0.9, **told: Any) -> dict[str, Any]:
    return {**DUNE, "boundingBox": {"x1": x1, "y1": y1, "x2": x2, "y2": y2}, **told}


def read(*told: Any) -> list[Any]:
    return detections(Answer.model_validate({"books": told}), "gemini")[0]


def test_a_bare_list_is_read_too() -> None:
    found, notes = detections(Answer.model_validate_json(json.dumps([book(), 7, None, "x", []])), "gemini")
    assert [one.title for one in found] == ["Dune"] and notes == []


@pytest.mark.parametrize(
    ("told", "sure"),
    [(7, 1.0), (-3, 0.0), ("0.8", 0.8), ("very", 0.5), (None, 0.5), (True, 0.5), (float("nan"), 0.5), (10**400, 0.5), ([], 0.5)],
)
def test_confidence_is_a_share(told: Any, sure: float) -> None:
    assert read(book(confidence=told))[0].confidence == sure


@pytest.mark.parametrize(
    "isbn", ["9780000000000", "9780441172718", "978-0-00-000000-2", "044117271", 9780441172719, "about 9780441172719", "", None]
)
def test_an_isbn_that_is_none_is_not_taken_over(isbn: Any) -> None:
    assert read(book(isbn=isbn))[0].isbn is None


@pytest.mark.parametrize(
    ("told", "kept"), [("hardcover", "Hardcover"), ("Paperback", "Paperback"), ("unknown", None), ("papyrus", None), (3, None)]
)
def test_formats_are_ours_or_none(told: Any, kept: str | None) -> None:
    assert read(book(format=told))[0].format == kept


def test_boxes_are_cut_to_the_picture() -> None:
    assert read(book(-3, 0.2, 40, 0.9))[0].box == Box(0.0, 0.2, 1.0, 0.9)
    assert read(book("0.1", 0.1, "0.3", 0.9))[0].box == Box(0.1, 0.1, 0.3, 0.9)


def test_thousandths_are_read_as_such() -> None:
    found = read(book(100, 0, 150, 900), book(1, 20, 90, 1000))
    assert found[0].box == Box(0.1, 0.0, 0.15, 0.9) and found[1].box == Box(0.001, 0.02, 0.09, 1.0)


NO_BOXES = [
    book(0.5, 0.1, 0.2, 0.9),
    book(0.2, 0.1, 0.2, 0.9),
    book(2, 0.1, 3, 0.9),
    book(None),
    book("left"),
    {**DUNE, "boundingBox": None},
    DUNE,
]


@pytest.mark.parametrize("told", NO_BOXES)
def test_a_book_without_a_place_is_left_out_beside_others_and_unsure_alone(told: dict[str, Any]) -> None:
    found, notes = detections(Answer.model_validate({"books": [told, book(0.3, 0.1, 0.4, 0.9, title="Emma")]}), "gemini")
    assert [one.title for one in found] == ["Emma"] and len(notes) == 1 and "1 book" in notes[0]
    [alone] = read(told)
    assert alone.box == WHOLE and alone.title == "Dune" and alone.confidence <= 0.5


def test_there_is_an_end_of_books_and_of_titles() -> None:
    many = [book(n / 200, 0.1, (n + 1) / 200, 0.9, title=f"Volume {n}") for n in range(130)]
    found, notes = detections(Answer.model_validate({"books": many}), "gemini")
    assert len(found) == BOOKS_AT_MOST and "30 books" in notes[0]
    assert len(read(book(title="x" * 10_000))[0].title) == TEXT_CHARS and read(book(title=" ..\t"))[0].title is None


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["9780441172719", "0.5", "1e999"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["x1", "y1", "x2", "y2", "title", "q"]), inner, max_size=5),
    max_leaves=8,
)
odd_books = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(["title", "author", "isbn", "format", "confidence", "boundingBox", "other"], anything)
)
odd_answers = anything | st.lists(odd_books | anything, max_size=5).flatmap(lambda told: st.sampled_from([told, {"books": told}]))


def read_or_unreadable(reply: types.GenerateContentResponse) -> Answer:
    """What the door makes of an answer; no books where it says that it is unreadable."""
    try:
        return gemini._read(reply, Answer)
    except gemini.GeminiFailed as failure:
        reason = failure.reason
    assert reason == "unreadable"
    return Answer(books=[])


@given(odd_answers)
def test_no_answer_is_too_odd(answer: Any) -> None:
    parts = [types.Part(text=json.dumps(answer))]
    reply = types.GenerateContentResponse(
        candidates=[types.Candidate(content=types.Content(parts=parts), finish_reason=types.FinishReason.STOP)]
    )
    for one in detections(read_or_unreadable(reply), "gemini")[0]:
        assert 0 <= one.box.x1 < one.box.x2 <= 1 and 0 <= one.box.y1 < one.box.y2 <= 1 and 0 <= one.confidence <= 1
        assert one.isbn is None or parse_isbn(one.isbn).isbn13 == one.isbn
        assert all(text is None or (text.isprintable() and 0 < len(text) <= TEXT_CHARS) for text in (one.title, one.author))


@pytest.mark.parametrize(
    "text", ['{"books": [{"title": "\ud800"}]}', '{"books": [{"title": "\\ud800"}]}', "[" * 100_000, '{"books": [NaN]}', "\ufeff{}"]
)
def test_text_that_breaks_parsers_is_unreadable_or_read(text: str) -> None:
    reply = types.GenerateContentResponse.model_construct(
        candidates=[types.Candidate.model_construct(content=types.Content.model_construct(parts=[types.Part.model_construct(text=text)]))]
    )
    assert all(one.title is None for one in read_or_unreadable(reply).books)
