"""Labelled exports: the bytes of a file, and what is right about each of its rows. Pure but for the files of a folder.

A file NAME.csv is labelled by NAME.labels.json: `{"format": "goodreads", "rows": [{"row": 1, "book": {"title": "Dune"}},
{"row": 2, "error": true}]}`. Members of `book` are those of a result's book. One that is null must not be there; one that is not named is
not scored.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from scanning.evaluation.copies import Copy

ENDINGS = (".csv", ".tsv", ".xlsx", ".json", ".txt")
LABELS = ".labels.json"


class BadLabels(ValueError):
    """A file of labels that is none."""


@dataclass(frozen=True, slots=True)
class RowLabel:
    """What is right about a row. `book` None: it is no book; `copy` is what it was made from, where it was made."""

    row: int  # from 1
    book: Mapping[str, Any] | None
    copy: Copy | None = None


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """An export. `format` is what it must be recognised as; empty where nobody says."""

    name: str
    data: bytes
    rows: tuple[RowLabel, ...]
    format: str = ""
    language: str = ""  # of its header, where that is somebody's own
    encoding: str = field(default="utf-8")

    @property
    def group(self) -> str:
        """What its scores are told under."""
        return f"{self.format or 'any'} ({self.language})" if self.language else self.format or "any"


@dataclass(frozen=True, slots=True)
class RowRead:
    """What became of a row: a result's book or error, and what was found for it. None: the row was lost."""

    label: RowLabel
    book: Mapping[str, Any] | None
    error: Mapping[str, Any] | None = None
    enrich: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        return self.book is not None or self.error is not None


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file as it was imported; `surplus` counts rows that nobody wrote."""

    file: LabelledFile
    rows: tuple[RowRead, ...]
    format: str = ""
    surplus: int = 0
    problem: str = ""  # why nothing of it could be read


def in_folder(folder: Path) -> Iterator[LabelledFile]:
    """The labelled files of a folder, by name.

    Raises: BadLabels, OSError
    """
    for path in sorted(path for path in folder.iterdir() if path.suffix in ENDINGS and not path.name.endswith(LABELS)):
        labels = path.with_name(path.stem + LABELS)
        if labels.is_file():
            yield _labelled(path, labels)


def _labelled(path: Path, labels: Path) -> LabelledFile:
    try:
        told = orjson.loads(labels.read_bytes())
        rows = tuple(_row(row) for row in told["rows"])
        return LabelledFile(path.name, path.read_bytes(), rows, str(told.get("format", "")), str(told.get("language", "")))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise BadLabels(f"{labels.name}: {error}") from None


def _row(told: Mapping[str, Any]) -> RowLabel:
    book = None if told.get("error") else told["book"]
    if not isinstance(told["row"], int) or not (book is None or isinstance(book, dict)):
        raise TypeError("a row has a number, and a book or an error")
    return RowLabel(told["row"], book)
