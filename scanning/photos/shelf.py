"""Which book each spine of a shelf is, decided over all of them: rivals, neighbours, pieces of one spine. Pure.

A spine is given to a book only where author or title back it and it is clearly ahead of every other work; everything else is offered.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from scanning.detections import Detection
from scanning.photos.candidate import Candidate, Decision, Judgement, Weighed
from scanning.photos.pieces import Piece, joined_detection, neighbours
from scanning.photos.rarity import Rarity, by_form
from scanning.photos.reading import title_and_author
from scanning.photos.scoring import Traits, author_shown, is_backed, log_odds, log_with_isbn, partly_shown, title_shown, traits_of, weighed
from scanning.photos.spine_text import SpineText, spine_text
from scanning.photos.works import author_keys, by_work
from search.normalisers.text import search_key

FOUND = 0.70  # source: spec 06, "a match below 0.70 is needsReview"
MAYBE = 0.20  # of offers below it a quarter is right, between it and 0.25 a half: less is not worth a reader's look,
PARTLY = 0.08  # unless title and author both stand there in part
LEAST_TELLING = 4  # letters, of which a guess may be made
MOST = 3
# added to the logarithm of the odds; of other spines only, and only of those that are sure by themselves
BY_AUTHOR_BESIDE = 0.3
IN_SERIES_BESIDE = 0.5
IN_LANGUAGE = 0.3
MOST_IN_ONE_LANGUAGE = 0.7
LEAST_TO_KNOW_LANGUAGE = 3
GAIN_OF_JOINING = 0.25
OF_A_PIECE = 8  # offers of each piece that are weighed for both
NO_RIVAL = -5.0  # logarithm of odds: what is less likely takes nothing from others


@dataclass(slots=True)
class _Spine:
    """A detection with what is offered for it; `logs` are of the odds of each against none."""

    detection: Detection
    text: SpineText
    books: list[Candidate]
    values: list[Traits]
    logs: list[float]
    groups: list[int]
    members: tuple[int, ...]

    def shares(self) -> list[float]:
        """Of each offer, how sure it is among its rivals: works that are the same are none, and the best record speaks for its work."""
        if not self.books:
            return []
        top = max(0.0, *self.logs)
        best: dict[int, float] = {}
        for group, log in zip(self.groups, self.logs, strict=True):
            best[group] = max(best.get(group, -math.inf), log)
        whole = math.exp(-top) + sum(math.exp(log - top) for log in best.values())
        return [math.exp(log - top) / whole for log in self.logs]

    def best(self) -> tuple[float, int] | None:
        """The share and the place of the best offer; on a tie the one whose key is first."""
        shares = self.shares()
        if not shares:
            return None
        place = min(range(len(shares)), key=lambda at: (-shares[at], self.books[at].key))
        return shares[place], place

    def likeliest(self) -> list[Candidate]:
        """The few that a text which lacks its other half may mean; weighing all of them again would take most of the time."""
        order = sorted(range(len(self.books)), key=lambda at: (-self.logs[at], self.books[at].key))
        return [self.books[at] for at in order[:OF_A_PIECE]]

    def sure(self) -> Candidate | None:
        """The book, where it is found."""
        best = self.best()
        return self.books[best[1]] if best and best[0] >= FOUND and is_backed(self.values[best[1]]) else None


def _spine(detection: Detection, offers: Sequence[Candidate], rarity: Rarity, members: tuple[int, ...]) -> _Spine:
    text = spine_text(detection)
    books = list({book.key: book for book in reversed(offers)}.values())
    values = [traits_of(text, book, rarity) for book in books]
    logs = [log_with_isbn(detection, book, log_odds(each)) for book, each in zip(books, values, strict=True)]
    return _Spine(detection, text, books, values, logs, _rivals(books, logs), members)


def _rivals(books: Sequence[Candidate], logs: Sequence[float]) -> list[int]:
    """By which work each offer competes; only what is likely at all is compared."""
    likely = [place for place, log in enumerate(logs) if log > NO_RIVAL]
    likely.sort(
        key=lambda place: (bool(books[place].subtitle), len(books[place].title), books[place].key)
    )  # the barest stands for its work
    groups = list(range(len(books)))
    for place, first in zip(likely, by_work([books[place] for place in likely]), strict=True):
        groups[place] = likely[first]
    return groups


def decide(detections: Sequence[Detection], offers: Sequence[Sequence[Candidate]], rarity: Rarity = by_form) -> list[Judgement]:
    """A judgement for each spine, in the order of the detections; pieces of one spine share one (`members`).

    `offers` are the candidates of each detection. `rarity` says how much a folded word tells, 0..1.
    """
    spines = [_spine(detection, books, rarity, (at,)) for at, (detection, books) in enumerate(zip(detections, offers, strict=True))]
    spines = _joined(spines, rarity)
    _lean_on_neighbours(spines)
    return [_judgement(spine) for spine in spines]


def _lean_on_neighbours(spines: list[_Spine]) -> None:
    """What sure spines say of the others: authors, series and the language of the shelf."""
    sure = {at: book for at, spine in enumerate(spines) if (book := spine.sure()) is not None}
    language = _language(list(sure.values()))
    authors = {key for book in sure.values() for key in author_keys(book)}
    series = {search_key(_series(book)) for book in sure.values() if book.series}
    for at, spine in enumerate(spines):
        if at in sure:
            continue
        for place, book in enumerate(spine.books):
            if spine.logs[place] <= NO_RIVAL:
                continue
            spine.logs[place] += BY_AUTHOR_BESIDE * (not authors.isdisjoint(author_keys(book)))
            spine.logs[place] += IN_SERIES_BESIDE * bool(book.series and search_key(_series(book)) in series)
            spine.logs[place] -= IN_LANGUAGE * bool(language and book.language and book.language != language)


def _series(book: Candidate) -> str:
    return book.series.rstrip("0123456789.#; ")


def _language(books: Sequence[Candidate]) -> str | None:
    """The language of most of them; None where there are few, or several."""
    counts = Counter(book.language for book in books if book.language)
    if counts.total() < LEAST_TO_KNOW_LANGUAGE:
        return None
    language, count = counts.most_common(1)[0]
    return language if count >= MOST_IN_ONE_LANGUAGE * counts.total() else None


def _joined(spines: list[_Spine], rarity: Rarity) -> list[_Spine]:
    """Pieces of one spine put together, where together they fit one book far better than either does alone."""
    pieces = [Piece(spine.detection.box, spine.sure() is not None, bool(spine.text.words)) for spine in spines]
    gains: list[tuple[float, int, int, _Spine]] = []
    for one, other in neighbours(pieces):
        if (gained := _together(spines[one], spines[other], rarity)) is not None:
            gains.append((gained[0], one, other, gained[1]))
    taken: dict[int, _Spine] = {}
    for _, one, other, both in sorted(gains, key=lambda gain: (-gain[0], gain[1], gain[2])):
        if one not in taken and other not in taken:
            taken[one] = taken[other] = both
    kept = [taken.get(at, spine) for at, spine in enumerate(spines)]
    return [spine for at, spine in enumerate(kept) if spine.members[0] == at]


def _together(one: _Spine, other: _Spine, rarity: Rarity) -> tuple[float, _Spine] | None:
    """How much two pieces gain by being one spine; None where they are two."""
    offers = [*one.likeliest(), *other.likeliest()]
    if not offers or (one.detection.isbn and other.detection.isbn):
        return None
    both = _spine(joined_detection(one.detection, other.detection), offers, rarity, one.members + other.members)
    best = both.best()
    if best is None or best[0] < FOUND or not is_backed(both.values[best[1]]) or not author_shown(both.values[best[1]]):
        return None
    book = both.books[best[1]]
    if any(author_shown(values) and is_backed(values) for piece in (one, other) for values in [traits_of(piece.text, book, rarity)]):
        return None  # one piece says it all: the other is a spine of its own
    before = max((share for piece in (one, other) for share in [(piece.best() or (0.0, 0))[0]]), default=0.0)
    sure = one.sure() is not None or other.sure() is not None
    gain = best[0] - before
    return (gain, both) if gain >= GAIN_OF_JOINING or (sure and gain >= 0) else None


def _worth_a_look(spine: _Spine, place: int, share: float) -> bool:
    """Whether an offer helps a reader: "ali" may be the beginning of anything."""
    values = spine.values[place]
    if spine.text.telling.bit_count() < LEAST_TELLING and not title_shown(values):
        return False
    return share >= (PARTLY if partly_shown(values) else MAYBE)


def _judgement(spine: _Spine) -> Judgement:
    title, author = title_and_author(spine.detection)
    shares = spine.shares()
    order = sorted(range(len(shares)), key=lambda at: (-shares[at], spine.books[at].key))
    shown: list[Weighed] = []
    works: set[int] = set()
    for at in order:
        if spine.groups[at] not in works and len(shown) <= MOST and _worth_a_look(spine, at, shares[at]):
            works.add(spine.groups[at])
            shown.append(weighed(spine.books[at], spine.values[at], shares[at]))
    if not shown:
        return Judgement("unreadable", title, author, members=spine.members)
    decision: Decision = "found" if spine.sure() is not None else "maybe"
    if decision == "maybe":
        shown = shown[:MOST]
    return Judgement(decision, title, author, shown[0], tuple(shown[1 : MOST + 1]), spine.members)
