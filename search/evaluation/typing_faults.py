"""How people mistype: one letter other, missing, doubled or swapped; words in another order, half typed, without their accents. Pure.

Each takes a random generator and gives another text than it was given, or None where it cannot.
"""

import random
import re

from anyascii import anyascii

from search.normalisers.text import dominant_script

LEAST_LETTERS = 5  # of a word that is misspelt: with one fault a shorter one is mostly another word
LONG_TITLE = 20  # letters, from which on two faults are likely
_WORD = re.compile(r"[^\W\d_]+")
_NEIGHBOURS = "etaoinshrdlucmfwygpbvk"


def one_fault(text: str, rng: random.Random) -> str | None:
    """One letter of one word of at least five letters replaced, missing, doubled, or swapped with the next."""
    return _with_faults(text, rng, 1)


def two_faults(text: str, rng: random.Random) -> str | None:
    """The same in two words of a long title."""
    return _with_faults(text, rng, 2) if sum(map(str.isalpha, text)) >= LONG_TITLE else None


def _with_faults(text: str, rng: random.Random, faults: int) -> str | None:
    words = [word for word in _WORD.finditer(text) if len(word[0]) >= LEAST_LETTERS and dominant_script(word[0]) not in ("Han", "Kana")]
    if len(words) < faults:
        return None
    for word in sorted(rng.sample(words, faults), key=lambda word: -word.start()):
        text = text[: word.start()] + _mistyped(word[0], rng) + text[word.end() :]
    return text


def _mistyped(word: str, rng: random.Random) -> str:
    """The first letter is right: hardly anybody mistypes that one."""
    at = rng.randrange(1, len(word))
    swaps = [place for place in range(1, len(word) - 1) if word[place] != word[place + 1]]
    match rng.choice(("replaced", "missing", "doubled", *(["swapped"] if swaps else []))):
        case "replaced":
            alphabet = _NEIGHBOURS if word.isascii() else "".join(sorted(set(word.lower())))
            other = rng.choice([letter for letter in alphabet if letter != word[at].lower()] or ["e"])
            return word[:at] + other + word[at + 1 :]
        case "missing":
            return word[:at] + word[at + 1 :]
        case "doubled":
            return word[: at + 1] + word[at:]
        case _:
            at = rng.choice(swaps)
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def other_signs(text: str, rng: random.Random) -> str | None:
    """The same title with other signs: "&" for "and", no apostrophes, hyphens or commas."""
    bare = re.sub(r"[-–—,.!?:]+", lambda found: " " if found[0] in "-–—" else "", re.sub(r"['’]", "", text))
    changed = rng.choice((bare, re.sub(r"\band\b", "&", text, flags=re.IGNORECASE)))
    return changed if changed != text and len(changed.split()) > 1 else None


def other_order(text: str, rng: random.Random) -> str | None:
    """The same words in another order."""
    words = text.split()
    if len(set(words)) < 2:
        return None
    mixed = list(words)
    while mixed == words:
        rng.shuffle(mixed)
    return " ".join(mixed)


def half_typed(text: str, rng: random.Random) -> str | None:
    """The title up to the middle of its last word, of which at least three letters are there."""
    last = text.rpartition(" ")[2]
    if len(last) < LEAST_LETTERS or not last.isalpha():
        return None
    return text[: len(text) - len(last) + rng.randrange(3, len(last))]


def without_accents(text: str, rng: random.Random) -> str | None:
    """Latin letters without their accents, all in capitals or none."""
    plain = anyascii(text)
    if plain == text or dominant_script(text) != "Latin":
        return None
    return rng.choice((plain.lower(), plain.upper()))


def romanised(text: str, rng: random.Random) -> str | None:
    """A title of another alphabet in Latin letters."""
    if dominant_script(text) not in ("Cyrillic", "Greek", "Armenian", "Georgian"):
        return None
    return anyascii(text)


def isbn_spelt(isbn13: str, isbn10: str | None, rng: random.Random) -> str:
    """An ISBN as it stands on books and in lists."""
    hyphened = f"{isbn13[:3]}-{isbn13[3]}-{isbn13[4:8]}-{isbn13[8:12]}-{isbn13[12]}"
    spaced = hyphened.replace("-", " ")
    forms = [isbn13, hyphened, spaced, f"ISBN {hyphened}", f"ISBN-13: {hyphened}", f" {isbn13} "]
    if isbn10:
        forms += [isbn10, f"{isbn10[0]}-{isbn10[1:5]}-{isbn10[5:9]}-{isbn10[9]}", isbn10.lower()]
    return rng.choice(forms)
