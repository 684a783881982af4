"""`manage.py evaluate csv [DIR]`: rows kept, fields right by layout, books found and wrong matches by kind of disturbance."""

import asyncio
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from bookstrack.lib import db
from bookstrack.lib.evaluation import Area, Findings, NothingToMeasure
from scanning.evaluation import scores
from scanning.evaluation.copies import Group
from scanning.evaluation.disturbances import KINDS
from scanning.evaluation.generator import NO_BOOK, labelled_files
from scanning.evaluation.importing import imported
from scanning.evaluation.labelled import BadLabels, FileRead, LabelledFile, RowRead, in_folder
from scanning.evaluation.scores import Fields, Judged, Matches
from scanning.evaluation.shelf import Shelf
from scanning.evaluation.verdicts import fields_of, matched
from search.evaluation.holdings import CatalogueResolver, held_works


class CsvArea(Area):
    """The import of library exports."""

    name = "csv"
    help = "labelled exports made from the local catalogue, imported and matched with it alone; or those of a folder, read only"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="labelled files: NAME.csv with NAME.labels.json")
        parser.add_argument("--rows", type=int, default=2_000, metavar="N", help="about so many, of every kind of disturbance as many")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--limit-works", type=int, default=50_000, metavar="N", help="make them of so many works of the catalogue")
        parser.add_argument("--answers", type=Path, metavar="FILE", help="write every row and what was found for it, a JSON line each")
        parser.add_argument("--keep", type=Path, metavar="DIR", help="write the exports that were made")

    def run(self, options: dict[str, Any]) -> Findings:
        if options["folder"]:
            return _of_folder(options["folder"])
        shelf = Shelf(held_works(options["limit_works"]))
        if not shelf.works:
            raise NothingToMeasure("the catalogue is empty; load one with manage.py load_catalogue")
        made = labelled_files(shelf, options["rows"], options["seed"])
        if folder := options["keep"]:
            folder.mkdir(parents=True, exist_ok=True)
            for file in made:
                (folder / f"{file.name}.csv").write_bytes(file.data)
        files = asyncio.run(_imported(made, match=True))
        if answers := options["answers"]:
            answers.write_bytes(b"".join(orjson.dumps(line) + b"\n" for file in files for line in _lines(file)))
        return _findings(files, f"seed {options['seed']}, made from {len(shelf.works):,} works")


def _of_folder(folder: Path) -> Findings:
    try:
        files = list(in_folder(folder))
    except (OSError, BadLabels) as error:
        raise NothingToMeasure(str(error)) from None
    if not files:
        raise NothingToMeasure(f"{folder} has no file with labels beside it")
    return _findings(asyncio.run(_imported(files, match=False)), f"of {folder.name}")


async def _imported(files: list[LabelledFile], *, match: bool) -> list[FileRead]:
    try:
        if not match:
            return [await imported(file, None) for file in files]
        async with CatalogueResolver() as resolver:
            return [await imported(file, resolver) for file in files]
    finally:
        db.close()


def _findings(files: list[FileRead], what: str) -> Findings:
    groups: dict[str, list[FileRead]] = {}
    for file in sorted(files, key=lambda file: file.file.group):
        groups.setdefault(file.file.group, []).append(file)
    fields = {group: Fields.of(part) for group, part in groups.items()}
    tables, figures = [scores.fields_table(fields)], {"fields": {name: part.figures() for name, part in fields.items()}}
    if rows := scores.judged(files):
        for first, parts in _matches(rows).items():
            tables.append(scores.matches_table(first, {name: part for name, part in parts.items() if part.rows >= scores.TOO_FEW}))
            figures[first] = {name: part.figures() for name, part in parts.items()}
    about = f"{sum(len(file.rows) for file in files):,} rows in {len(files)} files ({what})."
    return Findings(about, tuple(tables), figures, scores.missed(files))


def _matches(rows: list[Judged]) -> dict[str, dict[str, Matches]]:
    kinds, groups = scores.by(rows, lambda copy: copy.kind), scores.by(rows, lambda copy: copy.group.value)
    languages = scores.by(rows, scores.language_of)
    return {
        "disturbance": {name: kinds[name] for name in (*KINDS, NO_BOOK) if name in kinds},
        "group": {name.value: groups[name] for name in Group if name in groups} | {"all": Matches.of(rows)},
        "language or script": dict(sorted(languages.items(), key=lambda item: (-item[1].rows, item[0]))),
    }


def _lines(file: FileRead) -> Iterator[dict[str, Any]]:
    """Every row for people who look what went wrong."""
    for row in file.rows:
        told = dict(fields_of(row.label, row.book))
        wrong = {member: [(row.book or {}).get(member), right] for member, right in (row.label.book or {}).items() if not told[member]}
        yield {"file": file.file.name, "row": row.label.row, "wrongFields": wrong, "error": row.error} | _match_line(row)


def _match_line(row: RowRead) -> dict[str, Any]:
    copy, enrich = row.label.copy, row.enrich
    if copy is None:
        return {}
    work = enrich.get("work")
    return {
        "kind": copy.kind,
        "group": copy.group,
        "title": copy.title,
        "author": copy.author or ", ".join(copy.authors),
        "isbn": copy.isbn,
        "meant": f"{copy.work.title} | {', '.join(copy.work.authors)}" if copy.work else "",
        "found": f"{work['title']} | {', '.join(author['name'] for author in work['authors'])}" if work else "",
        "verdict": matched(copy, enrich),
        "match": enrich.get("match"),
        "candidates": enrich.get("candidates"),
    }
