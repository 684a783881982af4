"""Whether a book that was found by its words is the one that was meant. Pure; a wrong book is worse than none.

Title and author have to agree, 0.70 each (0.90 where only a title is known). Between 0.70 and 0.85 agreement alone is not enough:
two books of one author often differ by a word ("Little Men", "Little Women"), so what differs has to be spelling, a cut end, or a
word that says nothing. Nor is a title enough where both have subtitles and these differ ("Star Wars: …"). Source: spec 06, "Batch enrichment".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rapidfuzz.distance import OSA

from search.matching import AGREES
from search.normalisers.names import author_name, author_similarity, split_authors
from search.normalisers.text import dominant_script, search_key, tokens
from search.normalisers.titles import OTHER_WORDS_AT_MOST, ParsedTitle, article_first, parse_title, says_other_book, title_similarity
from search.normalisers.volumes import numbers_of, volume_of

Dto = dict[str, Any]
LEAST = 0.70
LEAST_ALONE = 0.90  # of a title without an author
PLAINLY_DIFFERENT = 0.5
RIVAL_WITHIN = 0.15
SURE = 0.95
LEDGER_AT_MOST = 5
CUT_LEAST_WORDS, CUT_LEAST_CHARS = 3, 12
CUT_LIKELY_CHARS = 40  # from here on a program may have cut a title, wherever it ends
CUT_SCORE = 0.8  # of a cut title: as like as one can be that lacks words
_OPEN_BRACKET = re.compile(r"\s*[(\[][^)\]]*\Z")
_GOES_ON = frozenset("a an and at by for from in of on or the to with der die das den dem des ein eine im in und von zu le la les du de des et en un une "
                     "el los las y del al il lo gli i di della dei e o os as um uma do da dos das het een van voor op".split())  # noqa: SIM905
_SAYS_NOTHING = frozenset({"a", "an", "the", "novel", "roman", "romance", "novela", "book", "stories", "of", "and"})


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
        return f"{parsed.title}: {parsed.subtitle}" if parsed.subtitle else parsed.title

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


def weighed(meant: Meant, data: Dto) -> list[Candidate]:
    """The books of a search's answer, the likeliest first. `data` is as clients get it: works and editions by index."""
    pairs = zip(data["works"], data["editions"], strict=True)
    candidates = [_weighed(meant, place, work, edition) for place, (work, edition) in enumerate(pairs)]
    return sorted(candidates, key=lambda c: (c.refused is not None, -c.score, c.place))


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
    if title is None or by is None:
        return (by is not None and by < PLAINLY_DIFFERENT) or (title is not None and title < PLAINLY_DIFFERENT and _shares_no_word(meant, work, edition))
    return title < PLAINLY_DIFFERENT and by < PLAINLY_DIFFERENT


def _shares_no_word(meant: Meant, work: Dto, edition: Dto) -> bool:
    given = set(tokens(meant.title))
    return len(given) > 1 and given.isdisjoint(word for name in _names(work, edition) for word in tokens(name))


def same_title(one: Dto, other: Dto) -> bool:
    """Whether two works may be one by their titles, roughly."""
    return title_similarity(one["title"], other["title"]) >= LEAST


def _weighed(meant: Meant, place: int, work: Dto, edition: Dto) -> Candidate:
    title, author = _title_score(meant, work, edition), _author_score(meant, work) if meant.authors else None
    score = title if author is None else 0.6 * min(title, author) + 0.4 * max(title, author)
    match = work.get("match") or {}
    # the search knew more names of the book than it shows: of a translation, say
    agreed = author is not None and match.get("level") == "work_only" and not _other_subtitle(meant, work, edition)
    if agreed and author is not None:
        title, author, score = max(title, AGREES), max(author, AGREES), max(score, match["score"])
    refused = _refusal(meant, work, edition, title, author)
    names = ", ".join(person["name"] for person in work["authors"][:3])
    rounded = None if author is None else round(author, 3)
    return Candidate(place, work["title"], names, edition.get("isbn"), round(score, 3), round(title, 3), rounded, refused)


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
    if not any(_reconciled(form, name) for form in meant.forms for name in _names(work, edition)):
        return f"other words in its title ({title:.2f})"
    return None


def _names(work: Dto, edition: Dto) -> list[str]:
    """The titles under which a book is known here."""
    pairs = [(work["title"], work.get("subtitle")), (edition.get("title"), edition.get("subtitle"))]
    names = [form for title, subtitle in pairs if title for form in (title, f"{title}: {subtitle}" if subtitle else title)]
    return list(dict.fromkeys(names))


def _title_score(meant: Meant, work: Dto, edition: Dto) -> float:
    names = _names(work, edition)
    best = max(title_similarity(form, name) for form in meant.forms for name in names)
    if best < CUT_SCORE and any(_is_cut(form, name) for form in meant.forms for name in names):
        return CUT_SCORE
    return min(best, OTHER_WORDS_AT_MOST) if best < 1 and _other_subtitle(meant, work, edition) else best


def _other_subtitle(meant: Meant, work: Dto, edition: Dto) -> bool:
    """Whether the book begins as the title asked for and has another subtitle."""
    if meant.head_and_subtitle is None:
        return False
    head, asked = meant.head_and_subtitle
    known = (parse_title(name) for name in _names(work, edition))
    tails = [parsed.subtitle for parsed in known if parsed.subtitle and search_key(parsed.title) == head]
    return bool(tails) and not any(_same_subtitle(asked, tail) for tail in tails)


def _same_subtitle(asked: str, known: str) -> bool:
    words, others = search_key(asked).split(), search_key(known).split()
    if _SAYS_NOTHING.issuperset(words) or _SAYS_NOTHING.issuperset(others):
        return True
    return others[: len(words)] == words or title_similarity(asked, known) >= AGREES or _reconciled(asked, known)


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


def _reconciled(asked: str, known: str) -> bool:
    """Whether a title that is not quite the known one differs by spelling, by a cut end, or by words that say nothing."""
    if title_similarity(asked, known) < LEAST:
        return False
    words, others = (search_key(text).split() for text in (asked, known))
    telling, other_telling = ([word for word in said if word not in _SAYS_NOTHING] or said for said in (words, others))
    if len(telling) == len(other_telling) and all(map(_spelt_nearly, telling, other_telling)):
        return True
    return _is_cut(asked, known)


def _is_cut(asked: str, known: str) -> bool:
    """Whether a program cut the known title: it is long, or ends where no title does, and what is missing is no number and no other book."""
    words, others = search_key(asked).split(), search_key(known).split()
    rest = others[len(words) :]
    if len(words) < CUT_LEAST_WORDS or len(" ".join(words)) < CUT_LEAST_CHARS or len(words) > len(others):
        return False
    last, whole = words[-1], others[len(words) - 1]
    inside = whole != last and whole.startswith(last)
    if not (all(map(_spelt_nearly, words[:-1], others)) and (inside or (rest and _spelt_nearly(last, whole)))):
        return False
    likely = inside or last in _GOES_ON or asked.rstrip().endswith(("…", "...")) or len(asked) >= CUT_LIKELY_CHARS
    return likely and not numbers_of(" ".join(rest)) and not says_other_book(" ".join(rest))


def _spelt_nearly(word: str, other: str) -> bool:
    """One or two letters apart in a long word; a plural is another word, and so is another number."""
    if word == other:
        return True
    shorter, longer = sorted((word, other), key=len)
    if longer == shorter + "s" or len(shorter) < 4 or any(map(str.isdigit, shorter + longer)):
        return False
    allowed = 1 if len(shorter) < 8 else 2
    return OSA.distance(shorter, longer, score_cutoff=allowed) <= allowed


def _rival(best: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Whether a weak title fits another book about as well, or a title alone as well."""
    if best.author_score is None:
        others = (c for c in candidates if c is not best and c.refused is None and c.title_score >= best.title_score)
        return any(author_similarity(other.author, best.author) < AGREES for other in others if other.author or best.author)
    if best.title_score >= AGREES:
        return False
    others = (c for c in candidates if c is not best and c.refused is None and c.score >= best.score - RIVAL_WITHIN)
    return any(search_key(other.title) != search_key(best.title) for other in others)


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
