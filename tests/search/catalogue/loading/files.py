"""Small files in the shape of the dumps, of our own making."""

import json
from pathlib import Path
from typing import Any

HERBERT = ("/type/author", "/authors/OL1A", 2, {"name": "Frank Herbert", "birth_date": "8 October 1920", "death_date": "1986"})
DUNE_FACTS = {"title": "Dune", "authors": [{"author": {"key": "/authors/OL1A"}}], "subjects": ["Science fiction"]}
DUNE = ("/type/work", "/works/OL1W", 3, DUNE_FACTS)
DUNE_BOOK: tuple[str, str, int, dict[str, Any]] = (
    "/type/edition",
    "/books/OL1M",
    4,
    {
        "title": "Dune",
        "works": [{"key": "/works/OL1W"}],
        "isbn_13": ["9780441172719"],
        "isbn_10": ["0441013597"],
        "publishers": ["Ace"],
        "publish_date": "August 2005",
        "languages": [{"key": "/languages/eng"}],
        "number_of_pages": 535,
        "physical_format": "Paperback",
        "oclc_numbers": ["123456"],
        "identifiers": {"goodreads": ["234225"], "librarything": ["3957"], "google": ["B1hSG45JCX4C"], "amazon": ["B00B7NPRY8"]},
        "lccn": ["2001-1114"],
        "covers": [-1, True, 284050],
    },
)
ALONE_FACTS = {"title": "Ulysses annotated", "publish_date": "15th cent.", "authors": [{"key": "/authors/OL2A"}]}
ALONE = ("/type/edition", "/books/OL2M", 1, ALONE_FACTS)
THREE = ("/type/author", "/authors/OL2A", 1, {"name": "Ada Lovelace, Charles Babbage, Mary Somerville"})
ALL = [DUNE_BOOK, ALONE, DUNE, HERBERT, THREE]


def line(record: tuple[str, str, int, Any]) -> bytes:
    kind, key, revision, facts = record
    body = {**facts, "key": key, "type": {"key": kind}} if isinstance(facts, dict) else facts
    return f"{kind}\t{key}\t{revision}\t2020-01-01T00:00:00\t{json.dumps(body)}\n".encode()


def dump(path: Path, *records: tuple[str, str, int, Any]) -> Path:
    path.write_bytes(b"".join(map(line, records)))
    return path


def many(path: Path, count: int, first: int = 1000) -> Path:
    """Editions with their works, two lines a book."""
    with path.open("wb") as out:
        for number in range(first, first + count):
            out.write(line(("/type/work", f"/works/OL{number}W", 1, {"title": f"Volume {number} of many"})))
            facts = {"title": f"Volume {number}", "works": [{"key": f"/works/OL{number}W"}]}
            out.write(line(("/type/edition", f"/books/OL{number}M", 1, facts)))
    return path
