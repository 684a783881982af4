"""Names of people: for showing, for comparing, for telling two people apart.

Source: spec 04, "Normalising" (authors).
"""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz import fuzz

from search.normalisers.text import clean_line, dominant_script, folded_words, search_key

MAX_CHARS = 300
OTHER_SCRIPT_AT_MOST = 0.8  # a transliteration is never sure
_NOBODY = frozenset({
    "various", "various authors", "unknown", "unknown author", "author unknown", "anonymous", "anonymous author", "anonymus",
    "anon", "no author", "not available", "n a", "na", "none", "null", "author", "authors", "et al", "verschiedene",
    "verschiedene autoren", "diverse", "unbekannt", "anonym", "divers", "auteurs divers", "anonyme", "inconnu", "varios",
    "varios autores", "autores varios", "anonimo", "desconocido", "desconhecido", "aa vv", "vv aa", "autori vari", "sconosciuto",
    "auteur inconnu", "unbekannter autor", "autor unbekannt", "autor desconocido", "autor desconhecido", "autore sconosciuto",
    "onbekende auteur", "auteur onbekend", "nieznany", "nieznany autor", "autor nieznany", "neznamy autor", "autor neznamy", "diversen", "onbekend", "ruzni", "rozni", "okand", "ukjent", "неизвестен", "不明", "作者不詳", "佚名",
})  # fmt: skip
_HONORIFICS = re.compile(
    r"\A(?:(?:dr|prof|professor|sir|dame|lord|lady|mr|mrs|ms|miss|rev|reverend|fr)\.?\s+)+(?=\S+\s+\S)", re.IGNORECASE
)
_PLAIN = re.compile(r"[A-Z][a-z]{1,40}(?: [A-Z][a-z]{1,40}){1,4}")  # most names: nothing to turn, fold or set apart
_CREDIT = re.compile(r"\A(?:(?:written|edited|translated|illustrated|narrated|read) )?by (?=\S)")
_ROLES = (
    r"(?:authors?|editors?|eds?\.?|translators?|trans\.?|tr\.?|illustrators?|illus\.?|ill\.?|narrators?|foreword|introduction|"
    r"afterword|preface|contributors?|photographers?|creators?|compilers?|adapters?|autora?|auteur|herausgeber|übersetzer|"
    r"traductora?|traducteur|traduttore|tradutora?|vertaler)"
)
_ROLE = re.compile(
    rf"\s*(?:[(\[]\s*(?P<role>{_ROLES})(?:\s*[,/&]\s*{_ROLES})*\s*[)\]]|,\s*(?P<after>{_ROLES}))\s*\Z", re.IGNORECASE
)
_YEARS = re.compile(
    r"(?:\s*[,(]\s*(?:b\.\s*|d\.\s*|ca?\.\s*)?\d{3,4}\??(?:\s*[-–]\s*(?:\d{3,4})?\??)?\)?|\s+\d{3,4}\??\s*[-–]\s*(?:\d{3,4}\??)?)"
    r"\s*\.?\s*\Z"
)
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md", "esq", "inc", "ltd", "llc", "corp", "gmbh"})
_PARTICLES = frozenset({
    "al", "d", "da", "de", "del", "della", "den", "der", "di", "dos", "du", "el", "la", "le", "mac", "mc", "o", "saint",
    "st", "ter", "van", "von",
})  # fmt: skip
_EASTERN = frozenset({"Han", "Kana", "Hangul"})  # family name first
_ET_AL = re.compile(r"(?<![\s,])[\s,]*\b(?:et\s+al\.?|u\.\s*a\.)\s*\Z", re.IGNORECASE)
_SURE_BREAK = re.compile(r"\s*[;|]\s*|\s+[&/]\s+|\s+and\s+", re.IGNORECASE)
_PERHAPS_BREAK = re.compile(r"\s+(?:und|et|y|e|en)\s+")  # in Spanish it is also within a name: Ramón y Cajal


def author_name(raw: object) -> str | None:
    """A name as it is shown: `Last, First` turned; honorifics, role and years of life off; None where it names nobody."""
    if not isinstance(raw, str):
        return None
    name = _CREDIT.sub("", clean_line(raw[: MAX_CHARS * 2]))[:MAX_CHARS]
    name = _YEARS.sub("", _ROLE.sub("", name)).strip(" ,;|/")
    name = _HONORIFICS.sub("", _turned(_without_stop(name)))
    key = search_key(name) if name else ""
    if not key or key in _NOBODY or not any(sign.isalpha() for sign in name):
        return None
    return name


def _without_stop(name: str) -> str:
    """Catalogues end a heading with a full stop: off, where it does not belong to an initial or a suffix."""
    last = name.split()[-1][:-1] if name.endswith(".") else ""
    return name[:-1] if len(last) > 3 and "." not in last and not _is_suffix(last) else name


def _turned(name: str) -> str:
    """`King, Stephen` to `Stephen King`; `King, Jr.` and lists stay."""
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == 3 and _is_suffix(parts[2]) and parts[0] and parts[1]:
        return f"{parts[1]} {parts[0]}, {parts[2]}"
    if len(parts) != 2 or not all(parts) or _is_suffix(parts[1]):
        return name
    if len(parts[0].split()) > 3 or len(parts[1].split()) > 4:
        return name
    if dominant_script(name) in _EASTERN:
        return f"{parts[0]} {parts[1]}"
    return f"{parts[1]} {parts[0]}"


def _is_suffix(word: str) -> bool:
    return word.lower().replace(".", "") in _SUFFIXES


def split_authors(raw: str) -> list[str]:
    """The names in one cell: "A; B", "A & B", "A and B", "A, B, C"; `Last, First` stays one name. Each name once."""
    line = _ET_AL.sub("", clean_line(raw[:3000]))
    pieces = [piece for sure in _SURE_BREAK.split(line) for piece in _at_perhaps(sure) if piece]
    names = [name for piece in pieces for part in _at_commas(piece) if (name := author_name(part))]
    return list(dict.fromkeys(names))


def _at_perhaps(piece: str) -> list[str]:
    """Cut at a foreign "and" where whole names stand on both sides of it."""
    parts = _PERHAPS_BREAK.split(piece)
    return (
        parts if all(len(part.replace(",", " ").split()) >= 2 and part.count(",") != 1 for part in parts) else [piece]
    )


def _at_commas(piece: str) -> list[str]:
    """Cut at commas where whole names stand between them: "Le Guin, Ursula K." is one."""
    parts = [part.strip() for part in piece.split(",")]
    names = [part for part in parts if part and not _is_suffix(part) and not _ROLE.fullmatch("," + part)]
    whole = sum(len(name.split()) >= 2 for name in names)
    if len(names) < 2 or whole < (2 if len(names) == 2 else len(names) / 2):
        return [piece]
    if len(names) == 2:
        begins = folded_words(names[0])[:1]
        if (begins and begins[0] in _PARTICLES and names[0][1:2] != ".") or re.search(r"\b[^\W\d_]\.?\Z", names[1]):
            return [piece]
    return names


def role_of(raw: object) -> str | None:
    """The role that stands behind a name, in lower case: "translator", "ill"; None without one."""
    found = _ROLE.search(raw[-80:]) if isinstance(raw, str) else None
    return (found["role"] or found["after"]).lower().rstrip(".") if found else None


@lru_cache(maxsize=5_000)
def author_key(name: str) -> str:
    """The form for comparison: turned, folded, initials apart ("JRR" and "J.R.R." become "j r r")."""
    plain = _PLAIN.fullmatch(name)
    return name.lower() if plain and not _HONORIFICS.match(name) else _folded_key(name)


def _folded_key(name: str) -> str:
    shown = unicodedata.normalize("NFKC", author_name(name) or name[:MAX_CHARS])
    apart = re.sub(r"\b([A-Z])\.?(?=[A-Z]\b|[A-Z]\.)", r"\1 ", shown)
    if not shown.isupper():
        apart = re.sub(r"\b(?!II|IV|MD)[A-Z]{2,3}\b(?=\s)", lambda block: " ".join(block[0]), apart)
    return " ".join(folded_words(apart.replace(".", " "))) or search_key(shown)


@lru_cache(maxsize=5_000)
def author_similarity(one: str, other: str) -> float:
    """How surely two names are one person's, 0..1. Initials agree with the names they begin; a missing name agrees with none."""
    name, other_name = author_name(one), author_name(other)
    if name is None or other_name is None:
        return 0.0
    if dominant_script(name) != dominant_script(other_name):
        latin, other_latin = author_key(anyascii(name)), author_key(anyascii(other_name))
        return min(OTHER_SCRIPT_AT_MOST, _similarity(latin.split(), other_latin.split()))
    words, others = author_key(name).split(), author_key(other_name).split()
    return max(_similarity(words, others), _similarity(_joined_particles(words), _joined_particles(others)))


def _joined_particles(words: list[str]) -> list[str]:
    """ "le guin" as "leguin", "d annunzio" as "dannunzio": written either way. A first name stays alone."""
    joined: list[str] = []
    for place, word in enumerate(words):
        if place > 1 and words[place - 1] in _PARTICLES:
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _similarity(words: list[str], others: list[str]) -> float:
    if words == others:
        return 1.0
    names, other_names = _without_suffixes(words), _without_suffixes(others)
    if not names or not other_names:
        return 0.0
    if sorted(names) == sorted(other_names) or "".join(names) == "".join(other_names):
        return 0.98  # names of the East stand in either order
    last = fuzz.ratio(names[-1], other_names[-1]) / 100
    if last < 0.8:
        return 0.6 * last
    return last * _given(names[:-1], other_names[:-1])


def _without_suffixes(words: list[str]) -> list[str]:
    return [word for word in words if word not in _SUFFIXES] or words


def _given(names: list[str], others: list[str]) -> float:
    """Agreement of given names: 1 when equal, slightly less for initials or middle names left out, low when they differ."""
    if names == others:
        return 1.0
    if not names or not others:
        return 0.75  # a surname alone may be anybody of that family
    if not _begins(names[0], others[0]):
        if _initials_of("".join(names), others) or _initials_of("".join(others), names):
            return 0.93
        alike = fuzz.ratio(names[0], others[0])
        return 0.8 if alike >= 80 else 0.2 + 0.5 * alike / 100  # Daniel is not Danielle
    short, long = sorted((names, others), key=len)
    agreed = sum(any(_begins(word, candidate) for candidate in long) for word in short)
    if agreed < len(short):
        return 0.8
    if len(short) == len(long):
        return 0.97
    return 0.94 if names[0] == others[0] else 0.84  # E. L. James is not Eloisa James


def _begins(one: str, other: str) -> bool:
    """Equal, or one is the initial of the other."""
    return one == other or (len(one) == 1 and other.startswith(one)) or (len(other) == 1 and one.startswith(other))


def _initials_of(word: str, names: list[str]) -> bool:
    return len(word) == len(names) and all(name.startswith(letter) for letter, name in zip(word, names, strict=True))
