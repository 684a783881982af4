"""Whether titles that are not quite alike are one book's all the same, or begin alike and go on otherwise. Pure.

What differs may be spelling, a cut end, or a word that says nothing; a subtitle, a number or another word makes another book.
"""

from typing import Any

from rapidfuzz.distance import OSA

from search.matching import AGREES
from search.normalisers.names import author_similarity
from search.normalisers.text import search_key
from search.normalisers.titles import parse_title, says_other_book, title_similarity
from search.normalisers.volumes import numbers_of

Dto = dict[str, Any]
LEAST = 0.70  # of titles that may be one book's at all
CUT_LEAST_WORDS, CUT_LEAST_CHARS = 3, 12
CUT_LIKELY_CHARS = 40  # from here on a program may have cut a title, wherever it ends
CUT_SCORE = 0.8  # of a cut title: as like as one can be that lacks words
GOES_ON = frozenset(  # what no title ends with
    "a an and at by for from in of on or the to with der die das den dem des ein eine im und von zu le la les du de et en un une "  # noqa: SIM905
    "el los las y del al con por para il lo gli i di della dei e o os as um uma do da dos das het een van voor op".split()
)
SAYS_NOTHING = frozenset({"a", "an", "the", "novel", "roman", "romance", "novela", "book", "stories", "of", "and"})


def known_names(work: Dto, edition: Dto) -> list[str]:
    """The titles under which a book is known here."""
    pairs = [(work["title"], work.get("subtitle")), (edition.get("title"), edition.get("subtitle"))]
    names = [form for title, subtitle in pairs if title for form in (title, f"{title}: {subtitle}" if subtitle else title)]
    return list(dict.fromkeys(names))


def other_subtitle(head: str, asked: str, work: Dto, edition: Dto) -> bool:
    """Whether the book begins as the title asked for, whose key is `head`, and has another subtitle."""
    if _is_of_two_books(asked, work, edition):
        return True
    known = (parse_title(name) for name in known_names(work, edition))
    tails = [parsed.subtitle for parsed in known if parsed.subtitle and search_key(parsed.title) == head]
    return bool(tails) and not any(_same_subtitle(asked, tail) for tail in tails)


def _is_of_two_books(asked: str, work: Dto, edition: Dto) -> bool:
    """Whether a second title stands behind a stroke, and not who wrote the book, as libraries have it."""
    _, stroke, tail = asked.partition(" / ")
    if not stroke or any(" / " in name for name in known_names(work, edition)):
        return False
    return not any(author_similarity(tail, author["name"]) >= AGREES for author in work["authors"])


def _same_subtitle(asked: str, known: str) -> bool:
    words, others = search_key(asked).split(), search_key(known).split()
    if SAYS_NOTHING.issuperset(words) or SAYS_NOTHING.issuperset(others):
        return True
    return others[: len(words)] == words or title_similarity(asked, known) >= AGREES or reconciled(asked, known)


def reconciled(asked: str, known: str) -> bool:
    """Whether a title that is not quite the known one differs by spelling, by a cut end, or by words that say nothing."""
    if is_cut(asked, known):
        return True
    words, others = (search_key(text).split() for text in (asked, known))
    telling, other_telling = ([word for word in said if word not in SAYS_NOTHING] or said for said in (words, others))
    alike = len(telling) == len(other_telling) and all(map(_spelt_nearly, telling, other_telling))
    return alike and title_similarity(asked, known) >= LEAST


def is_cut(asked: str, known: str) -> bool:
    """Whether a program cut the known title: it is long, or ends where no title does. What is missing is no number and no other book."""
    words, others = search_key(asked).split(), search_key(known).split()
    rest = others[len(words) :]
    if len(words) < CUT_LEAST_WORDS or len(" ".join(words)) < CUT_LEAST_CHARS or len(words) > len(others):
        return False
    last, whole = words[-1], others[len(words) - 1]
    inside = whole != last and whole.startswith(last) and not any(map(str.isdigit, whole))
    if not (all(map(_spelt_nearly, words[:-1], others)) and (inside or (rest and _spelt_nearly(last, whole)))):
        return False
    likely = inside or last in GOES_ON or asked.rstrip().endswith(("…", "...")) or len(asked) >= CUT_LIKELY_CHARS
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
