"""A text as a camera read it, as terms to find: words that are known, words nearly like those that are not, and glued ones cut.

Spines give title, author, publisher and call number in one line, in any order, misspelt, cut and glued together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from search.catalogue.title_words import words_of
from search.catalogue.vocabulary import GLUED_AT_MOST, Vocabulary, pieces

MOST_CHARS = 600  # of a text; a spine has fewer
MOST_WORDS = 40
NEAR_FROM = 4  # letters: a shorter word that is nowhere is no word
NEAR_WORDS = 4
MOST_NEAR = 5  # words of one text for which near ones are sought, the longest first
GLUED_FROM = 7  # letters
MOST_GLUED = 4
NEARLY = (1.0, 0.85, 0.7)  # how far a word of so many faults stands for the one that is meant
JOINED = 0.9
CUT = 0.9


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that was read: the words that it may be, each with how surely (0..1), and how much it says."""

    forms: tuple[tuple[str, float], ...]
    weight: float


def read(text: str) -> tuple[str, ...]:
    """The words of a text, at most so many; what has neither letter nor digit is none."""
    words = words_of(text[:MOST_CHARS])
    return tuple(word for word in words if any(map(str.isalnum, word)))[:MOST_WORDS]


def vocabulary_of(texts: Sequence[tuple[str, ...]]) -> Vocabulary:
    """The counts that the words of a batch's texts need, the parts of those that are nowhere included."""
    vocabulary = Vocabulary(word for words in texts for word in (*words, *_joined(words)))
    vocabulary.learn(part for words in texts for glued in _glued(words, vocabulary) for part in pieces(glued))
    return vocabulary


def terms_of(words: tuple[str, ...], vocabulary: Vocabulary) -> list[Term]:
    """What is to be found of a text."""
    glued = set(_glued(words, vocabulary))
    unknown = sorted((word for word in dict.fromkeys(words) if _may_be_misread(word, vocabulary)), key=lambda word: (-len(word), word))
    near = {word: vocabulary.near(word, NEAR_WORDS) for word in unknown[:MOST_NEAR]}
    terms: list[Term] = []
    for word in dict.fromkeys(words):
        alike = near.get(word, {})
        cut = vocabulary.split(word) if word in glued and 1 not in alike.values() else ()
        terms += [Term(((part, CUT),), CUT * vocabulary.weight(part)) for part in cut]
        if not cut:
            forms = ((word, 1.0), *((other, NEARLY[faults]) for other, faults in alike.items()))
            terms.append(Term(forms, min(vocabulary.weight(form) for form, _ in forms)))
    terms += [Term(((word, JOINED),), JOINED * vocabulary.weight(word)) for word in dict.fromkeys(_joined(words)) if vocabulary.count(word)]
    return terms


def _joined(words: tuple[str, ...]) -> Iterable[str]:
    """Neighbours in one: a word may have been torn."""
    return (one + other for one, other in pairwise(words) if len(one) + len(other) >= NEAR_FROM and one.isalpha() and other.isalpha())


def _may_be_misread(word: str, vocabulary: Vocabulary) -> bool:
    return len(word) >= NEAR_FROM and not vocabulary.count(word) and not word.isdigit()


def _glued(words: tuple[str, ...], vocabulary: Vocabulary) -> list[str]:
    """Words that are nowhere and long enough to be several."""
    unknown = (word for word in dict.fromkeys(words) if GLUED_FROM <= len(word) <= GLUED_AT_MOST and _may_be_misread(word, vocabulary))
    return sorted(unknown, key=lambda word: (-len(word), word))[:MOST_GLUED]
