"""How much an edition's cover is worth having, among the editions of one work. Pure. Source: spec 06, "Cover harvest"."""

import re
from dataclasses import dataclass

PICTURES = {"extraLarge": 40, "large": 30, "medium": 20, "thumbnail": 10}
BINDINGS = {"Hardcover": 15, "Paperback": 10, "Mass Market": 10}
# The dearest of what an edition is by its own words; together with the rest the most is 100.
_ILLUSTRATED = re.compile(
    r"\b(?<!non-)(?:illustrated|illustrierte?|illustré[es]*|ilustrad[oa]|illustrat[oa]|geïllustreerde?)\b", re.IGNORECASE
)
_FIRST = re.compile(
    r"\b(?:(?:first|1st) (?:edition|ed)|collector['’]?s?['’]? edition|erstausgabe|première édition|primera edición|prima edizione|"
    r"primeira edição|eerste druk)\b",
    re.IGNORECASE,
)
_ANNIVERSARY = re.compile(
    r"\b(?:anniversary|jubiläumsausgabe|anniversaire|aniversario|anniversario|aniversário|jubileumeditie)\b", re.IGNORECASE
)
SPECIALS = ((_ILLUSTRATED, 30), (_FIRST, 25), (_ANNIVERSARY, 20))


@dataclass(frozen=True, slots=True)
class Traits:
    """What the score stands on. `picture` is the largest size that a catalogue names, as Google calls sizes; `words` are title and note."""

    picture: str | None = None
    words: str = ""
    format: str = ""
    year: int | None = None
    pages: int | None = None


def edition_score(traits: Traits, this_year: int) -> int:
    """0..100: picture 40, what kind of edition 30, binding 15, age 10, pages 5."""
    return (
        PICTURES.get(traits.picture or "", 0)
        + max((points for pattern, points in SPECIALS if pattern.search(traits.words)), default=0)
        + BINDINGS.get(traits.format, 0)
        + _by_age(traits.year, this_year)
        + (5 if traits.pages else 0)
    )


def _by_age(year: int | None, this_year: int) -> int:
    """10 up to five years after publication, 5 up to fifteen; also for what is announced."""
    if year is None:
        return 0
    age = this_year - year
    return 10 if age <= 5 else 5 if age <= 15 else 0
