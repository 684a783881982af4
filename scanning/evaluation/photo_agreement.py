"""Whether what a scan says is the book that stands there: by ISBN, or by title and author. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scanning.detections import Box
from scanning.evaluation.photo_truth import TrueBook
from search.matching import AGREES
from search.normalisers.names import author_key, author_similarity, split_authors
from search.normalisers.titles import title_similarity

Dto = Mapping[str, Any]
_BRACKETS = re.compile(r"\s*\([^()]*\)\s*\Z")


def stands_there(book: Dto, true: TrueBook) -> bool:
    """Whether the middle of a found book's box lies on the true book; yes where nobody knows its place."""
    return true.box is None or true.box.holds(box_of(book).centre)


def box_of(book: Dto) -> Box:
    """A result's box."""
    told = book["boundingBox"]
    return Box(told["x1"], told["y1"], told["x2"], told["y2"])


def is_said(book: Dto, true: TrueBook) -> bool:
    """Whether a result's book, or one of its candidates, is the true one, wherever it stands."""
    work = (book.get("enrichment") or {}).get("work") or book.get("work") or {}
    edition = (book.get("enrichment") or {}).get("edition") or book.get("edition") or {}
    if true.isbn and true.isbn in {book.get("isbn"), *work.get("isbn", ()), *edition.get("isbns", ())}:
        return True
    return any(_same_title(said, true) for said in _titles(book, work, edition)) and _same_author(list(_authors(book, work)), true.author)


def is_offered(book: Dto, true: TrueBook) -> bool:
    """Whether a book that is not sure offers the true one, as its own or among its candidates."""
    return is_said(book, true) or any(is_said(candidate, true) for candidate in book.get("candidates", ()))


def _titles(book: Dto, work: Dto, edition: Dto) -> Iterator[str]:
    for part in (book, work, edition):
        if title := part.get("title"):
            yield title
            if subtitle := part.get("subtitle"):
                yield f"{title}: {subtitle}"


def _same_title(said: str, true: TrueBook) -> bool:
    bare = _BRACKETS.sub("", said) or said  # catalogues add the series: "Saga, Vol. 3 (Saga, #3)"; spines do not
    return any(title_similarity(form, name) >= AGREES for form in (said, bare) for name in (true.title, *true.titles))


def _authors(book: Dto, work: Dto) -> Iterator[str]:
    yield from split_authors(book.get("author") or "")
    yield from (author["name"] for author in work.get("authors", ()))


def _same_author(said: list[str], true: str) -> bool:
    """Whether they have a person in common; nobody speaks against it where one of them names nobody."""
    names = split_authors(true)
    return not (said and names) or any(_same_person(one, other) for one in said for other in names)


def _same_person(said: str, true: str) -> bool:
    words, said_words = author_key(true).split(), author_key(said).split()
    if len(words) == 1:  # spines often have the surname alone
        return words[0] in said_words
    return author_similarity(said, true) >= AGREES
