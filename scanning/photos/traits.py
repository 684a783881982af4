"""What speaks for a book and against it on a spine, as numbers. Pure.

Words count by how rare they are; letters of the spine that the book leaves unexplained speak against it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scanning.photos.book_words import BookWords, Word
from scanning.photos.rarity import Rarity
from scanning.photos.spine_text import SpineText, as_seen

NAMES = (
    "always", "title words found", "title words missing", "title share", "title in full", "title letters", "author found",
    "author share", "surname", "author not seen", "no author known", "title and author", "both in full", "share unexplained",
    "letters unexplained", "letters apart", "letters beside both", "letters apart from both", "title goes on", "subtitle found",
    "subtitle share", "subtitle unread", "series or publisher", "call number agrees", "call number of the title",
    "call number differs", "number agrees", "number differs", "number unread", "place in series", "number unexplained",
    "other words instead", "title alone, short",
)  # fmt: skip
IN_FULL = 0.75  # of a word: less is another word, perhaps
JOINING = frozenset(map(as_seen, ("and", "und", "et", "och", "y")))  # "e" and "i" are often a stray sign
UNSEEN = 0.3  # of an author's name
_OTHER_VOLUME = (1, 2, 4)  # of the numbers: differs, unread, unexplained
Part = tuple[float, float, int]  # rarity found and in all, letters on the spine


@dataclass(slots=True)
class _Title:
    """How much of a title stands there: rarity found and in all, letters found and in all, whether every word does; and where."""

    found: float = 0.0
    whole: float = 0.0
    letters_found: float = 0.0
    letters: int = 0
    long: int = 0  # letters of its longer words
    in_full: bool = True
    exact: bool = True
    mask: int = 0


def _title(spine: SpineText, words: Iterable[Word], rarity: Rarity) -> _Title:
    title = _Title()
    for seen, word in dict.fromkeys(words):  # "Guards! Guards!" is one word: it stands at one place, and is no more telling for that
        weight = rarity(word)
        quality, letters = spine.find(seen)
        title.whole += weight
        title.found += weight * quality
        title.letters += len(seen)
        title.letters_found += len(seen) * quality
        title.long += len(seen) if len(word) > 2 else 0
        title.mask |= letters
        title.exact = title.exact and quality == 1.0
        title.in_full = title.in_full and (len(word) < 3 or quality >= IN_FULL)
    return title


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


@dataclass(slots=True)
class _Author:
    """Of the author that is seen best: rarity found, its share, the surname's quality; whether one stands there in full; letters of all."""

    found: float = 0.0
    share: float = 0.0
    surname: float = 0.0
    in_full: bool = False
    mask: int = 0


def _author(spine: SpineText, book: BookWords, title: int, rarity: Rarity) -> _Author:
    """Letters that the title needs do not count: a life of Mozart is not by Mozart for that."""
    best = _Author()
    for name, initials in zip(book.authors, book.initials, strict=True):
        found = whole = surname = 0.0
        qualities = []
        for place, (seen, word) in enumerate(name):
            weight = rarity(word)
            quality, letters = spine.find(seen)
            whole += weight
            best.mask |= letters
            own = quality if letters & ~title else 0.0
            found += weight * own
            qualities.append(own)
            if place or len(name) == 1:
                surname = max(surname, own)
        if found > best.found:
            best.found, best.share, best.surname = found, found / whole, surname
        best.in_full = best.in_full or _named_in_full(spine, qualities, initials)
    return best


def _named_in_full(spine: SpineText, qualities: Sequence[float], initials: Sequence[str]) -> bool:
    """First and last name, names between them aside; or initials and the surname; or the one name that there is."""
    if qualities[-1] < IN_FULL:
        return False
    if len(qualities) > 1:
        return qualities[0] >= IN_FULL
    return all(initial in spine.places for initial in initials) or "".join(initials) in spine.places


def _goes_on(spine: SpineText, title: int, explained: int) -> tuple[int, int]:
    """Letters of the next telling words on both sides of the title in its line that nothing explains, words that fill titles passed over;
    and of those that "and" joins to its end, be it in the next line: "Heart of Darkness and Other Tales"."""
    masks, lines, filling, count = spine.spans, spine.line_of, spine.filling, len(spine.spans)
    beside = joined = 0
    for at, mask in enumerate(masks):
        if not mask & title:
            continue
        for step in (1, -1):
            to = at + step
            while 0 <= to < count and masks[to] & filling:
                to += step
            if not 0 <= to < count or masks[to] & explained:
                continue
            beside |= masks[to] if lines[to] == lines[at] else 0
            joined |= masks[to] if step == 1 and spine.words[at + 1] in JOINING and lines[to] == lines[at + 1] else 0
    return ((beside | joined) & spine.telling).bit_count(), (joined & spine.telling).bit_count()


def traits(spine: SpineText, book: BookWords, rarity: Rarity) -> tuple[float, ...]:
    """A number for each of NAMES."""
    title = _title(spine, book.title, rarity)
    author = _author(spine, book, title.mask, rarity)
    sub_found, sub_whole, subtitle = _part(spine, book.subtitle, rarity) if book.subtitle else (0.0, 0.0, 0)
    beside, _, others = _part(spine, book.beside, rarity) if book.beside else (0.0, 0.0, 0)
    explained = title.mask | author.mask | subtitle | others
    telling = spine.telling
    open_letters = telling & ~explained
    left = open_letters.bit_count()
    apart = sum((open_letters & line).bit_count() for line in spine.lines if not line & explained) if left else 0
    share = title.found / title.whole if title.whole else 0.0
    missing = title.whole - title.found
    alone = author.share < UNSEEN
    numbers = _numbers(spine, book)
    beside_title, goes_on = _goes_on(spine, title.mask, explained) if left and title.in_full else (0, 0)
    whole = title.in_full and (title.long > 4 or title.exact) and not beside_title
    both = whole and author.in_full and not any(numbers[place] for place in _OTHER_VOLUME)
    return (
        1.0,
        min(title.found, 4.0),
        min(missing, 4.0),
        share * share,
        float(title.in_full),
        title.letters_found / (title.letters or 1),
        min(author.found, 2.5),
        author.share,
        author.surname,
        float(bool(book.authors) and alone),
        float(not book.authors),
        min(title.found, author.found),
        float(both),
        0.0 if both or not telling else (left - apart) / telling.bit_count(),
        0.0 if both else math.log1p(left - apart),
        0.0 if both else math.log1p(apart),
        math.log1p(left - apart) if both else 0.0,
        math.log1p(apart) if both else 0.0,
        math.log1p(goes_on),
        min(sub_found, 3.0),
        sub_found / sub_whole if sub_whole else 0.0,
        float(bool(book.subtitle) and sub_found < 0.5 * sub_whole),
        min(beside, 2.0),
        *_call_number(spine, book),
        *numbers,
        min(missing, left / 8, 2.0),
        float(alone and title.found < 1.2),
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
    unread = bool(book.volumes - read) + bool(book.of_subtitle and book.of_subtitle not in read)
    place = {book.place} if book.place else set()
    volumes = book.volumes
    others = {number for number in read if len(number) < 3} - place
    differs = bool(volumes and others and not volumes & others) or bool(volumes and spine.romans - own)
    strange = bool(spine.romans - own - place)
    return float(bool(own & read)), float(differs), float(unread), float(bool(place & read)), float(strange)
