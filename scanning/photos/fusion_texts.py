"""Whether two detections tell of one book, by their texts: a title and an author that a model understood, lines that were read letter by
letter with their mistakes. Pure; every measure is 0..1.
"""

from rapidfuzz import fuzz

from scanning.detections import Detection
from search.normalisers.text import search_key
from search.normalisers.titles import parse_title

READABLE_LETTERS = 4  # fewer tell nothing about a book
SAME_WORD = 0.75  # likeness from which a word is the other one, misread
STRONG_WORD = 5  # letters; shorter ones stand in every title
CONTRADICTED = 0.6  # what is left of a likeness where each side has strong words that the other lacks
TITLE_SHARE = 0.7  # of the likeness, where there is an author too


def words_of(detection: Detection) -> str:
    """All text of a detection, folded for comparison."""
    told = f"{detection.title or ''} {detection.author or ''}".strip()
    return search_key(f"{told} {detection.text}").strip() if told or detection.lines else ""


def readable(detection: Detection) -> bool:
    """Whether its text is enough to tell it from another."""
    return sum(map(str.isalnum, words_of(detection))) >= READABLE_LETTERS


def understood_alike(told: Detection, read: Detection) -> float:
    """How well a title and author agree with lines that were read, in whichever order those stand."""
    lines = search_key(read.text) if read.lines else words_of(read)
    title = max((_covered(key, lines) for key in _titles(told.title)), default=0.0)
    author = _covered(search_key(told.author), lines) if told.author else None
    if not told.title:
        return author or 0.0
    likeness = title if author is None else TITLE_SHARE * title + (1 - TITLE_SHARE) * author
    return likeness * (CONTRADICTED if _contradict(told, lines) else 1.0)


def same_text(one: Detection, other: Detection) -> float:
    """How alike two detections of one engine are; a text that the other one holds whole counts as equal."""
    left, right = words_of(one), words_of(other)
    if not left or not right:
        return 1.0 if left == right else 0.0
    short, long = sorted((left, right), key=len)
    if len(short) < READABLE_LETTERS:
        return 1.0 if short == long else 0.0
    return fuzz.partial_ratio(short, long) / 100


def _titles(title: str | None) -> set[str]:
    """A title as it is told, and without the subtitle that few spines show."""
    return {search_key(title), search_key(parse_title(title).title)} if title else set()


def _covered(key: str, text: str) -> float:
    """How much of a key, by letters, stands in a text word by word, or in one piece where the spaces were lost."""
    words, others = key.split(), text.split()
    if not words or not others:
        return 0.0
    found = sum(len(word) * _best(word, others) for word in words) / sum(map(len, words))
    joined, whole = "".join(words), "".join(others)
    if len(joined) < READABLE_LETTERS or len(whole) < len(joined) * SAME_WORD:
        return found
    piece = fuzz.partial_ratio(joined, whole) / 100
    return max(found, piece if piece >= 0.85 else 0.0)


def _best(word: str, others: list[str]) -> float:
    best = max(fuzz.ratio(word, other) for other in others) / 100
    return best if best >= SAME_WORD else 0.0


def _contradict(told: Detection, lines: str) -> bool:
    """Whether the title has a strong word that was not read, and a strong word was read that nobody told."""
    all_told = words_of(told)
    missing = all(_lacking(title, lines) for title in _titles(told.title))
    return missing and _lacking(lines, all_told)


def _lacking(key: str, text: str) -> bool:
    joined, others = text.replace(" ", ""), text.split()
    return any(
        len(word) >= STRONG_WORD and (not others or _best(word, others) == 0.0) and fuzz.partial_ratio(word, joined) < 100 * SAME_WORD
        for word in key.split()
    )
