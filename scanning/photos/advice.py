"""Plain advice for the next photo, from what the picture was like and what came of it; none where all is well. Pure."""

from collections.abc import Sequence

from scanning.photos.candidate import Dto

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
MANY_UNSURE = 3  # books to look at, from which it is worth a word
NOTHING = "No text was found: is this a shelf?"


def suggestions(quality: Dto, books: Sequence[Dto]) -> list[str]:
    """What may help, the most useful first: of a photo's quality `{warnings, …}` and its books `{decision, …}`.

    What is wrong with the picture is told only where a book was missed: a blurred photo of which all was read is good enough.
    """
    picture = [str(sentence) for sentence in quality.get("warnings") or ()]
    if not books:
        return [NOTHING, *picture]
    decisions = [book.get("decision") for book in books]
    unreadable, unsure = decisions.count("unreadable"), decisions.count("maybe")
    if not unreadable and not unsure:
        return []
    spines = [_unread(unreadable, bool(picture))] if unreadable else []
    guesses = [f"{in_words(unsure).capitalize()} books are guesses: check them before you keep them."] if unsure >= MANY_UNSURE else []
    return [*spines, *picture, *guesses]


def in_words(number: int) -> str:
    """A number as running text has it: words up to ten."""
    return _WORDS[number] if 0 <= number < len(_WORDS) else f"{number:,}"


def _unread(count: int, has_other_advice: bool) -> str:
    """To move closer is advice for a good picture: another one has to become better first."""
    spines = f"{in_words(count).capitalize()} {'spine' if count == 1 else 'spines'} could not be read"
    return f"{spines}." if has_other_advice else f"{spines}: move closer."
