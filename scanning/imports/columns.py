"""A header of somebody's own: what each column is, by its name in nine languages and by what its cells look like. Pure.

Names speak first; cells overrule them where they cannot be what the name says, and speak alone where it says nothing. A field that can be
had once goes to the column that has it most surely; the others are kept as they are.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from scanning.csv_format import By, Column, Field, Habits, People
from scanning.imports.column_contents import Contents, claims, fit, is_small_scale
from scanning.imports.column_phrases import FILLERS, OTHER_THAN, WEAK, Meaning, by_phrase
from scanning.imports.column_words import DAY_FIRST
from scanning.imports.headers import folded_header
from scanning.imports.remembering import remembered
from search.normalisers.dates import day_first_in

FEW = 0.5  # a cell or two do not refute a name
LEAST_FIT = 0.2  # of the cells, for the name to be believed
LEAST = 0.35  # less is no more than a guess
WEAK_SURE = 0.7
ALIKE = 86  # of 100: a header that is misspelt
SHORTEST_MISSPELT = 5
CERTAIN = frozenset({Field.ISBN, Field.OPENLIBRARY_ID, Field.ASIN})  # cells that are nothing else
MANY = {Field.ISBN: 3, Field.SHELVES: 6, Field.NOTES: 3, Field.ADDITIONAL_AUTHORS: 6, Field.OTHER_ID: 20}
FEW_NAMES = 3  # do not tell how a column is written
_FURTHER = frozenset("23456789")
SCALES = (5, 10, 20, 100)


@dataclass(frozen=True, slots=True)
class Named:
    """What a header's words mean: (meaning, how surely) with the surest first; empty for words that mean nothing to us."""

    meanings: tuple[tuple[Meaning, float], ...] = ()

    def means(self, field: Field | None) -> bool:
        return any(known is field for (known, _), _ in self.meanings)

    @property
    def weak(self) -> bool:
        """Whether it may head a column of anything."""
        return bool(self.meanings) and self.meanings[0][1] == WEAK_SURE


@dataclass(frozen=True, slots=True)
class _Candidate:
    sure: float
    index: int
    field: Field
    by: By
    language: str = ""


def mapped(header: Sequence[str], sample: Sequence[Sequence[str]]) -> tuple[tuple[Column, ...], Habits]:
    """The columns of a header with how surely they are what they are taken for, and how their cells are to be read."""
    contents = [Contents.of([row[place] for row in sample if place < len(row)]) for place in range(len(header))]
    names = [named(name) for name in header]
    candidates = [one for place in range(len(header)) for one in _candidates(place, names[place], contents[place])]
    chosen = _chosen(candidates)
    columns = tuple(_column(place, name, chosen.get(place), names[place]) for place, name in enumerate(header))
    return columns, _habits(chosen, contents)


def _column(place: int, header: str, taken: _Candidate | None, name: Named) -> Column:
    if taken:
        return Column(place, header, taken.field, round(taken.sure, 3), taken.by)
    if name.means(None):
        return Column(place, header, None, name.meanings[0][1], "header")
    return Column(place, header, None, 0.5, "content")


@remembered
def named(header: str) -> Named:
    """What the words of a header mean."""
    folded, phrases = folded_header(header), by_phrase()
    if not folded:
        return Named()
    if folded in phrases:
        sure = WEAK_SURE if folded in WEAK else 0.95
        return Named(tuple((meaning, sure) for meaning in phrases[folded]))
    words = folded.split()
    bare = " ".join(word for word in words if word not in FILLERS)
    if bare in phrases:
        return Named(tuple((meaning, 0.85) for meaning in phrases[bare]))
    if words[-1] in _FURTHER and any(field is Field.AUTHOR for field, _ in phrases.get(" ".join(words[:-1]), ())):
        return Named((((Field.ADDITIONAL_AUTHORS, ""), 0.9),))  # "Author 2"
    if found := _contained(words):
        return found
    if len(folded) >= SHORTEST_MISSPELT and (alike := process.extractOne(folded, phrases.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE)):
        return Named(tuple((meaning, 0.8 * alike[1] / 100) for meaning in phrases[alike[0]]))
    return Named()


def _contained(words: list[str]) -> Named | None:
    """The longest phrase in it, unless the words around say that it is about something else."""
    phrases = by_phrase()
    for size in range(len(words) - 1, 0, -1):
        for start in range(len(words) - size + 1):
            phrase = " ".join(words[start : start + size])
            around = {*words[:start], *words[start + size :]} - FILLERS
            if phrase not in phrases or phrase in WEAK or phrase in FILLERS:
                continue
            if around & OTHER_THAN:
                return Named((((None, ""), 0.65),))
            share = len(phrase) / (len(phrase) + sum(map(len, around)))
            return Named(tuple((meaning, 0.5 + 0.35 * share) for meaning in phrases[phrase]))
    return None


def _candidates(place: int, name: Named, had: Contents) -> list[_Candidate]:
    """What a column may be: what its name says and its cells allow, and what its cells show where they are surer than the name."""
    found = [
        _Candidate(sure * (0.35 + 0.65 * min(1.0, fitting + 0.15)), place, field, "header", language)
        for (field, language), sure in name.meanings
        if field is not None and (fitting := max(fit(field, had), FEW - len(had.cells) / 10)) >= LEAST_FIT
    ]
    best = max((one.sure for one in found), default=0.0)
    shown: list[_Candidate] = []
    for field, sure in claims(had):
        if any(one.field is field for one in found):
            continue
        if field in CERTAIN and sure > 0.7:
            return [*(one for one in found if one.field in CERTAIN), _Candidate(sure, place, field, "content")]
        if field is Field.STATUS and name.means(Field.SHELVES):  # to-read, read: states, on a shelf's column
            shown.append(_Candidate(0.96, place, field, "content"))
        elif not name.means(None) and (sure > best or name.weak):
            shown.append(_Candidate(sure, place, field, "content"))
    return [*found, *shown, *_misnamed(place, name, had)]


def _misnamed(place: int, name: Named, had: Contents) -> list[_Candidate]:
    """Headers that are used for more than one thing, told by the cells."""
    found: list[_Candidate] = []
    if name.means(Field.STATUS) and had.days >= 0.6:  # "Read" heads dates as well as states
        found.append(_Candidate(0.8, place, Field.DATE_READ, "content"))
    if name.means(Field.PUBLICATION_DATE) and fit(Field.PUBLICATION_DATE, had) < LEAST_FIT and is_small_scale(had):
        found.append(_Candidate(0.6, place, Field.RATING, "content"))
    return found


def _chosen(candidates: list[_Candidate]) -> dict[int, _Candidate]:
    """The best column for each field, the best field for each column."""
    chosen: dict[int, _Candidate] = {}
    taken: Counter[Field] = Counter()
    for one in sorted(candidates, key=lambda one: (-one.sure, one.index)):
        if one.sure < LEAST or one.index in chosen or taken[one.field] >= MANY.get(one.field, 1):
            continue
        chosen[one.index] = one
        taken[one.field] += 1
    if taken[Field.AUTHOR]:  # then its parts are told twice
        chosen = {place: one for place, one in chosen.items() if one.field not in (Field.AUTHOR_FIRST, Field.AUTHOR_LAST)}
    return chosen


def _habits(chosen: dict[int, _Candidate], contents: Sequence[Contents]) -> Habits:
    places = {one.field: place for place, one in chosen.items()}
    rating = places.get(Field.RATING)
    largest = contents[rating].largest if rating is not None else 0.0
    author = places.get(Field.AUTHOR)
    turned = author is not None and len(contents[author].cells) >= FEW_NAMES and contents[author].turned >= 0.8
    people: People = "turned" if turned else "any"
    scale = next((scale for scale in SCALES if largest <= scale), 5)
    return Habits(rating_of=float(scale), day_first=_day_first(chosen, contents), list_separator="", people=people)


def _day_first(chosen: dict[int, _Candidate], contents: Sequence[Contents]) -> bool | None:
    """As the dates tell that have one number above 12; else as the header's language has it; else not known."""
    told = {tells for had in contents for cell in had.cells if len(cell) < 40 and (tells := day_first_in(cell)) is not None}
    if told:
        return told.pop() if len(told) == 1 else None
    languages = Counter(one.language for one in chosen.values() if one.language)
    best = languages.most_common(1)
    return True if best and best[0][0] in DAY_FIRST else None
