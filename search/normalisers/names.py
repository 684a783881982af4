"""Names of people: for showing, for comparing, for telling two people apart.

Source: spec 04, "Normalising" (authors).
"""

import re
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz import fuzz

from search.normalisers.text import clean_line, dominant_script, search_key

MAX_CHARS = 300
OTHER_SCRIPT_AT_MOST = 0.8  # a transliteration is never sure
_NOBODY = frozenset(
    ["various", "various authors", "unknown", "unknown author", "anonymous", "anonymus", "anon", "author unknown", "n a", "na", "none", "null", "author", "authors", "et al", "verschiedene", "unbekannt", "anonym", "divers", "anonyme", "inconnu", "varios", "anonimo", "desconocido", "aa vv", "vv aa", "autori vari", "sconosciuto", "diversen", "onbekend", "různí", "rozni", "not available", "no author"]
)
_HONORIFICS = re.compile(
    r"(?:(?:dr|prof|professor|sir|dame|lord|lady|mr|mrs|ms|miss|rev|reverend|fr|st)\.?\s+)+(?=\S+\s+\S)", re.IGNORECASE
)
_ROLE = re.compile(
    r"\s*[(\[](?P<role>author|editor|ed\.?|eds\.?|translator|trans\.?|tr\.?|illustrator|illus\.?|ill\.?|narrator|foreword|introduction|"
    r"contributor|photographer|creator|compiler|adapter|autor|autora|auteur|übersetzer|traductor|traducteur|traduttore)[)\]]\s*\Z",
    re.IGNORECASE,
)
_SUFFIXES = frozenset(["jr", "sr", "ii", "iii", "iv", "phd", "md", "esq"])
_LIST = re.compile(r"\s*(?:;|\s&\s|\s\band\b\s|\s\bund\b\s|\s\bet\b\s|\s\by\b\s)\s*")


def author_name(raw: object) -> str | None:
    """A name as it is shown: `Last, First` turned, honorifics and role off; None where it names nobody."""
    if not isinstance(raw, str):
        return None
    name = _ROLE.sub("", clean_line(raw[: MAX_CHARS * 2]))[:MAX_CHARS].strip(" ,;|/")
    name = _HONORIFICS.sub("", _turned(name))
    key = search_key(name) if name else ""
    if not key or key in _NOBODY or not any(sign.isalpha() for sign in name):
        return None
    return name


def _turned(name: str) -> str:
    """`King, Stephen` to `Stephen King`; `King, Jr.` and lists stay."""
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == 3 and _is_suffix(parts[2]):
        return f"{parts[1]} {parts[0]}, {parts[2]}"
    if len(parts) != 2 or not all(parts) or _is_suffix(parts[1]):
        return name
    if len(parts[0].split()) > 3 or len(parts[1].split()) > 4:
        return name
    return f"{parts[1]} {parts[0]}"


def _is_suffix(word: str) -> bool:
    return word.lower().replace(".", "") in _SUFFIXES


def split_authors(raw: str) -> list[str]:
    """The names in one cell: "A; B", "A & B", "A and B", "A, B, C"; `Last, First` stays one name."""
    line = clean_line(raw[:3000])
    if not line:
        return []
    found = [part for part in _LIST.split(line) if part]
    if len(found) == 1:
        commas = [part.strip() for part in line.split(",") if part.strip() and not _is_suffix(part.strip())]
        if len(commas) >= 2 and all(len(part.split()) >= 2 for part in commas):
            found = commas
    names = [name for part in found if (name := author_name(part))]
    return list(dict.fromkeys(names))


def role_of(raw: object) -> str | None:
    """The role in brackets behind a name, in lower case; None without one."""
    found = _ROLE.search(raw[-80:]) if isinstance(raw, str) else None
    return found["role"].lower().rstrip(".") if found else None


@lru_cache(maxsize=20_000)
def author_key(name: str) -> str:
    """The form for comparison: turned, folded, initials apart ("JRR" and "J.R.R." become "j r r")."""
    shown = author_name(name) or name
    apart = re.sub(r"\b([A-Z])\.?(?=[A-Z]\b|[A-Z]\.)", r"\1 ", shown)
    return search_key(apart.replace(".", " "))


@lru_cache(maxsize=50_000)
def author_similarity(one: str, other: str) -> float:
    """How surely two names are one person's, 0..1. Initials agree with the names they begin; a missing name agrees with none."""
    if author_name(one) is None or author_name(other) is None:
        return 0.0
    if dominant_script(one) != dominant_script(other):
        return min(OTHER_SCRIPT_AT_MOST, _similarity(search_key(anyascii(one)), search_key(anyascii(other))))
    return _similarity(author_key(one), author_key(other))


def _similarity(one: str, other: str) -> float:
    if one == other:
        return 1.0
    names, others = _people_words(one), _people_words(other)
    if not names or not others:
        return fuzz.ratio(one, other) / 100
    if "".join(sorted("".join(names))) == "".join(sorted("".join(others))) and set(names) == set(others):
        return 0.98
    last = max(fuzz.ratio(names[-1], others[-1]), _other_last(names, others)) / 100
    if last < 0.8:
        return 0.6 * last
    return last * _given(names[:-1], others[:-1])


def _people_words(key: str) -> list[str]:
    return [word for word in key.split() if word not in _SUFFIXES] or key.split()


def _other_last(names: list[str], others: list[str]) -> float:
    """Names of the East stand in either order."""
    if len(names) == len(others) == 2 and set(names) == set(others):
        return 100.0
    return 0.0


def _given(names: list[str], others: list[str]) -> float:
    """Agreement of given names: 1 when equal, slightly less for initials or middle names left out, low when they differ."""
    if not names or not others:
        return 0.75  # a surname alone may be anybody of that family
    if _begins(names[0], others[0]) is False:
        joined, other_joined = "".join(names), "".join(others)
        if _initials_of(joined, others) or _initials_of(other_joined, names):
            return 0.93
        return 0.5 * fuzz.ratio(names[0], others[0]) / 100 + 0.2 if fuzz.ratio(names[0], others[0]) < 80 else 0.9
    short, long = sorted((names, others), key=len)
    agreed = sum(any(_begins(word, candidate) for candidate in long) for word in short)
    if agreed < len(short):
        return 0.8
    return 0.97 if len(short) == len(long) else 0.94


def _begins(one: str, other: str) -> bool:
    """Equal, or one is the initial of the other."""
    return one == other or (len(one) == 1 and other.startswith(one)) or (len(other) == 1 and one.startswith(other))


def _initials_of(word: str, names: list[str]) -> bool:
    return len(word) == len(names) and all(name.startswith(letter) for letter, name in zip(word, names, strict=True))
