"""A person's copy of a book: what its row says of it, and what is right about it. Pure."""

import datetime
import random
import re
from dataclasses import dataclass, field
from enum import StrEnum

from scanning.evaluation.tongues import BINDINGS, STATES
from search.evaluation.held import HeldEdition, HeldWork

_THOUGHTS = (
    "Read it in two days, and again.", 'She calls it "odd", and so it is; still, I liked it.', "First half slow\nsecond half quick",
    "One line<br/>another &amp; a third", "Nicht schlecht, aber lang", "Très bien; à relire", "=1+1 is what it says on page 3",
)  # fmt: skip
_BRACKETS = re.compile(r"\s*\((?:(?P<name>[^()#;,]{2,80}),? #(?P<place>\d{1,3})|[^()]*#[^()]*)\)\Z")  # as Goodreads shows a series
_SHELVES = ("fiction", "sci-fi", "favorites", "2021", "book club", "klassiker", "à offrir", "owned")


class Group(StrEnum):
    """What kinds of disturbance have in common: the threshold they are held to."""

    ISBN = "with ISBN"  # of an edition that the catalogue has
    WORDS = "without ISBN"
    ABSENT = "not in the catalogue"  # any match is wrong
    NO_BOOK = "no book"
    DOUBTFUL = "contradictory"  # nobody could demand a match; another book is wrong all the same


@dataclass(frozen=True, slots=True)
class Copy:
    """One row before a layout writes it.

    `title` is what stands in the title's cell, `reads` what it says: title, subtitle, series; None where that is a matter of taste.
    `isbn` is as written, `isbn13` the reading of it that is right; `work` None: the catalogue has not got it.
    """

    work: HeldWork | None
    edition: HeldEdition
    title: str
    authors: tuple[str, ...]
    kind: str = ""
    group: Group = Group.WORDS
    reads: tuple[str, str, tuple[str, float] | None] | None = None
    series: tuple[str, float] | None = None  # where the layout has a place for it
    author: str = ""  # the cell of authors where it is no list of names
    isbn: str = ""
    isbn13: str = ""
    own: dict[str, object] = field(default_factory=dict)  # what the person says of it, by member of a result's book
    cells: tuple[str, ...] = ()  # of a row that is no book: its first cells

    @property
    def subtitle(self) -> str:
        """What the catalogue has for one."""
        return self.edition.subtitle if self.edition.title else self.work.subtitle if self.work else ""

    @property
    def language(self) -> str:
        """Of the edition, ISO 639-1; empty where it is not known."""
        return self.edition.language or (self.work.language if self.work else "")


def copy_of(work: HeldWork, edition: HeldEdition, rng: random.Random) -> Copy:
    """A copy as it would stand in a careful list, without its ISBN."""
    title = edition.title or work.title
    series = (work.series, work.place) if work.series and work.place is not None and _fit_for_brackets(work.series) else None
    if found := _BRACKETS.search(title):
        title = title[: found.start()]
        series = series or ((found["name"], float(found["place"])) if found["place"] else None)
    plain = not any(mark in title for mark in (":", "(", "[", " - ", " – ", " — ", " by ", "/", "Vol", "vol", "&", "<", "："))
    return Copy(work, edition, title, work.authors, reads=(title, "", None) if plain else None, series=series, own=_own(edition, rng))


def _fit_for_brackets(series: str) -> bool:
    return not any(mark in series for mark in "()#;,/[]") and 2 <= len(series) <= 80


def _own(edition: HeldEdition, rng: random.Random) -> dict[str, object]:
    """What a person adds: state, rating, dates, shelves; and what the edition says."""
    state = rng.choice(STATES)
    added = datetime.date(2015, 1, 1) + datetime.timedelta(days=rng.randrange(3_600))
    read = added + datetime.timedelta(days=rng.randrange(1, 300))
    said: dict[str, object] = {
        "readingStatus": state,
        "dateAdded": added.isoformat(),
        "userRating": rng.choice((1.0, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0)) if state == "read" and rng.random() < 0.8 else None,
        "dateRead": read.isoformat() if state == "read" and rng.random() < 0.8 else None,
        "shelves": rng.sample(_SHELVES, rng.randrange(3)),
        "review": rng.choice(_THOUGHTS) if state == "read" and rng.random() < 0.3 else None,
        "notes": "lent to nobody" if rng.random() < 0.1 else None,
        "readCount": 1 if state == "read" else 0,
        "format": rng.choice(BINDINGS),
        "publisher": edition.publisher or None,
        "publicationYear": int(edition.published[:4]) if edition.published else None,
        "pageCount": edition.page_count,
        "language": edition.language or None,
    }
    return said
