"""Books that the catalogue has not, and that look like one that it has. Pure.

Whatever is matched to one of these is wrong: another title by the author, the title by somebody else, a further volume, a book about it.
"""

import random
from collections.abc import Callable
from dataclasses import replace

from scanning.evaluation import isbn_forms
from scanning.evaluation.copies import Copy
from scanning.evaluation.shelf import Shelf, written_by
from search.normalisers.text import dominant_script, tokens

Maker = Callable[[Copy, Shelf, random.Random], Copy | None]
_ABOUT = (
    "Summary of {}", "{} Study Guide", "The Making of {}", "{}: The Graphic Novel", "The Art of {}", "{} Colouring Book", "{}: A Companion",
    "{} Workbook", "{}: Screenplay",
)  # fmt: skip
_MORE = ("Return to {}", "{} Returns", "Beyond {}", "{} Forever", "After {}", "{} Reborn", "The Last {}", "Escape from {}")
_SETS = ("{} Boxed Set", "{} Box Set (Books 1-3)", "The Complete {} Collection", "{} Trilogy: 3 Books", "{} Omnibus")


def _is_there(title: str, shelf: Shelf) -> bool:
    return bool(shelf.called(title))


def _absent(copy: Copy, title: str, shelf: Shelf) -> Copy | None:
    """Not where a work goes by this title after all, or by what stands before its colon."""
    head = title.partition(":")[0]
    if _is_there(title, shelf) or (head != copy.title and head != copy.title.partition(":")[0] and _is_there(head, shelf)):
        return None
    return replace(copy, work=None, title=title, reads=None, series=None)


def _one_word_off(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """Another title by the author, which differs by one word: "Little Men", "Little Women"."""
    words = copy.title.split()
    donor = [word for word in rng.choice(shelf.works).title.split() if word.isalpha() and len(word) > 3]
    places = [place for place, word in enumerate(words) if word.isalpha() and len(word) > 3]
    if len(words) < 2 or not donor or not places or not copy.authors:
        return None
    place, word = rng.choice(places), rng.choice(donor)
    if tokens(word) == tokens(words[place]):
        return None
    return _absent(copy, " ".join([*words[:place], word, *words[place + 1 :]]), shelf)


def _another_title(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """A title of somebody else's under the author's name."""
    other = rng.choice(shelf.works)
    if not copy.authors or any(written_by(copy.authors, work.authors) for work in shelf.called(other.title)):
        return None
    return replace(copy, work=None, title=other.title, reads=None, series=None)


def _another_author(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """The title, by somebody who wrote no book of that title."""
    stranger = rng.choice(shelf.works)
    if not stranger.authors or any(written_by(stranger.authors[:1], work.authors) for work in shelf.called(copy.title)):
        return None
    return replace(copy, work=None, authors=stranger.authors[:1], reads=None, series=None)


def _namesake(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """The title, by somebody else of the same last name."""
    words = copy.authors[0].split() if copy.authors else []
    if len(words) < 2 or dominant_script(copy.authors[0]) != "Latin" or any("," in word for word in words):
        return None
    given = rng.choice([name for name in ("Winifred", "Ottokar", "Xaver", "Zelda", "Quentin") if name[0] != words[0][0]])
    return replace(copy, work=None, authors=(f"{given} {words[-1]}",), reads=None, series=None)


def _numbered(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """A volume that the catalogue has not, named by its number in the title."""
    form = rng.choice(("{}, Vol. {}", "{} {}", "{}: Volume {}", "{} Band {}", "{}, tome {}"))
    if any(map(str.isdigit, copy.title)) or not copy.authors:
        return None
    return _absent(copy, form.format(copy.title, rng.randrange(2, 40)), shelf)


def _placed(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """A volume called as the series is, with its place in brackets: "Naruto (Naruto, #47)"."""
    if not copy.series or not copy.authors or any(map(str.isdigit, copy.title)):
        return None
    name = copy.series[0]
    place = rng.randrange(30, 60)
    if any(work.series == name and work.place == place for work in shelf.in_series):
        return None
    return replace(copy, work=None, title=f"{name} ({name}, #{place})", reads=None, series=None)


def _formed(forms: tuple[str, ...], *, of_series: bool = False) -> Maker:
    def make(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
        base = (copy.series[0] if copy.series else "") if of_series else copy.title
        if not base or not copy.authors or dominant_script(base) != "Latin":
            return None
        return _absent(copy, rng.choice(forms).format(base), shelf)

    return make


def _two_in_one(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """Two books of the author in one volume."""
    others = [work for work in shelf.by_namesakes(copy.authors[0]) if work is not copy.work] if copy.authors else []
    if not others or copy.work is None:
        return None
    return _absent(copy, f"{copy.title} / {rng.choice(others).title}", shelf)


def _with_isbn(maker: Maker) -> Maker:
    """The same with an ISBN that nobody has: there is one on every book."""

    def make(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
        made = maker(copy, shelf, rng)
        isbn = isbn_forms.nobodys(copy, shelf, rng) if made else None
        return replace(made, isbn=isbn, isbn13=isbn) if made and isbn else None

    return make


ABSENT: dict[str, Maker] = {
    "one word off": _one_word_off,
    "another title of the author": _another_title,
    "title of another author": _another_author,
    "title of a namesake": _namesake,
    "absent volume": _numbered,
    "absent place in the series": _placed,
    "sequel": _formed(_MORE),
    "book about it": _formed(_ABOUT),
    "box set": _formed(_SETS, of_series=True),
    "two books in one": _two_in_one,
    "sequel, own ISBN": _with_isbn(_formed(_MORE)),
    "one word off, own ISBN": _with_isbn(_one_word_off),
}
