"""Advice is plain, and there is none where all is well."""

from typing import Any

import pytest

from scanning.photos.advice import in_words, suggestions

GLARE = "There is glare at the left: tilt the camera a little, or move the light."


def books(found: int = 0, maybe: int = 0, unreadable: int = 0) -> list[dict[str, Any]]:
    return [{"decision": name} for name, count in {"found": found, "maybe": maybe, "unreadable": unreadable}.items() for _ in range(count)]


def test_all_is_well() -> None:
    assert suggestions({}, books(found=12)) == [] == suggestions({"warnings": [GLARE]}, books(found=3))


def test_spines_that_could_not_be_read() -> None:
    assert suggestions({}, books(found=8, unreadable=3)) == ["Three spines could not be read: move closer."]
    assert suggestions({"warnings": []}, books(unreadable=1)) == ["One spine could not be read: move closer."]
    assert suggestions({}, books(found=8, unreadable=12)) == ["12 spines could not be read: move closer."]


def test_what_is_wrong_with_the_picture_comes_with_it() -> None:
    assert suggestions({"warnings": [GLARE]}, books(found=2, unreadable=3)) == ["Three spines could not be read.", GLARE]
    assert suggestions({"warnings": [GLARE]}, books(found=2, maybe=1)) == [GLARE]


def test_nothing_was_found() -> None:
    assert suggestions({}, []) == ["No text was found: is this a shelf?"]
    assert suggestions({"warnings": [GLARE]}, []) == ["No text was found: is this a shelf?", GLARE]


def test_guesses_are_to_be_checked() -> None:
    assert suggestions({}, books(found=5, maybe=2)) == []
    assert suggestions({}, books(found=5, maybe=4)) == ["Four books are guesses: check them before you keep them."]


@pytest.mark.parametrize(("number", "words"), [(0, "no"), (1, "one"), (10, "ten"), (11, "11"), (1_200, "1,200")])
def test_numbers_are_words_up_to_ten(number: int, words: str) -> None:
    assert in_words(number) == words
