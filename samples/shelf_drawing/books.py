"""What is printed on spines: titles and authors of a catalogue's books, as a publisher would set them."""

import csv
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LONGEST_TITLE = 80  # letters; longer ones have nobody set on a spine whole
LONGEST_AUTHOR = 40
_BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")
_YEARS = re.compile(r",?\s*\(?(?:ca?\.?\s*)?\d{3,4}\??(?:-(?:\d{3,4})?\??)?\)?\.?\s*$")
_TITLE_COLUMNS, _AUTHOR_COLUMNS = ("title", "original_title"), ("author", "authors")


@dataclass(frozen=True, slots=True)
class Printed:
    """A book as its spine tells it; `isbn` (ISBN-13) and `volume` where they are known, `titles` are others that the work goes by."""

    title: str
    author: str
    isbn: str | None = None
    volume: int | None = None
    titles: tuple[str, ...] = ()


def read_books(path: Path) -> list[Printed]:
    """The books of a catalogue (JSON lines, or CSV with columns title and author) whose letters are Latin, in its order.

    Raises: OSError where it cannot be read; ValueError for a line or a header that is of neither form.
    """
    found = _of_csv(path) if path.suffix.lower() == ".csv" else _of_jsonl(path)
    fitting = [book for book in found if _fits(book)]
    return list({(book.title.casefold(), book.author.casefold()): book for book in reversed(fitting)}.values())[::-1]


def _of_jsonl(path: Path) -> Iterator[Printed]:
    for line in path.read_text(encoding="utf-8").splitlines():
        work: dict[str, Any] = json.loads(line)
        editions = work.get("editions") or [work]
        names = dict.fromkeys([work["title"], *work.get("titles", ()), *(edition["title"] for edition in editions)])
        for edition in editions:
            place = (work.get("series") or {}).get("position")
            volume = int(place) if isinstance(place, int | float) and place == int(place) else None
            author = work["authors"][0]["name"] if work["authors"] else ""
            others = tuple(name for name in names if name != edition["title"])
            printed = Printed(edition["title"], author, edition.get("isbn"), volume, others)
            if _fits(printed):  # one of its editions: a shelf has seldom two
                yield printed
                break


def _of_csv(path: Path) -> Iterator[Printed]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        names = {name.strip().lower(): name for name in rows.fieldnames or ()}
        title = next((names[name] for name in _TITLE_COLUMNS if name in names), None)
        author = next((names[name] for name in _AUTHOR_COLUMNS if name in names), None)
        if title is None or author is None:
            raise ValueError(f"{path.name} has no columns for title and author")
        several, original = author.strip().lower() == "authors", names.get("original_title", title)
        for row in rows:
            printed, other = short_title(row[title] or ""), short_title(row[original] or "")
            others = (other,) if other and other != printed else ()
            yield Printed(printed, _as_printed(row[author] or "", several=several), titles=others)


def short_title(text: str) -> str:
    """A title without the series in brackets and without what follows its colon."""
    bare = _BRACKETS.sub("", text.strip())
    return re.split(r"\s*[:;/]\s+|\s+:\s*", bare)[0].strip()


def _as_printed(text: str, *, several: bool) -> str:
    """The first author in the order of a title page: "Bunge, Mario, 1919-2020" is Mario Bunge."""
    parts = [part.strip() for part in _YEARS.sub("", text.strip()).split(",")]
    if several or len(parts) != 2:
        return parts[0]
    return f"{parts[1]} {parts[0]}"


def _fits(book: Printed) -> bool:
    letters = [char for char in book.title + book.author if char.isalpha()]
    latin = all(unicodedata.name(char, "").startswith("LATIN") for char in letters)
    return bool(latin and letters and book.author and 2 <= len(book.title) <= LONGEST_TITLE and len(book.author) <= LONGEST_AUTHOR)
