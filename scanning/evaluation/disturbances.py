"""What becomes of a book's data on its way through programs and hands, by kind. Pure; the same for one seed.

Each kind takes a careful copy and gives what stands in the row, or None where the book does not suit it.
"""

import html
import random
import re
from collections.abc import Callable
from dataclasses import replace

from anyascii import anyascii

from scanning.evaluation import isbn_forms
from scanning.evaluation.absent import ABSENT
from scanning.evaluation.copies import Copy, Group
from scanning.evaluation.shelf import Shelf
from search.evaluation import typing_faults
from search.normalisers.text import dominant_script, search_key

CUT_CHARS = 50
_EDITION_NOISE = (
    " (Paperback)", " (Hardcover)", " (Kindle Edition)", " [Paperback]", " (Illustrated)", " (Taschenbuch)", " (Revised Edition)",
    " (Large Print)", " (Anniversary Edition)", " (2nd Edition)",
)  # fmt: skip
_NOVEL = {"de": "Roman", "fr": "roman", "es": "Novela", "it": "romanzo", "pt": "romance", "nl": "roman"}
_NOBODIES = ("Unknown", "Unknown Author", "Various", "N/A", "Anonymous", "Auteur Inconnu", "Unbekannt", "Desconocido")
_ARTICLE = re.compile(r"(The|A|An|Der|Die|Das|Le|La|Les|El|Los|Las|Il|Lo|O|Os|De|Het)\s+(\S.*)")
Maker = Callable[[Copy, Shelf, random.Random], Copy | None]


def _as_it_is(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    return copy


def _titled(change: Callable[[Copy, random.Random], str | None], *, read_as_written: bool = True) -> Maker:
    """A changed title. What another book is called was not meant for this one."""

    def make(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
        title = change(copy, rng)
        if not title or title == copy.title or any(work is not copy.work for work in shelf.called(title)):
            return None
        reads = (title, "", None) if copy.reads and read_as_written else None
        return replace(copy, title=title, reads=reads)

    return make


def _with_series(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    if copy.series is None:
        return None
    name, place = copy.series
    form = rng.choice(("{} ({}, #{:g})", "{} ({} #{:g})", "{} ({} Book {:g})", "{} ({}, #{:g})"))
    reads = (copy.reads[0], "", copy.series) if copy.reads else None
    return replace(copy, title=form.format(copy.title, name, place), reads=reads, series=None)


def _subtitle_added(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    subtitle = copy.subtitle
    if not subtitle or any(mark in subtitle for mark in "([:"):
        return None
    reads = (copy.reads[0], subtitle, None) if copy.reads else None
    return replace(copy, title=f"{copy.title}: {subtitle}", reads=reads)


def _subtitle_left_out(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """A title of which the catalogue knows more: a subtitle, or what stands behind a colon of its own title."""
    head, colon, _ = copy.title.partition(": ")
    title = head if colon else copy.title
    known = copy.subtitle
    if not (colon or known) or len(search_key(title)) < 4 or any(work is not copy.work for work in shelf.called(title)):
        return None
    return replace(copy, title=title, reads=None if colon else copy.reads)


def _a_novel(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    if dominant_script(copy.title) != "Latin":
        return None
    added = _NOVEL.get(copy.language, rng.choice(("A Novel", "a novel")))
    if any(work is not copy.work for work in shelf.called(f"{copy.title}: {added}")):
        return None
    reads = (copy.reads[0], added, None) if copy.reads else None
    return replace(copy, title=f"{copy.title}: {added}", reads=reads)


def _edition_noise(copy: Copy, rng: random.Random) -> str | None:
    return copy.title + rng.choice(_EDITION_NOISE)


def _cut(copy: Copy, rng: random.Random) -> str | None:
    subtitle = copy.subtitle
    whole = f"{copy.title}: {subtitle}" if subtitle else copy.title
    return whole[:CUT_CHARS].rstrip() if len(whole) > CUT_CHARS + 5 else None


def _article_last(copy: Copy, rng: random.Random) -> str | None:
    found = _ARTICLE.fullmatch(copy.title)
    return f"{found[2]}, {found[1]}" if found else None


def _entities(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    title = html.escape(copy.title).replace("&#x27;", "&#39;")
    title = re.sub("[^\\W\\d_a-zA-Z]", lambda found: f"&#{ord(found[0])};", title) if dominant_script(copy.title) == "Latin" else title
    reads = (copy.title, "", None) if copy.reads or ("&" in copy.title and not any(sign in copy.title for sign in ":(")) else None
    return replace(copy, title=title, reads=reads) if title != copy.title else None


def _unaccented(copy: Copy, rng: random.Random) -> str | None:
    plain = anyascii(copy.title)
    return plain if dominant_script(copy.title) == "Latin" else None


def _capitals(copy: Copy, rng: random.Random) -> str | None:
    return copy.title.upper() if len(copy.title) > 3 else None


def _misspelt(copy: Copy, rng: random.Random) -> str | None:
    return typing_faults.one_fault(copy.title, rng)


def _translated(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """The title of another edition, whose language is another one."""
    if copy.work is None:
        return None
    editions = [edition.title for edition in copy.work.editions if edition.title and edition.language != copy.work.language]
    others = [title for title in (*editions, *copy.work.other_titles) if search_key(title) != search_key(copy.work.title)]
    names = [name for name in others if all(work is copy.work for work in shelf.called(name))]
    return replace(copy, title=rng.choice(names), reads=None) if names else None


def _named(change: Callable[[str, random.Random], str | None]) -> Maker:
    """A changed name of the first author."""

    def make(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
        name = change(copy.authors[0], rng) if copy.authors else None
        return replace(copy, authors=(name,)) if name and name != copy.authors[0] else None

    return make


def _initials(name: str, rng: random.Random) -> str | None:
    words = name.split()
    if len(words) < 2 or "," in name or dominant_script(name) not in ("Latin", "Cyrillic", "Greek"):
        return None
    if len(words[0]) < 3 or not words[0][0].isalpha():
        return None
    return f"{words[0][0]}. {words[-1]}" if len(words) == 2 else f"{words[0][0]}. {' '.join(words[1:])}"


def _last_name(name: str, rng: random.Random) -> str | None:
    words = name.split()
    return words[-1] if len(words) > 1 and "," not in name and len(words[-1]) > 3 and dominant_script(name) == "Latin" else None


def _plain_name(name: str, rng: random.Random) -> str | None:
    return anyascii(name) if dominant_script(name) == "Latin" else None


def _turned(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    words = copy.authors[0].split() if copy.authors else []
    if not 2 <= len(words) <= 3 or "," in copy.authors[0] or dominant_script(copy.authors[0]) != "Latin" or len(words[-1]) < 3:
        return None
    return replace(copy, authors=copy.authors[:1], author=f"{words[-1]}, {' '.join(words[:-1])}")


def _one_of_several(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    return replace(copy, authors=copy.authors[1:2]) if len(copy.authors) > 1 else None


def _with_illustrator(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """A second person whom the catalogue does not name: an illustrator, the writer of a foreword."""
    stranger = rng.choice(shelf.works)
    if not copy.authors or not stranger.authors or "," in stranger.authors[0] or stranger.authors[0] in copy.authors:
        return None
    return replace(copy, authors=(*copy.authors, stranger.authors[0]))


def _nobody(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """Only where the title alone tells which book it is."""
    if any(work is not copy.work for work in shelf.called(copy.title)) or len(search_key(copy.title)) < 4:
        return None
    return replace(copy, authors=(), author=rng.choice((*_NOBODIES, "", "")))


def _swapped(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    if not copy.authors:
        return None
    return replace(copy, title=copy.authors[0], author=copy.title, authors=(), reads=None, series=None)


def _another_volume(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
    """A book of which the catalogue has another volume, too."""
    work = copy.work
    if work is None or not work.series:
        return None
    others = [other for other in shelf.in_series if other.series == work.series and other.place != work.place]
    return _with_series(copy, shelf, rng) if others else None


def _both(first: Maker, second: Maker) -> Maker:
    def make(copy: Copy, shelf: Shelf, rng: random.Random) -> Copy | None:
        once = first(copy, shelf, rng)
        return second(once, shelf, rng) if once else None

    return make


WORDS: dict[str, Maker] = {
    "title and author": _as_it_is,
    "with series": _with_series,
    "another volume is there": _another_volume,
    "with subtitle": _subtitle_added,
    "subtitle left out": _subtitle_left_out,
    "“: a novel” added": _a_novel,
    "edition noise": _titled(_edition_noise, read_as_written=False),
    "cut at 50 characters": _titled(_cut, read_as_written=False),
    "in capitals": _titled(_capitals),
    "without accents": _titled(_unaccented),
    "misspelt title": _titled(_misspelt),
    "article last": _titled(_article_last, read_as_written=False),
    "HTML entities": _entities,
    "translated title": _translated,
    "author turned": _turned,
    "author's initials": _named(_initials),
    "author's last name": _named(_last_name),
    "author without accents": _named(_plain_name),
    "misspelt author": _named(typing_faults.one_fault),
    "one of several authors": _one_of_several,
    "with an illustrator": _with_illustrator,
    "author unknown": _nobody,
    "capitals, author turned": _both(_titled(_capitals), _turned),
    "misspelt, initials": _both(_titled(_misspelt), _named(_initials)),
    "series, misspelt author": _both(_with_series, _named(typing_faults.one_fault)),
}
KINDS: dict[str, tuple[Group, Maker]] = {
    **{name: (Group.ISBN, _both(_as_it_is, maker)) for name, maker in isbn_forms.USABLE.items()},
    "ISBN, title disturbed": (Group.ISBN, lambda copy, shelf, rng: _any_of(WORDS, copy, shelf, rng, isbn_forms.thirteen)),
    **{name: (Group.WORDS, maker) for name, maker in isbn_forms.USELESS.items()},
    **{name: (Group.WORDS, maker) for name, maker in WORDS.items()},
    "columns swapped": (Group.DOUBTFUL, _swapped),
    "ISBN of another book": (Group.DOUBTFUL, isbn_forms.of_another_book),
    **{name: (Group.ABSENT, maker) for name, maker in ABSENT.items()},
}


def _any_of(makers: dict[str, Maker], copy: Copy, shelf: Shelf, rng: random.Random, then: Maker) -> Copy | None:
    made = makers[rng.choice(list(makers))](copy, shelf, rng)
    return then(made, shelf, rng) if made else None
