"""Two books that were taken for one spine, told apart by what the catalogue knows; and the box of a book's own lines. Pure.

To cut a book in two makes two wrong ones: a spine is parted only where two works stand on lines of their own, each with title and author.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations
from math import hypot

from scanning.detections import Box, Detection, SpineLine
from scanning.photos.candidate import Candidate, Weighed
from scanning.photos.scoring import weigh as weighed_alone
from scanning.photos.spine_text import SpineText, seen_words, spine_text
from scanning.photos.works import same_work

LEAST_LINES = 3  # fewer hold no two titles with their authors
TRIED = 8  # candidates of a spine: those that explain most
SURE = 0.70  # source: spec 06, "a match below 0.70 is needsReview"
TITLE = 0.8  # share of a title that has to be on its lines
AUTHOR = 0.45  # share of a name: the surname at least
READ = 0.75  # how well a word has to be read to explain anything
OF_LINE = 0.5  # share of a line's telling letters that make it a book's own
FAR = 1.5  # so much larger than a book's own lines is a box that holds another's
Weigh = Callable[[Detection, Candidate], Weighed]


@dataclass(frozen=True, slots=True)
class _Claim:
    """A candidate and the places of the lines that its title and authors explain."""

    candidate: Candidate
    lines: frozenset[int]
    letters: int


def parted(
    detections: Sequence[Detection], offers: Sequence[Sequence[Candidate]], weigh: Weigh = weighed_alone
) -> tuple[list[Detection], list[list[Candidate]]]:
    """The detections with those that hold two books or more as one each, and what is offered for each; the order is kept.

    `offers` are the candidates of each detection; `weigh` says how sure a spine is a book.
    """
    found = [
        (part, list(books)) for detection, books in zip(detections, offers, strict=True) for part in _parts(detection, list(books), weigh)
    ]
    return [part for part, _ in found], [books for _, books in found]


def own_box(detection: Detection, candidate: Candidate) -> Box:
    """The box of a book that was found: around its own lines where the detection's middle is not on them, for a neighbour's line was
    taken in."""
    boxes = [box for place in explained(detection, candidate) if (box := detection.lines[place].box) is not None]
    if not boxes:
        return detection.box
    own = reduce(Box.joined, boxes)
    return detection.box if own.holds(detection.box.centre) or detection.box.area < FAR * own.area else own


def explained(detection: Detection, candidate: Candidate) -> frozenset[int]:
    """Places of the lines that a candidate's title or authors explain."""
    text = spine_text(detection)
    return _lines(text, _letters_of(text, candidate), len(detection.lines))


def _letters_of(text: SpineText, candidate: Candidate) -> int:
    """The letters on a spine that title and authors explain, as bits."""
    mask = 0
    for word in seen_words(" ".join((candidate.title, *candidate.authors))):
        quality, letters = text.find(word)
        mask |= letters if quality >= READ else 0
    return mask


def _lines(text: SpineText, mask: int, count: int) -> frozenset[int]:
    """Lines of which most is explained; words that fill titles make no line a book's own."""
    telling = [letters & ~text.filling for letters in text.lines[:count]]
    return frozenset(
        place for place, letters in enumerate(telling) if letters and (letters & mask).bit_count() >= OF_LINE * letters.bit_count()
    )


def _parts(detection: Detection, books: list[Candidate], weigh: Weigh) -> list[Detection]:
    lines = detection.lines
    if detection.isbn or len(books) < 2 or len(lines) < LEAST_LINES or any(line.box is None for line in lines):
        return [detection]
    ways = [(sum(scores), pair) for pair, scores in _pairs(detection, books, weigh)]
    if not ways:
        return [detection]
    _, pair = max(ways, key=lambda way: way[0])
    return [piece for part in _cut(detection, *sorted(pair, key=min)) for piece in _parts(part, books, weigh)]


Places = frozenset[int]


def _pairs(detection: Detection, books: list[Candidate], weigh: Weigh) -> Iterator[tuple[tuple[Places, Places], list[float]]]:
    """Ways to part a spine: the lines of one book, those of another, and how sure each is on its own."""
    for one, other in combinations(_claims(detection, books), 2):
        ours, theirs = one.lines - other.lines, other.lines - one.lines
        if not ours or not theirs or same_work(one.candidate, other.candidate):
            continue
        scores = [_alone(detection, lines, claim.candidate, weigh) for lines, claim in ((ours, one), (theirs, other))]
        if all(score is not None for score in scores):
            yield (ours, theirs), [score for score in scores if score is not None]


def _claims(detection: Detection, books: list[Candidate]) -> list[_Claim]:
    text = spine_text(detection)
    masks = [(book, _letters_of(text, book)) for book in books]
    claims = [_Claim(book, _lines(text, mask, len(detection.lines)), mask.bit_count()) for book, mask in masks]
    return sorted((claim for claim in claims if claim.lines), key=lambda claim: (-claim.letters, claim.candidate.key))[:TRIED]


def _alone(detection: Detection, places: Places, book: Candidate, weigh: Weigh) -> float | None:
    """How sure a book is on these lines; None where it is not, or no surer than on all of them."""
    part = weigh(_part(detection, places, places), book)
    named = part.author_score is not None and part.author_score >= AUTHOR
    if not named or part.score < SURE or part.title_score < TITLE or part.score <= weigh(detection, book).score:
        return None
    return part.score


def _cut(detection: Detection, ours: Places, theirs: Places) -> tuple[Detection, Detection]:
    """Two detections: what neither explains goes to the nearer one, whose box it does not stretch."""
    first, second = set(ours), set(theirs)
    for place in set(range(len(detection.lines))) - ours - theirs:
        to_first, to_second = (min(_away(detection.lines[place], detection.lines[other]) for other in own) for own in (ours, theirs))
        (first if to_first <= to_second else second).add(place)
    return _part(detection, frozenset(first), ours), _part(detection, frozenset(second), theirs)


def _away(one: SpineLine, other: SpineLine) -> float:
    """Between two boxes, in fractions of the picture; lines that touch go by their middles."""
    a, b = one.box, other.box
    if a is None or b is None:
        return 1.0
    across, down = max(a.x1, b.x1) - min(a.x2, b.x2), max(a.y1, b.y1) - min(a.y2, b.y2)
    return hypot(max(0.0, across), max(0.0, down)) + 0.01 * hypot(a.centre[0] - b.centre[0], a.centre[1] - b.centre[1])


def _part(detection: Detection, places: Places, own: Places) -> Detection:
    """These lines of a detection as one of their own, in a box around those that are its own."""
    boxes = [box for place in sorted(own) if (box := detection.lines[place].box) is not None]
    lines = [detection.lines[place] for place in sorted(places)]
    first, last, largest = min(line.start for line in lines), max(line.end for line in lines), max(line.size for line in lines)
    length = max(last - first, 1e-6)
    told = tuple(
        replace(line, size=line.size / largest, start=(line.start - first) / length, end=min(1.0, (line.end - first) / length))
        for line in lines
    )
    return replace(detection, box=reduce(Box.joined, boxes), lines=told, title=None, author=None)
