"""Spines and books for tests of the matching."""

from scanning.detections import Box, Detection, SpineLine
from scanning.photos.candidate import Candidate


def spine(*lines: "str | tuple[str, float]", at: float = 0.0, title: str | None = None, author: str | None = None) -> Detection:
    """A spine with these lines, or (line, size), standing at that place of the photo's width."""
    sized = [(line, 1.0) if isinstance(line, str) else line for line in lines]
    box = Box(at, 0.1, at + 0.03, 0.9)
    return Detection("ocr", box, 0.9, title, author, lines=tuple(SpineLine(text, 0.9, size, 0.0, 1.0) for text, size in sized))


def book(title: str, *authors: str, subtitle: str = "", series: str = "", language: str = "", isbn: str = "", key: str = "") -> Candidate:
    """A candidate; its key is made of title and authors where none is given."""
    return Candidate(key or f"{title}|{authors}", title, subtitle, authors, series, language, (isbn,) if isbn else ())


KING = book("Carrie", "Stephen King")
BOOKS = (
    KING,
    book("Carrie Fisher: A Life on the Edge", "Sheila Weller"),
    book("Sister Carrie", "Theodore Dreiser"),
    book("Rebecca", "Daphne du Maurier"),
    book("Passing", "Nella Larsen"),
    book("Passing Strange", "Ellen Klages"),
    book("Babel", "R. F. Kuang"),
    book("Babel-17", "Samuel R. Delany"),
    book("The Republic of Tea", "Mel Ziegler", "Patricia Ziegler", "Bill Rosenzweig"),
    book("The Republic", "Plato"),
    book("Between the Acts", "Virginia Woolf"),
    book("The Waves", "Virginia Woolf"),
    book("We Wish to Inform You That Tomorrow We Will Be Killed with Our Families", "Philip Gourevitch"),
    book("Emma", "Jane Austen"),
    book("Emma", "Alexander McCall Smith"),
)
