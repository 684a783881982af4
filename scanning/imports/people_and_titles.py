"""Authors and titles of cells, as the file names them. Pure.

What is shown stays as it is written, honorifics too: forms for comparing are the search's affair.
"""

import re
from collections.abc import Sequence
from html import unescape

from scanning.csv_format import People
from scanning.imports.cells import read_list
from scanning.imports.remembering import remembered
from search.normalisers.names import author_name, author_similarity, split_authors
from search.normalisers.text import clean_line
from search.normalisers.titles import MAX_CHARS, parse_title

Names = tuple[str, ...]
_ALONE = re.compile(r"[^,;&|/()\[\]{}\d\n:]{1,200}")
_JOINING = re.compile(r"\s(?:and|und|et|y|e|en|i|a|al|by|with|with:|u\.)\s|\bby\s|\bet al", re.IGNORECASE)
_SURE_BREAK = re.compile(r"\s*[;|]\s*|\s+&\s+")
_COMMA = re.compile(r"\s*[,;|]\s*|\s+&\s+")
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|phd|md|esq)\.?", re.IGNORECASE)
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_ESCAPED = re.compile(r"\\(.)")
_MAX_NAMES = 100


@remembered
def people_in(cell: str, how: People = "any") -> tuple[Names, bool]:
    """The people of a cell, each once, and whether that is all that it says: roles and nobodies are not kept."""
    line = clean_line(unescape(cell) if "&" in cell else cell)
    if how == "kept":
        return tuple(dict.fromkeys(read_list(cell) or cell.split("; "))), True
    if how == "single" or (how == "any" and _ALONE.fullmatch(line) and not _JOINING.search(line)):
        alone = author_name(line) is not None
        return ((line,) if alone else ()), alone
    if line.startswith("[") and line.endswith("]"):
        pieces = _listed(line)
    elif how == "listed":
        pieces = _with_suffixes(_COMMA.split(line))
    elif how == "turned":
        pieces = _SURE_BREAK.split(line)
    else:
        pieces = []
    found = map(author_name, pieces[:_MAX_NAMES]) if pieces else iter(split_authors(line))
    names = tuple(dict.fromkeys(name for name in found if name))
    return names, bool(names) and _letters("".join(names)) == _letters(_JOINING.sub(" ", line) if how == "any" else line)


def _listed(line: str) -> list[str]:
    """The members of a list as Python and JSON write it."""
    quoted = [_ESCAPED.sub(r"\1", one or other) for one, other in _QUOTED.findall(line)]
    return quoted or _COMMA.split(line.strip("[]"))


def _with_suffixes(parts: Sequence[str]) -> list[str]:
    """ "Kurt Vonnegut, Jr." is one name."""
    names: list[str] = []
    for part in parts:
        if names and _SUFFIX.fullmatch(part):
            names[-1] += f", {part}"
        else:
            names.append(part)
    return names


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


Series = tuple[str, float | None]
_APART = re.compile(r"[(\[：]|: | [-–—] |\bby\b|\bvol\b", re.IGNORECASE)
_HYPHEN = re.compile(r"(?:\s*[:：]\s+|\s+-\s+)\Z")


def title_in(cell: str, subtitle: str = "", authors: Sequence[str] = ()) -> tuple[str | None, str | None, Series | None, bool]:
    """Title, subtitle, series, and whether that is all that the cell says. A dash longer than a hyphen does not cut; a title with a tab
    inside, which no title has by itself, stays exactly as it is written."""
    bare = cell.strip()
    if "\t" in bare and len(bare) <= MAX_CHARS and bare.replace("\t", "").isprintable():
        return bare, subtitle or None, None, True
    line = clean_line(unescape(cell) if "&" in cell else cell)
    if not line:
        return None, subtitle or None, None, True
    if len(line) <= MAX_CHARS and not _APART.search(line):
        return line, subtitle or None, None, True
    parsed = parse_title(line, subtitle, authors)
    title, tail = parsed.title, parsed.subtitle
    if tail and not subtitle:
        title, tail = _rejoined(line, title, tail)
        if tail and any(author_similarity(tail, author) >= 0.9 for author in authors):
            return title, None, parsed.series, False
    untold = _letters(line) - _letters(title + (tail if tail and not subtitle else ""))
    return title, tail, parsed.series, untold in (0, _letters_of_series(parsed.series))


def _letters_of_series(series: Series | None) -> int:
    name, position = series or ("", None)
    return _letters(name) + (_letters(f"{position:g}") if position is not None else 0)


def _rejoined(line: str, title: str, tail: str) -> tuple[str, str | None]:
    """Title and subtitle, or the title whole where no hyphen and no colon stood between them."""
    end = line.find(tail, len(title))
    between = line[len(title) : end] if line.startswith(title) and end > 0 else ": "
    return (title, tail) if _HYPHEN.fullmatch(between) else (line[: end + len(tail)], None)


_POSITION = re.compile(
    r"(?P<name>.*?)[\s,]*(?:\(?\s*#|\bbook\b|\bvol(?:ume)?\b\.?|\bbd\b\.?|\bband\b|\btome\b|\()"
    r"\s*(?P<place>\d{1,4}(?:[.,]\d{1,2})?)\s*\)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:#|no\.?|nr\.?|vol\.?|n°|º)?\s*(\d{1,4}(?:[.,]\d{1,2})?)", re.IGNORECASE)


@remembered
def series_in(cell: str) -> Series | None:
    """A series of a cell of its own: "Dune", "Dune #2", "Dune (2)"."""
    line = clean_line(cell)[:300]
    if (found := _POSITION.fullmatch(line)) and (name := found["name"].strip(" ,;:(-")):
        return name, float(found["place"].replace(",", "."))
    return (line, None) if line else None


@remembered
def position_in(cell: str) -> float | None:
    """A place in a series: "8.0", "#3", "2,5"."""
    found = _NUMBER.fullmatch(cell.strip())
    return float(found[1].replace(",", ".")) if found else None
