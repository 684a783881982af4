"""Books of several photos as one list: what stands on two photos is one book. Pure.

The same book by ISBN, by title and author, or by work. Copies on one photo stay several; the second copy there is the second copy on the
next photo. What could not be read is never the same as anything. Source: spec 06, "Bookshelf scan", Batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanning.photos.candidate import Dto
from search.normalisers.names import author_key
from search.normalisers.text import search_key

_DECISIONS = {"found": 2, "maybe": 1}


@dataclass(slots=True)
class _Book:
    """A book as it was seen so far, at most once a photo."""

    seen: list[Dto] = field(default_factory=list)

    def is_on(self, photo: Any) -> bool:
        return any(one.get("photo") == photo for one in self.seen)


def merged_books(books: Sequence[Dto]) -> list[Dto]:
    """Each book once, as the photo shows it that shows it best; `seenIn` is `[{photo, boundingBox}]` of the others.

    The books are results, each with the number of its `photo`. Give it all of them, once: copies are told from one book by their photo.
    """
    found: list[_Book] = []
    for photo in dict.fromkeys(one.get("photo") for one in books):
        _lay(found, photo, [one for one in books if one.get("photo") == photo])
    return [_best(book) for book in found]


def _lay(found: list[_Book], photo: Any, books: Sequence[Dto]) -> None:
    """The books of one more photo, the surest pairs first; what is new goes behind, in its order."""
    left = list(books)
    for is_same in _SAMENESS:
        for one in tuple(left):
            book = next((book for book in found if not book.is_on(photo) and _agrees(book, one, is_same)), None)
            if book is not None:
                book.seen.append(one)
                left = [other for other in left if other is not one]  # two copies may be equal in every member
    found.extend(_Book([one]) for one in left)


def _agrees(book: _Book, one: Dto, is_same: Callable[[Dto, Dto], bool]) -> bool:
    if _is_unread(one) or any(_is_unread(other) or _differ(other, one) for other in book.seen):
        return False
    return any(is_same(other, one) for other in book.seen)


def _is_unread(book: Dto) -> bool:
    """Nothing is known of it; a number is something, be the book found by it or not."""
    return book.get("decision") not in _DECISIONS and not book.get("isbn")


def _differ(one: Dto, other: Dto) -> bool:
    """Two barcodes with two numbers are two books, whatever else agrees."""
    numbers = {book.get("isbn") for book in (one, other) if "barcode" in str(book.get("engine") or "").split("+") and book.get("isbn")}
    return len(numbers) > 1


def _same_isbn(one: Dto, other: Dto) -> bool:
    return bool(one.get("isbn")) and one.get("isbn") == other.get("isbn")


def _same_text(one: Dto, other: Dto) -> bool:
    keys = _text_key(one)
    return keys is not None and keys == _text_key(other)


def _same_work(one: Dto, other: Dto) -> bool:
    work = _work_id(one)
    return work is not None and work == _work_id(other)


_SAMENESS = (_same_isbn, _same_text, _same_work)


def _text_key(book: Dto) -> tuple[str, str] | None:
    """Title and author folded; None where either is missing: a title alone is many books'."""
    title, author = book.get("title"), book.get("author")
    return (search_key(title), author_key(author)) if title and author else None


def _work_id(book: Dto) -> str | None:
    """The work that it was matched with."""
    enrichment = book.get("enrichment") or {}
    work = enrichment.get("work") or next(iter(enrichment.get("works") or ()), None) or {}
    return str(work["id"]) if work.get("id") else None


def _best(book: _Book) -> Dto:
    best = max(book.seen, key=_worth)
    others = [{"photo": one.get("photo"), "boundingBox": one.get("boundingBox")} for one in book.seen if one is not best]
    return {**best, "seenIn": [*(best.get("seenIn") or ()), *others]}


def _worth(book: Dto) -> tuple[int, bool, float]:
    return _DECISIONS.get(str(book.get("decision")), 0), bool(book.get("isbn")), float(book.get("confidence") or 0.0)
