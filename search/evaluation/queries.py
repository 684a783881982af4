"""The labelled set: queries of every kind in equal numbers, made from the works of a catalogue. The same for one seed. Pure."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from rapidfuzz.distance import OSA

from search.evaluation import typing_faults
from search.evaluation.labels import Group, Known, Query, Way, language_of
from search.evaluation.shelf import Shelf
from search.identifiers import parse_isbn
from search.normalisers.text import dominant_script, search_key, tokens

TRIES = 300  # works looked at for one query: some kinds fit few
MAX_CHARS = 200
FEW_WORDS = 3  # of a title, from which on a part of it is asked
LONG_WORD = 5
_VOLUME = re.compile(r"\b\d{1,3}\b")
_SERIES = ("{} ({}, #{})", "{} ({} Trilogy, #{})", "{} ({} Series Book {})")
Maker = Callable[[Known, Shelf, random.Random], Query | None]


def labelled(shelf: Shelf, count: int, seed: int) -> list[Query]:
    """At most so many queries; fewer where the catalogue has no works of some kind."""
    each = max(1, count // len(KINDS))
    return [query for kind, maker in KINDS.items() for query in _of_kind(kind, maker, shelf, each, seed)]


def _of_kind(kind: str, maker: Maker, shelf: Shelf, count: int, seed: int) -> Iterator[Query]:
    rng = random.Random(f"{seed}:{kind}")  # a kind of its own draws: another kind more changes none of the others
    made: set[tuple[str, str]] = set()
    for _ in range(count * TRIES if shelf.works else 0):
        if len(made) == count:
            return
        query = maker(rng.choice(shelf.works), shelf, rng)
        if query is None or not 2 <= len(query.text) <= MAX_CHARS or (query.text, query.author) in made:
            continue
        if not query.by and shelf.is_name(query.text):  # "Juan Eduardo Cirlot": books by him are no wrong answer
            continue
        made.add((query.text, query.author))
        yield replace(query, kind=kind)


def _title(work: Known, text: str | None, rng: random.Random, group: Group = Group.TITLE) -> Query | None:
    """A title as it is typed into the title search or the one box."""
    if text is None or not tokens(text):
        return None
    return Query("", group, rng.choice((Way.TITLE, Way.BOX)), text, meant=work, language=language_of(work.title, work.language))


def _exact(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    return _title(work, work.title, rng)


def _title_and_author(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    if not work.authors:
        return None
    language = language_of(work.title, work.language)
    return Query("", Group.TITLE, Way.ADVANCED, work.title, work.authors[0], work, language)


def _both_in_the_box(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    query = _title_and_author(work, shelf, rng)
    return query and replace(query, way=Way.BOX, text=rng.choice(("{0} {1}", "{1} {0}")).format(work.title, work.authors[0]))


def _faulty(fault: Callable[[str, random.Random], str | None]) -> Maker:
    def make(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
        text = fault(work.title, rng)
        # what another book is called was not meant for this one
        return None if text is None or shelf.is_title(text) or shelf.having(tokens(text)) else _title(work, text, rng, Group.MISSPELT)

    return make


def _misspelt_with_author(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    query = _faulty(typing_faults.one_fault)(work, shelf, rng)
    return query and (replace(query, way=Way.ADVANCED, author=work.authors[0]) if work.authors else None)


def _author_misspelt(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    query = _author(work, shelf, rng)
    name = query and typing_faults.one_fault(query.text, rng)
    return replace(query, group=Group.MISSPELT, text=name) if query and name else None


def _title_and_author_misspelt(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    query = _title_and_author(work, shelf, rng)
    name = query and typing_faults.one_fault(query.author, rng)
    return replace(query, group=Group.MISSPELT, author=name) if query and name else None


def _changed(change: Callable[[str, random.Random], str | None]) -> Maker:
    def make(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
        text = change(work.title, rng)
        return None if text is None or not shelf.tells_apart(text, work) else _title(work, text, rng)

    return make


def _half_typed(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    text = typing_faults.half_typed(work.title, rng)
    if text is None:
        return None
    whole, _, begun = search_key(text).rpartition(" ")
    goes_on = {search_key(other.title) for other in shelf.having(whole.split()) if _begins_word(other, begun)} if whole else set()
    return _title(work, text, rng) if goes_on == {search_key(work.title)} else None


def _begins_word(work: Known, begun: str) -> bool:
    return any(word.startswith(begun) for word in tokens(" ".join((work.title, work.subtitle, *work.titles))))


def _part(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    """Half of the words or more, in their order, that only this work has."""
    words = work.title.split()
    if len(words) < FEW_WORDS:
        return None
    kept = sorted(rng.sample(range(len(words)), rng.randint((len(words) + 1) // 2, len(words) - 1)))
    text = " ".join(words[place] for place in kept)
    return _title(work, text, rng) if tokens(text) and shelf.tells_apart(text, work) else None


def _own_script(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    names = [title for title in (work.title, *work.titles) if dominant_script(title) not in ("Latin", None)]
    return _other_name(work, rng.choice(names), rng) if names else None


def _translated(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    names = [title for title in work.titles if search_key(title) != search_key(work.title) and dominant_script(title) == "Latin"]
    return _other_name(work, rng.choice(names), rng) if names else None


def _other_name(work: Known, name: str, rng: random.Random) -> Query | None:
    query = _title(work, name, rng)
    script = dominant_script(name)
    same = script == dominant_script(work.title) and search_key(name) == search_key(work.title)
    return query and replace(query, language=query.language if same else language_of(name, ""))


def _with_subtitle(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    return _title(work, f"{work.title}{rng.choice((': ', ' - ', ' '))}{work.subtitle}", rng) if work.subtitle else None


def _without_subtitle(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    return _title(work, work.title, rng) if work.subtitle else None


def _with_series(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    """As Goodreads writes titles; of works whose series nobody told us, as the first of one that is called after them."""
    if "(" in work.title or (work.series and not work.place):
        return None
    name = work.series or max(work.title.split(), key=len)
    return _title(work, rng.choice(_SERIES).format(work.title, name, f"{work.place or 1:g}"), rng)


def _author(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    if not work.authors or len(work.authors[0].split()) < 2 or shelf.is_title(work.authors[0]):
        return None
    way = rng.choice((Way.BOX, Way.ADVANCED))
    name = work.authors[0]
    return Query("", Group.AUTHOR, way, name, meant=work, language=language_of(name, ""), by=name)


def _isbn(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    if not work.isbns:
        return None
    isbn = parse_isbn(rng.choice(work.isbns))
    text = typing_faults.isbn_spelt(isbn.isbn13, isbn.isbn10, rng)
    return Query("", Group.ISBN, rng.choice((Way.ISBN, Way.BOX)), text, meant=work, language=language_of(work.title, work.language))


def _absent_title(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    """Words of three titles that no title has together."""
    others = [rng.choice(shelf.works) for _ in range(2)]
    words = [rng.choice(title.split()) for title in (work.title, *(other.title for other in others))]
    text = " ".join(words)
    if len(set(tokens(text))) < FEW_WORDS or shelf.having(tokens(text)) or shelf.is_title(text):
        return None
    return _absent(text, work, rng)


def _one_word_off(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    """A title with another word in place of one of its own: another book, however alike it looks."""
    words = work.title.split()
    places = [place for place, word in enumerate(words) if len(word) >= LONG_WORD and word.isalpha()]
    others = [word for word in rng.choice(shelf.works).title.split() if len(word) >= LONG_WORD and word.isalpha()]
    if not places or not others or len(words) < 2:
        return None
    place, other = rng.choice(places), rng.choice(others)
    text = " ".join((*words[:place], other, *words[place + 1 :]))
    # "Wizard" for "Wizards" would be a misspelling
    spelt_alike = OSA.distance(search_key(words[place]), search_key(other)) <= len(other) // 2
    return None if spelt_alike or shelf.having(tokens(text)) else _absent(text, work, rng)


def _other_volume(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    """A volume that nobody has of a book in volumes."""
    found = _VOLUME.search(work.title)
    if not found:
        return None
    text = f"{work.title[: found.start()]}{int(found[0]) + rng.randint(20, 70)}{work.title[found.end() :]}"
    return None if shelf.having(tokens(text)) else _absent(text, work, rng)


def _other_place(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    """A later volume of a series that is called as its first one: "Naruto (Naruto, #5)"; nobody has it by that name."""
    if "(" in work.title:
        return None
    return _absent(rng.choice((_SERIES[0], "{} ({}, Vol. {})")).format(work.title, work.title, rng.randint(20, 90)), work, rng)


def _absent(text: str, work: Known, rng: random.Random) -> Query:
    return Query("", Group.ABSENT, rng.choice((Way.TITLE, Way.BOX)), text, language=language_of(text, work.language))


def _title_of_another(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    """A title by somebody who wrote no such book."""
    stranger = rng.choice(shelf.works)
    if not work.authors or not stranger.authors:
        return None
    theirs = set(tokens(stranger.authors[0]))
    title = tokens(work.title)
    if any(theirs & set(tokens(author)) for other in shelf.having(title) for author in other.authors):
        return None
    query = _absent(work.title, work, rng)
    if query.way is Way.BOX:
        return replace(query, text=f"{work.title} {stranger.authors[0]}")
    return replace(query, way=Way.ADVANCED, author=stranger.authors[0])


def _absent_isbn(work: Known, shelf: Shelf, rng: random.Random) -> Query | None:
    """An ISBN with a right check digit next to one that the catalogue has, and that nobody has."""
    nine = f"{rng.randrange(10**9):09d}" if not work.isbns else f"{work.isbns[0][3:9]}{rng.randrange(1000):03d}"
    twelve = f"978{nine}"
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve)) % 10
    isbn = f"{twelve}{check}"
    if isbn in shelf.isbns:
        return None
    return Query("", Group.ABSENT, rng.choice((Way.ISBN, Way.BOX)), isbn, language=language_of(work.title, work.language))


KINDS: dict[str, Maker] = {
    "exact title": _exact,
    "title and author": _title_and_author,
    "title and author in one box": _both_in_the_box,
    "words in another order": _changed(typing_faults.other_order),
    "part of the title": _part,
    "other signs": _changed(typing_faults.other_signs),
    "half typed": _half_typed,
    "without accents": _changed(typing_faults.without_accents),
    "own script": _own_script,
    "romanised": _changed(typing_faults.romanised),
    "another title of the work": _translated,
    "with subtitle": _with_subtitle,
    "subtitle left out": _without_subtitle,
    "with series": _with_series,
    "misspelt": _faulty(typing_faults.one_fault),
    "misspelt twice": _faulty(typing_faults.two_faults),
    "misspelt, with author": _misspelt_with_author,
    "author misspelt": _author_misspelt,
    "title, author misspelt": _title_and_author_misspelt,
    "author only": _author,
    "ISBN": _isbn,
    "absent title": _absent_title,
    "title with one word off": _one_word_off,
    "absent volume": _other_volume,
    "absent place in a series": _other_place,
    "title of another author": _title_of_another,
    "absent ISBN": _absent_isbn,
}
