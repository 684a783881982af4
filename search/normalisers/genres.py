"""Subjects of every provider to 24 canonical tags; what is none of them passes through, at most 12 a work.

Source: spec 04, "Normalising" (genres).
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import fuzz, process

from search.normalisers.text import clean_line, search_key

MAX_TAGS = 12
MAX_TAG_CHARS = 60
MAX_RAW_CHARS = 200  # of a provider's subject
FUZZY_FROM = 85
CANONICAL = (
    "Science Fiction", "Fantasy", "Mystery", "Thriller", "Romance", "Horror", "Literary Fiction", "Historical Fiction", "Biography", "History",
    "Science", "Philosophy", "Self-Help", "Business", "True Crime", "Young Adult", "Children's", "Middle Grade", "Classics", "Contemporary",
    "Graphic Novels", "Poetry", "Dystopian", "Fiction",
)  # fmt: skip
_SPELLINGS = {
    "Science Fiction": "sci fi|scifi|sf|science fiction general|fiction science fiction|fiction science fiction general|science fiction fantasy|space opera",
    "Fantasy": "fantasy fiction|fiction fantasy|fiction fantasy general|fantasy magic|epic fantasy|high fantasy|fiction fantasy epic|juvenile fiction fantasy magic",
    "Mystery": "mysteries|mystery fiction|detective and mystery stories|mystery and detective stories|mystery detective|fiction mystery detective|fiction mystery detective general|crime|crime fiction|detective stories",
    "Thriller": "thrillers|suspense|suspense fiction|fiction thrillers|fiction thrillers general|thrillers suspense|spy stories",
    "Romance": "love stories|romance fiction|fiction romance|fiction romance general|romances",
    "Horror": "horror tales|horror fiction|horror stories|fiction horror|ghost stories",
    "Literary Fiction": "fiction literary|literary|literature fiction",
    "Historical Fiction": "fiction historical|fiction historical general|historical novels",
    "Biography": "biography autobiography|biographies|autobiography|memoir|memoirs|biography autobiography general|autobiographies|biographies memoirs",
    "History": "history general|world history",
    "Science": "popular science|science general|natural science|natural sciences",
    "Philosophy": "philosophy general|philosophical",
    "Self-Help": "self help|selfhelp|self improvement|personal development|self help general|personal growth",
    "Business": "business economics|business and economics|business money|economics|business economics general|management",
    "True Crime": "crime true|true crime general",
    "Young Adult": "young adult fiction|ya|young adult literature|teen|teen fiction|young adult fiction general|teen young adult",
    "Children's": "childrens|childrens fiction|juvenile fiction|childrens stories|childrens literature|juvenile literature|children|childrens books|juvenile fiction general",
    "Middle Grade": "middle grade fiction|middle school",
    "Classics": "classic|classic literature|fiction classics|classic fiction|classics literature",
    "Contemporary": "contemporary fiction|fiction contemporary",
    "Graphic Novels": "comics graphic novels|graphic novel|comics|comic books strips etc|manga|comics and graphic novels|bandes dessinees",
    "Poetry": "poems|poetry general|verse",
    "Dystopian": "dystopia|dystopias|dystopian fiction|fiction dystopian",
    "Fiction": "fiction general|general fiction|novel|novels|roman",
}  # fmt: skip
_BY_KEY = {search_key(tag): tag for tag in CANONICAL} | {
    spelling: tag for tag, spellings in _SPELLINGS.items() for spelling in spellings.split("|")
}
_CANONICAL_KEYS = {search_key(tag): tag for tag in CANONICAL}
_MACHINE = re.compile(
    r"\A(?:nyt:|collectionid:|series:|award:|lexile|open_syllabus|accessible book|protected daisy|in library|overdrive|large type|"
    r"internet archive|lending library|popular print disabled|long now manual|reading level|general$|subjects$|new york times)|=|https?:",
    re.IGNORECASE,
)


def canonical_genres(raw: Iterable[object]) -> list[str]:
    """Tags in the order of the providers, each once; 12 at most."""
    found: dict[str, str] = {}
    for item in raw:
        for tag in _tags(item[:MAX_RAW_CHARS]) if isinstance(item, str) else ():
            found.setdefault(search_key(tag), tag)
        if len(found) >= MAX_TAGS:
            break
    return list(found.values())[:MAX_TAGS]


@lru_cache(maxsize=5_000)
def _tags(raw: str) -> tuple[str, ...]:
    """One subject: a canonical tag, the tags along a provider's path ("Juvenile Fiction / Fantasy & Magic"), or itself."""
    line = clean_line(raw).strip(" .,;")
    if not line or _MACHINE.search(line):
        return ()
    whole = _canonical(line)
    if whole:
        return (whole,)
    parts = (
        [tag for part in re.split(r"\s*/\s*|\s+--\s+|\s*>\s*", line) if (tag := _canonical(part))]
        if re.search(r"/|--|>", line)
        else []
    )
    if parts:
        return tuple(parts)
    return (line,) if len(line) <= MAX_TAG_CHARS and any(map(str.isalpha, line)) else ()


def _canonical(text: str) -> str | None:
    key = search_key(text)
    if key in _BY_KEY:
        return _BY_KEY[key]
    close = process.extractOne(key, _CANONICAL_KEYS.keys(), scorer=fuzz.ratio, score_cutoff=FUZZY_FROM)
    return _CANONICAL_KEYS[close[0]] if close else None
