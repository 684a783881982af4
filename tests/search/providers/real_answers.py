"""Real answers of the catalogues, collected from public projects: what each file is, and what the readers make of it.

They lie beside the project, in `../shared/data/api`, and are no part of it. As a program it prints the table of docs/accuracy.md:
`python -m tests.search.providers.real_answers`, and writes it there with `--write`.
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.dto import Record
from search.provider import BadShape, Kind, Provider, ProviderConfig, Question
from search.providers.google_books import GoogleBooks, read_volume
from search.providers.isbndb import Isbndb, read_author_page, read_book
from search.providers.openlibrary import OpenLibrary
from search.providers.openlibrary_records import read_author, read_data, read_edition, read_editions, read_work

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT.parent / "shared" / "data" / "api"
DOCUMENT = ROOT / "docs" / "accuracy.md"
BEGIN, END = "<!-- real answers: begin -->", "<!-- real answers: end -->"

Reader = Callable[[Any], tuple[Record, ...]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One file: what it is, and how it is read; `reader` is None where it is no answer with books."""

    file: str  # googlebooks/…
    label: str  # of the provider
    shape: str
    payload: Any
    reader: Reader | None

    def records(self) -> tuple[Record, ...]:
        """The records read.

        Raises: BadShape when the reader refuses it.
        """
        return self.reader(self.payload) if self.reader else ()


def answers() -> Iterator[Answer]:
    """All files, in the order of their names."""
    for folder, (label, classify) in FOLDERS.items():
        for path in sorted((FOLDER / folder).rglob("*.json")):
            payload = json.loads(path.read_text(encoding="utf-8"))
            shape, reader = classify(payload)
            yield Answer(path.relative_to(FOLDER).as_posix(), label, shape, payload, reader)


def _by_search(provider: type[Provider], kind: Kind = Kind.TITLE) -> Reader:
    question = Question(kind, text="x", limit=1000)
    return lambda payload: provider(ProviderConfig("https://example.org")).read(question, payload).records


def _one(read: Callable[[Any], Record]) -> Reader:
    return lambda payload: (read(payload),)


def _each(read: Callable[[Any], Record]) -> Reader:
    return lambda payload: tuple(read(item) for item in payload)


def _author(payload: Any) -> tuple[Record, ...]:
    read_author(payload)
    return ()


def _google(payload: Any) -> tuple[str, Reader | None]:
    if isinstance(payload, list):
        return "volumes, copied out of a search", _each(read_volume)
    if "volumeInfo" in payload:
        return "volume", _one(read_volume)
    if "totalItems" in payload:
        return "search", _by_search(GoogleBooks)
    return ("error", None) if "error" in payload else ("unknown", None)


def _openlibrary(payload: Any) -> tuple[str, Reader | None]:
    if isinstance(payload, list):
        return "list of keys or changes, no books", None
    kind = payload.get("type", {}).get("key", "").rpartition("/")[2]
    by_type: dict[str, Reader] = {"edition": _one(read_edition), "work": _one(read_work), "author": _author}
    if kind:
        return kind, by_type[kind]
    if "docs" in payload:
        return "search", _by_search(OpenLibrary)
    if "entries" in payload:
        return "editions of a work", read_editions
    if all(":" in key for key in payload):
        return "jscmd=data", read_data
    return ("error", None) if "error" in payload else ("unknown", None)


def _isbndb(payload: Any) -> tuple[str, Reader | None]:
    if "index_searched" in payload:
        return "discontinued API", _by_search(Isbndb)
    if "error" in payload:
        return "error of the discontinued API", None
    if "isbns" in payload:
        return "request, no answer", None
    if "author" in payload and "books" in payload:
        return "author", lambda found: read_author_page(found).records
    if "title" in payload:
        return "book, copied out of an answer", _one(read_book)
    return ("book", _by_search(Isbndb, Kind.ISBN)) if "book" in payload else ("search", _by_search(Isbndb))


FOLDERS: dict[str, tuple[str, Callable[[Any], tuple[str, Reader | None]]]] = {
    "googlebooks": (GoogleBooks.label, _google),
    "openlibrary": (OpenLibrary.label, _openlibrary),
    "isbndb": (Isbndb.label, _isbndb),
}


FACTS: dict[str, Callable[[Record], object]] = {
    "ISBN": lambda record: record.edition.isbns,
    "authors": lambda record: record.authors,
    "year": lambda record: record.first_year or record.edition.year,
    "pages": lambda record: record.edition.page_count,
    "publisher": lambda record: record.edition.publisher,
    "language": lambda record: record.edition.language,
    "cover": lambda record: record.edition.cover_url,
    "description": lambda record: record.description,
}


def tables() -> str:
    """The tables of docs/accuracy.md: how much is read per provider, and which files are not."""
    rows = [
        ["provider", "files", "read", "records", *FACTS],
        ["---", *["--:"] * (3 + len(FACTS))],
    ]
    rest = [["file", "what it is", "why it gives no book"], ["---"] * 3]
    by_label: dict[str, list[tuple[Answer, tuple[Record, ...]]]] = {}
    for answer in answers():
        try:
            records = answer.records()
            reason = _why_none(answer) if not records else ""
        except BadShape as refusal:
            records, reason = (), f"refused: {refusal}"
        by_label.setdefault(answer.label, []).append((answer, records))
        if reason:
            rest.append([f"`{answer.file}`", answer.shape, reason])
    for label, read in by_label.items():
        records = tuple(record for _, found in read for record in found)
        counts = [sum(bool(fact(record)) for record in records) for fact in FACTS.values()]
        numbers = [len(read), sum(bool(found) for _, found in read), len(records), *counts]
        rows.append([label, *map(str, numbers)])
    return "\n\n".join("\n".join(f"| {' | '.join(row)} |" for row in table) for table in (rows, rest))


def _why_none(answer: Answer) -> str:
    if answer.shape == "author":
        return "read as an author"
    if answer.reader:
        return "read: no such book"
    return "refused: reports an error" if answer.shape.startswith("error") else "not an answer to a question of ours"


def written() -> str:
    """What stands between the marks in docs/accuracy.md."""
    return DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip()


def main() -> None:
    found = tables()
    if "--write" not in sys.argv[1:]:
        print(found)
        return
    head, _, tail = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    DOCUMENT.write_text(f"{head}{BEGIN}\n\n{found}\n\n{END}{tail.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
