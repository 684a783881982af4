"""What speaks for a book and against it on a spine, as numbers. Pure.

Words count by how rare they are; letters of the spine that the book leaves unexplained speak against it.
"""

import math
from collections.abc import Iterable

from scanning.photos.book_words import BookWords, Word
from scanning.photos.rarity import Rarity
from scanning.photos.spine_text import SpineText

NAMES = (
    "always", "title words found", "title words missing", "title share", "title in full", "title letters", "author found",
    "author share", "surname", "author not seen", "no author known", "title and author", "share unexplained",
    "letters unexplained", "subtitle found", "subtitle share", "series or publisher", "call number agrees",
    "call number of the title", "call number differs", "number agrees", "number differs", "number unread", "place in series",
    "number unexplained", "other words instead", "title alone, short",
)  # fmt: skip
IN_FULL = 0.75  # of a word: less is another word, perhaps
UNSEEN = 0.3  # of an author's name
Part = tuple[float, float, int]  # rarity found and in all, letters on the spine


def _part(spine: SpineText, words: Iterable[Word], rarity: Rarity) -> Part:
    found = whole = 0.0
    mask = 0
    for seen, word in words:
        weight = rarity(word)
        quality, letters = spine.find(seen)
        whole += weight
        found += weight * quality
        mask |= letters
    return found, whole, mask


def _author(spine: SpineText, names: Iterable[tuple[Word, ...]], title: int, rarity: Rarity) -> tuple[float, float, float, int]:
    """Of the author that is seen best: rarity found, its share, the surname's quality; and the letters of all.

    Letters that the title needs do not count: a life of Mozart is not by Mozart for that.
    """
    best = (0.0, 0.0, 0.0)
    mask = 0
    for name in names:
        found = whole = surname = 0.0
        for place, (seen, word) in enumerate(name):
            weight = rarity(word)
            quality, letters = spine.find(seen)
            whole += weight
            mask |= letters
            if letters & ~title:
                found += weight * quality
                if place or len(name) == 1:
                    surname = max(surname, quality)
        if found > best[0]:
            best = found, found / whole, surname
    return (*best, mask)


def traits(spine: SpineText, book: BookWords, rarity: Rarity) -> tuple[float, ...]:
    """A number for each of NAMES."""
    found, whole, title = _part(spine, book.title, rarity)
    author, author_share, surname, names = _author(spine, book.authors, title, rarity)
    sub_found, sub_whole, subtitle = _part(spine, book.subtitle, rarity) if book.subtitle else (0.0, 0.0, 0)
    beside, _, others = _part(spine, book.beside, rarity) if book.beside else (0.0, 0.0, 0)
    telling = spine.telling
    left = (telling & ~(title | names | subtitle | others)).bit_count()
    share = found / whole if whole else 0.0
    missing = whole - found
    alone = author_share < UNSEEN
    letters = sum(len(seen) for seen, _ in book.title) or 1
    return (
        1.0,
        min(found, 4.0),
        min(missing, 4.0),
        share * share,
        float(all(len(word) < 3 or spine.find(seen)[0] >= IN_FULL for seen, word in book.title)),
        sum(spine.find(seen)[0] * len(seen) for seen, _ in book.title) / letters,
        min(author, 2.5),
        author_share,
        surname,
        float(bool(book.authors) and alone),
        float(not book.authors),
        min(found, author),
        left / telling.bit_count() if telling else 0.0,
        math.log1p(left),
        min(sub_found, 3.0),
        sub_found / sub_whole if sub_whole else 0.0,
        min(beside, 2.0),
        *_call_number(spine, book),
        *_numbers(spine, book),
        min(missing, left / 8, 2.0),
        float(alone and found < 1.2),
    )


def _call_number(spine: SpineText, book: BookWords) -> tuple[float, float, float]:
    """Libraries file by the author's name, or by the title where there is none."""
    begun = spine.beginnings
    if not begun:
        return 0.0, 0.0, 0.0
    if any(word.startswith(begun) for word in book.names):
        return 1.0, 0.0, 0.0
    if not book.names and any(word.startswith(begun) for word in book.heading):
        return 0.0, 1.0, 0.0
    return 0.0, 0.0, 1.0


def _numbers(spine: SpineText, book: BookWords) -> tuple[float, float, float, float, float]:
    """Agreement of volumes: "2" on the spine is not volume 3."""
    own, read = book.numbers, spine.numbers
    unread = bool(book.volumes - read)
    place = {book.place} if book.place else set()
    volumes = book.volumes
    others = {number for number in read if len(number) < 3} - place
    differs = bool(volumes and others and not volumes & others) or bool(volumes and spine.romans - own)
    strange = bool(spine.romans - own - place)
    return float(bool(own & read)), float(differs), float(unread), float(bool(place & read)), float(strange)
