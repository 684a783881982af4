"""Whether a book that was found by its words is the one that was meant. Pure; a wrong book is worse than none.

Title and author have to agree, 0.70 each (0.90 where only a title is known). Between 0.70 and 0.85 agreement alone is not enough:
two books of one author often differ by a word ("Little Men", "Little Women"), so what differs has to be spelling, a cut end, or a
word that says nothing. Nor is a title enough where both have subtitles and these differ ("Star Wars: …").
Source: spec 06, "Batch enrichment".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from search.matching import AGREES
from search.normalisers.names import author_name, author_similarity, split_authors
from search.normalisers.text import dominant_script, search_key, tokens
from search.normalisers.titles import OTHER_WORDS_AT_MOST, ParsedTitle, article_first, parse_title, title_similarity
from search.normalisers.volumes import numbers_of, volume_of
from search.title_doubts import CUT_SCORE, GOES_ON, LEAST, SAYS_NOTHING, is_cut, known_names, other_subtitle, reconciled

Dto = dict[str, Any]
LEAST_ALONE = 0.90  # of a title without an author
PLAINLY_DIFFERENT = 0.5
RIVAL_WITHIN = 0.15
SURE = 0.95
LEDGER_AT_MOST = 5
_OPEN_BRACKET = re.compile(r"\s*[(\[][^)\]]*\Z")


@dataclass(frozen=True)
class Meant:
    """Title and author as somebody wrote them; an author that names nobody ("Unknown") is none."""

    title: str
    author: str = ""

    @cached_property
    def _parsed(self) -> ParsedTitle:
        return parse_title(self._line)

    @cached_property
    def _line(self) -> str:
        """The title with its article in front, and without a bracket that a program cut."""
        return article_first(_OPEN_BRACKET.sub("", self.title) or self.title)

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """The title as it is, and as it is asked."""
        return tuple(dict.fromkeys((self.title, self.asked)))

    @cached_property
    def asked(self) -> str:
        """The title as providers are asked: as it was typed, but for brackets that no catalogue has in its titles."""
        parsed = self._parsed
        if not parsed.series and not parsed.edition_note:
            return self._line
        if self.volume and self.volume[1] != 1 and self.only_its_place_names_it:
            return f"{parsed.title}, Vol. {self.volume[1]:g}"
        return f"{parsed.title}: {parsed.subtitle}" if parsed.subtitle else article_first(parsed.title)

    @cached_property
    def head_and_subtitle(self) -> tuple[str, str] | None:
        """Key of the title, and its subtitle where it has one."""
        return (search_key(self._parsed.title), self._parsed.subtitle) if self._parsed.subtitle else None

    @cached_property
    def volume(self) -> tuple[str, float] | None:
        """Series and place in it, where the title names them."""
        series = self._parsed.series
        return (series[0], series[1]) if series and series[1] is not None else None

    @cached_property
    def only_its_place_names_it(self) -> bool:
        """Whether the title is the series': "One Piece (One Piece, #2)"."""
        return self.volume is not None and title_similarity(self._parsed.title, self.volume[0]) >= AGREES

    @cached_property
    def authors(self) -> tuple[str, ...]:
        return tuple(split_authors(self.author)) or ((self.author,) if author_name(self.author) else ())


@dataclass(frozen=True, slots=True)
class Candidate:
    """One book of an answer; `refused` says why it is not the one that is meant, None that it may be."""

    place: int  # in the answer
    title: str
    author: str
    isbn: str | None
    score: float
    title_score: float
    author_score: float | None  # None: no author is known
    refused: str | None
    volume: float | None = None  # place in its series


def weighed(meant: Meant, data: Dto) -> list[Candidate]:
    """The books of a search's answer, the likeliest first. `data` is as clients get it: works and editions by index."""
    pairs = zip(data["works"], data["editions"], strict=True)
    candidates = [_weighed(meant, place, work, edition) for place, (work, edition) in enumerate(pairs)]
    return sorted(candidates, key=lambda c: (c.refused is not None, -c.score, -c.title_score, c.place))


def chosen(candidates: Sequence[Candidate]) -> Candidate | None:
    """The best that may be it; None where there is none, or where a weak title could be either of two books."""
    best = next((c for c in candidates if c.refused is None), None)
    return None if best is None or _rival(best, candidates) else best


def ledger(candidates: Sequence[Candidate], winner: Candidate | None) -> tuple[Dto, ...]:
    """What was considered, for people: at most five, each with its reason."""
    return tuple(_row(candidate, candidates, winner) for candidate in candidates[:LEDGER_AT_MOST])


def is_another_book(meant: Meant, work: Dto, edition: Dto) -> bool:
    """Whether a book found by its ISBN plainly has neither title nor author that were given with it.

    What is written in two scripts, or not known of the book, says nothing. Where only the titles say something, they have to share no
    word, and the one that was given has several: a single one may be a placeholder ("Untitled").
    """
    names = [author["name"] for author in work["authors"]]
    title = by = None
    if meant.title and dominant_script(meant.title) == dominant_script(work["title"]):
        title = _title_score(meant, work, edition)
    if meant.title and meant.authors and names and dominant_script(meant.author) == dominant_script(names[0]):
        by = _author_score(meant, work)
    if by is not None:
        unlike = title is None or title < PLAINLY_DIFFERENT or (title < LEAST and _shares_no_word(meant, work, edition))
        return by < PLAINLY_DIFFERENT and unlike
    return title is not None and title < PLAINLY_DIFFERENT and len(tokens(meant.title)) > 1 and _shares_no_word(meant, work, edition)


def title_doubt(meant: Meant, work: Dto, edition: Dto) -> str | None:
    """What a title that was given with an ISBN says against the ISBN's book, in words; None when nothing does.

    It lowers the score and is shown, for people to look at: the number may be another book's by the same author, or the title a
    translation's that nobody here knows.
    """
    if not meant.title or dominant_script(meant.title) != dominant_script(work["title"]):
        return None
    score = _title_score(meant, work, edition)
    return f"its title differs ({score:.2f})" if score < LEAST else None


def _shares_no_word(meant: Meant, work: Dto, edition: Dto) -> bool:
    given, known = set(tokens(meant.title)), {word for name in known_names(work, edition) for word in tokens(name)}
    return not given & known - GOES_ON - SAYS_NOTHING


def same_title(one: Dto, other: Dto) -> bool:
    """Whether two works may be one by their titles, roughly."""
    return title_similarity(one["title"], other["title"]) >= LEAST


def _weighed(meant: Meant, place: int, work: Dto, edition: Dto) -> Candidate:
    title, author = _title_score(meant, work, edition), _author_score(meant, work) if meant.authors else None
    score = title if author is None else 0.6 * min(title, author) + 0.4 * max(title, author)
    match = work.get("match") or {}
    # the search knew more names of the book than it shows: of a translation, say
    agreed = author is not None and match.get("level") == "work_only" and not _goes_on_otherwise(meant, work, edition)
    if agreed and author is not None:
        title, author, score = max(title, AGREES), max(author, AGREES), max(score, match["score"])
    refused = _refusal(meant, work, edition, title, author)
    names = ", ".join(person["name"] for person in work["authors"][:3])
    rounded = None if author is None else round(author, 3)
    volume = (work.get("series") or {}).get("position") or (parse_title(work["title"]).series or ("", None))[1]
    return Candidate(place, work["title"], names, edition.get("isbn"), round(score, 3), round(title, 3), rounded, refused, volume)


def _refusal(meant: Meant, work: Dto, edition: Dto, title: float, author: float | None) -> str | None:
    if author is not None and author < LEAST:
        return f"another author ({author:.2f})" if work["authors"] else "its author is not known"
    if author is None and title < LEAST_ALONE:
        return f"another title ({title:.2f}), and no author to go by"
    if title < LEAST:
        return f"another title ({title:.2f})"
    if _other_volume(meant, work, title):
        return "another volume of the series"
    if title >= AGREES or author is None:
        return None
    if author < AGREES:
        return f"neither title ({title:.2f}) nor author ({author:.2f}) agrees well"
    if not any(reconciled(form, name) for form in meant.forms for name in known_names(work, edition)):
        return f"other words in its title ({title:.2f})"
    return None


def _title_score(meant: Meant, work: Dto, edition: Dto) -> float:
    names = known_names(work, edition)
    best = max(title_similarity(form, name) for form in meant.forms for name in names)
    if best < CUT_SCORE and any(is_cut(form, name) for form in meant.forms for name in names):
        return CUT_SCORE
    return min(best, OTHER_WORDS_AT_MOST) if best < 1 and _goes_on_otherwise(meant, work, edition) else best


def _goes_on_otherwise(meant: Meant, work: Dto, edition: Dto) -> bool:
    return meant.head_and_subtitle is not None and other_subtitle(*meant.head_and_subtitle, work, edition)


def _author_score(meant: Meant, work: Dto) -> float:
    people = [author["name"] for author in work["authors"]]
    return max((author_similarity(asked, name) for asked in meant.authors for name in people), default=0.0)


def _other_volume(meant: Meant, work: Dto, title_score: float) -> bool:
    """Whether the title asked for names a place in a series that this book does not have."""
    if meant.volume is None:
        return False
    series, place = meant.volume
    unnamed = meant.only_its_place_names_it
    own = work.get("series") or {}
    if own.get("position") is not None and title_similarity(own["name"], series) >= LEAST:
        return bool(own["position"] != place) and (unnamed or title_score < AGREES)
    key = search_key(work["title"])
    named = [*numbers_of(key), volume_of(key)]
    return unnamed and place not in named and not (place == 1 and named == [None])


def shared_title(best: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Whether somebody else wrote a book that a title alone fits as well: it is believed, and doubted for people to look at."""
    if best.author_score is not None:
        return False
    others = (c for c in candidates if c is not best and c.refused is None and c.score >= best.score)
    return any(author_similarity(other.author, best.author) < AGREES for other in others if other.author or best.author)


def _rival(best: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Whether another book fits as well: another volume, or by a weak title any of another title."""
    others = [c for c in candidates if c is not best and c.refused is None]
    as_good = [c for c in others if c.score >= best.score and c.title_score >= best.title_score]
    if any(None not in (other.volume, best.volume) and other.volume != best.volume for other in as_good):
        return True
    if best.author_score is None:
        return False  # `shared_title` says so instead
    near = [c for c in others if c.score >= best.score - RIVAL_WITHIN] if best.title_score < AGREES else []
    return any(search_key(other.title) != search_key(best.title) for other in near)


def _row(candidate: Candidate, candidates: Sequence[Candidate], winner: Candidate | None) -> Dto:
    reason = candidate.refused or ("accepted" if candidate is winner else "another fits better" if winner else "it could be either of two")
    row = {
        "title": candidate.title,
        "author": candidate.author or None,
        "isbn": candidate.isbn,
        "score": candidate.score,
        "titleScore": candidate.title_score,
        "authorScore": candidate.author_score,
        "chosen": candidate is winner,
        "reason": reason,
    }
    return {name: value for name, value in row.items() if value is not None}
