"""What merging and correcting make of the facts of rows. Pure: a row is a dict of its columns."""

from collections.abc import Collection, Mapping
from typing import Any

from search.catalogue.keys import Letter
from search.catalogue.title_words import author_key_words, hash_of, stored, words_of

Row = dict[str, Any]

# what staff may correct
FIELDS: dict[Letter, tuple[str, ...]] = {
    "W": ("title", "subtitle", "first_year", "original_language", "subjects", "series_name", "series_position"),
    "M": ("title", "subtitle", "publisher", "published", "page_count", "format", "language", "isbn"),
    "A": ("name", "birth_year", "death_year"),
}
# what a staying row takes from a merged one where it has nothing itself
GAPS: dict[Letter, tuple[str, ...]] = {
    "W": ("first_year", "original_language", "subjects", "series_name", "series_position"),
    "M": ("subtitle", "publisher", "published", "page_count", "format", "language", "cover", "isbn"),
    "A": ("birth_year", "death_year"),
}
DERIVED = ("title_words", "author_words", "title_hash", "name_key")
_EMPTY: tuple[object, ...] = (None, "", [])


def gaps_filled(letter: Letter, kept: Mapping[str, Any], gone: Mapping[str, Any], locked: Collection[str] = ()) -> Row:
    """The columns of the staying row that get a value of the merged one: those that are empty, and that nobody corrected."""
    filled = {
        name: gone[name] for name in GAPS[letter] if kept[name] in _EMPTY and gone[name] not in _EMPTY and name not in locked
    }
    if kept.get("series_name") != "":  # a place in one series is none in another
        filled.pop("series_position", None)
    return filled


def titles_united(kept: Mapping[str, Any], gone: Mapping[str, Any]) -> Row:
    """The other titles and the search words of a work that another is merged into."""
    others = [title for title in dict.fromkeys([*kept["other_titles"], gone["title"], *gone["other_titles"]]) if title != kept["title"]]
    words = kept["title_words"]
    if gone["title_words"] not in words:
        words = words.rstrip() + gone["title_words"]
    return {"other_titles": others, "title_words": words}


def given(letter: Letter, kept: Mapping[str, Any], more: Mapping[str, Any], locked: Collection[str] = ()) -> Row:
    """What a row that a load brings anew gets again of what was merged into it: `more` is Merge.given."""
    got = gaps_filled(letter, kept, {**dict.fromkeys(GAPS[letter]), **more["gaps"]}, locked)
    return {**got, **titles_united(kept, more)} if letter == "W" else got


def derived(letter: Letter, old: Mapping[str, Any], new: Mapping[str, Any]) -> Row:
    """The columns that follow from those corrected: `new` is the whole row as it will be."""
    if letter == "A" and old["name"] != new["name"]:
        return {"name_key": author_key_words(new["name"])}
    if letter == "W" and (old["title"], old["subtitle"]) != (new["title"], new["subtitle"]):
        return {"title_words": retitled(old, new), "title_hash": hash_of(new["title"])}
    return {}


def own_words(title: str, subtitle: str) -> str:
    """The search words that a work has of its own title, before the space that stands behind them."""
    return stored(title, subtitle).rstrip()


def retitled(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """A work's search words under a new title; those of its other titles, which stand behind, stay."""
    words: str = old["title_words"]
    plain = " ".join(["", *words_of(old["title"]), *words_of(old["subtitle"])])  # the same in Latin letters may stand further behind
    before = next((each for each in (own_words(old["title"], old["subtitle"]), plain) if words.startswith(f"{each} ")), None)
    rest = words[len(before) :] if before else stored(*new["other_titles"])
    return own_words(new["title"], new["subtitle"]) + rest


def renamed(words: str, old: str, new: str | None) -> str:
    """A work's author words with one name in the place of another; None: it is only taken out. As they were where they have it not."""
    name = author_key_words(new) if new is not None else ""
    return swapped(words, [author_key_words(old), " ".join(words_of(old))], name)


def swapped(words: str, olds: list[str], new: str) -> str:
    """Search words with others in the place of the first of `olds` that they have; as they were where they have none."""
    old = next((each for each in olds if each and f" {each} " in words), None)
    if old is None:
        return words
    return words.replace(f" {old} ", f" {new} " if new else " ", 1)
