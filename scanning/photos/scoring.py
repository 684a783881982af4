"""How well a whole spine fits a book: all its text against title, author and what else a spine says. Pure.

The sum of weighted traits is the logarithm of the odds that it is this book rather than none of those offered.
"""

import math
from operator import mul

from scanning.detections import Detection
from scanning.photos.book_words import book_words
from scanning.photos.candidate import Candidate, Weighed
from scanning.photos.rarity import Rarity, by_form
from scanning.photos.spine_text import SpineText, spine_text
from scanning.photos.traits import NAMES, UNSEEN, traits

# Fitted by a choice between the books offered and none, on the half of llabres' labelled spines that is for tuning, with and without
# call numbers, and with the right book taken away (a quarter of the weight).
# "always", the call number's and those of numbers are set: the former on the same half, the latter since volumes must agree. So are those
# of title and author in full, of lines apart and of unread subtitles, on that half and 20 drawn shelves: a fit takes records of one work
# whose titles are in two languages for wrong books, and such are most of what speaks against a title and an author that stand there whole.
WEIGHTS = {
    "always": -0.87,
    "title words found": 1.57,
    "title words missing": -0.56,
    "title share": 0.94,
    "title in full": 0.78,
    "title letters": 1.01,
    "author found": 0.82,
    "author share": 0.64,
    "surname": 0.59,
    "author not seen": -0.84,
    "no author known": 0.00,
    "title and author": 0.90,
    "both in full": 1.50,
    "share unexplained": -1.18,
    "letters unexplained": -1.01,
    "letters apart": -1.20,
    "letters beside both": -0.40,
    "letters apart from both": -0.20,
    "title goes on": -1.00,
    "subtitle found": 1.02,
    "subtitle share": 1.27,
    "subtitle unread": -0.05,
    "series or publisher": 0.83,
    "call number agrees": 1.00,
    "call number of the title": 1.78,
    "call number differs": -1.68,
    "number agrees": 0.40,
    "number differs": -4.50,
    "number unread": -0.80,
    "place in series": 2.20,
    "number unexplained": -1.50,
    "other words instead": -0.66,
    "title alone, short": -0.90,
}
DISTINCTIVE = 1.2  # rarity of title words from which a title needs no author: about two long words
_OF_TITLE = 0.6  # so much of it has to be there then
_SOME = 0.3  # of it, or of a subtitle, beside an author
_AUTHOR_AGREES = 0.45  # share of a name: the surname at least
_A_WORD_MORE = math.log1p(3)  # letters
_ISBN_AGREES = 12.0
_UNBACKED_AT_MOST, _AND_STILL_IN_ORDER = 0.4, 0.02  # logarithm of odds: a score of 0.6
_VECTOR = tuple(WEIGHTS[name] for name in NAMES)
_AT = {name: place for place, name in enumerate(NAMES)}
_SHARE, _FOUND, _SUBTITLE, _AUTHOR = (_AT[name] for name in ("title share", "title words found", "subtitle found", "author share"))
_NOT_SEEN, _CALL, _SURNAME = (_AT[name] for name in ("author not seen", "call number agrees", "surname"))
_LEFT = tuple(_AT[name] for name in ("letters unexplained", "letters apart", "letters beside both", "letters apart from both"))
_GOES_ON, _LETTERS = _AT["title goes on"], _AT["title letters"]
_UNREAD, _NO_SUBTITLE = _AT["number unread"], _AT["subtitle unread"]
_DIFFERS, _NO_AUTHOR, _CALL_TITLE = (_AT[name] for name in ("number differs", "no author known", "call number of the title"))
Traits = tuple[float, ...]


def log_odds(values: Traits) -> float:
    """Of a book against none, from its traits; what nothing backs stays below what is called found."""
    log = math.fsum(map(mul, _VECTOR, values))
    if log <= _UNBACKED_AT_MOST or is_backed(values):
        return log
    return _UNBACKED_AT_MOST + _AND_STILL_IN_ORDER * min(log - _UNBACKED_AT_MOST, 10.0)


def traits_of(spine: SpineText, book: Candidate, rarity: Rarity = by_form) -> Traits:
    """The traits of a candidate on a spine."""
    return traits(spine, book_words(book), rarity)


def is_backed(values: Traits) -> bool:
    """Whether it may be called found: the author agrees, or the title is one that needs no author. Volumes must agree, and the title must
    not be the beginning of another: "Heart of Darkness and Other Tales"."""
    if values[_GOES_ON] > _A_WORD_MORE:
        return False
    if values[_DIFFERS] or (values[_UNREAD] > 1 and values[_NO_SUBTITLE]):  # nothing tells which volume it is
        return False
    if values[_AUTHOR] >= _AUTHOR_AGREES or values[_SURNAME] >= 0.9 or values[_CALL] or values[_CALL_TITLE]:
        return values[_SHARE] > _SOME**2 or values[_SUBTITLE] >= DISTINCTIVE
    return values[_FOUND] + values[_SUBTITLE] >= DISTINCTIVE and values[_SHARE] >= _OF_TITLE**2


def author_shown(values: Traits) -> bool:
    """Whether the author's name was read."""
    return values[_AUTHOR] >= _AUTHOR_AGREES


def title_shown(values: Traits) -> bool:
    """Whether all of the title was read, letter by letter but for one or two."""
    return values[_LETTERS] >= 0.9  # share


def partly_shown(values: Traits) -> bool:
    """Whether some of the title was read and some of the author's name as well."""
    return values[_SHARE] >= _SOME**2 and values[_AUTHOR] >= UNSEEN


def weighed(book: Candidate, values: Traits, score: float) -> Weighed:
    """A candidate with its score and the reasons in words."""
    title = math.sqrt(values[_SHARE])
    unsaid = bool(values[_NO_AUTHOR]) or (bool(values[_NOT_SEEN]) and _letters_left(values) < 4)
    author = None if unsaid else values[_AUTHOR]
    return Weighed(book, round(score, 4), round(title, 3), None if author is None else round(author, 3), tuple(_reasons(values, title)))


def _letters_left(values: Traits) -> int:
    return round(sum(math.expm1(values[place]) for place in _LEFT))


def _reasons(values: Traits, title: float) -> list[str]:
    reasons = [f"{title:.0%} of the title was read"]
    if values[_NO_AUTHOR]:
        reasons.append("no author is known")
    elif values[_AUTHOR] >= UNSEEN:
        reasons.append(f"{values[_AUTHOR]:.0%} of the author's name was read")
    else:
        reasons.append("the author was not read")
    if values[_CALL]:
        reasons.append("the call number agrees with the author")
    if values[_DIFFERS]:
        reasons.append("the number is another volume's")
    left = _letters_left(values)
    if left:
        reasons.append(f"{left} letters are not explained" if left > 1 else "1 letter is not explained")
    return reasons


def odds_share(log: float) -> float:
    """0..1 of the logarithm of odds."""
    return 1 / (1 + math.exp(-log)) if log > -700 else 0.0


def log_with_isbn(detection: Detection, book: Candidate, log: float) -> float:
    """An ISBN that was read and is the book's leaves no doubt."""
    return max(log, 0.0) + _ISBN_AGREES if detection.isbn and detection.isbn in book.isbns else log


def weigh(detection: Detection, candidate: Candidate, rarity: Rarity = by_form) -> Weighed:
    """How sure it is that the spine is this book, with no other in view."""
    values = traits_of(spine_text(detection), candidate, rarity)
    return weighed(candidate, values, odds_share(log_with_isbn(detection, candidate, log_odds(values))))
