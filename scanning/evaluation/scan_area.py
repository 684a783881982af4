"""`manage.py evaluate scan DIR`: books found, offered and wrong on photos with their truth, by engine and all together."""

import asyncio
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from bookstrack.lib import db
from bookstrack.lib.evaluation import Area, Findings, NothingToMeasure, Table
from scanning.evaluation import photo_scores, scratch_catalogue
from scanning.evaluation.labelled import BadLabels
from scanning.evaluation.photo_reading import RememberedLooks, ShelfReader, engines_here, judged
from scanning.evaluation.photo_truth import TruePhoto, in_folder
from scanning.evaluation.photo_verdicts import PhotoVerdict
from search.evaluation.holdings import CatalogueResolver

TOLD_EACH = 12  # photos: of more, the figures alone tell each


class ScanArea(Area):
    """The scan of shelf photos."""

    name = "scan"
    help = "photos NAME.jpg with NAME.truth.json beside them, read with the local catalogue alone: no provider is asked, nothing is cached"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--engines", type=_words, metavar="NAME,…", help="default: all that can run here")
        parser.add_argument("--limit", type=int, metavar="N", help="the first N photos")
        parser.add_argument("--catalogue", type=Path, nargs="+", metavar="FILE", help="of these files alone (as load_catalogue takes them)")
        parser.add_argument("--with-truth", action="store_true", help="add the books of the truths to the catalogue of --catalogue")
        parser.add_argument("--scratch", type=Path, metavar="DIR", help="keep the catalogue of --catalogue there, for the next time")
        parser.add_argument("--seen", type=Path, metavar="DIR", help="keep what local engines saw there; empty it when they were changed")
        parser.add_argument("--answers", type=Path, metavar="FILE", help="write every answer and every lost book, a JSON line each")
        parser.add_argument("--findings", type=Path, metavar="FILE", help="write what was found for another process")

    def run(self, options: dict[str, Any]) -> Findings:
        if options["catalogue"] or options["with_truth"]:
            return _of_scratch(options)
        photos = photos_of(options["folder"], options["limit"])
        engines = options["engines"] or engines_here()
        _check(engines)
        verdicts = asyncio.run(_judged(photos, engines, options["seen"]))
        if answers := options["answers"]:
            answers.write_bytes(b"".join(orjson.dumps({"engines": name} | line) + b"\n" for name, line in _lines(verdicts)))
        found = findings(verdicts, options["folder"].name)
        if file := options["findings"]:
            file.write_bytes(orjson.dumps(asdict(found)))
        return found


def photos_of(folder: Path, limit: int | None = None) -> list[TruePhoto]:
    """The photos to measure. Raises: NothingToMeasure."""
    try:
        photos = list(in_folder(folder))[:limit]
    except (OSError, BadLabels) as error:
        raise NothingToMeasure(str(error)) from None
    if not any(photo.books for photo in photos):
        raise NothingToMeasure(f"{folder} has no photo with books in a NAME.truth.json beside it")
    return photos


def findings(verdicts: dict[str, list[PhotoVerdict]], what: str) -> Findings:
    """Tables by set of engines, and by photo for all of them together (the last set)."""
    together = list(verdicts.values())[-1]
    by_photo = {each.photo: [each] for each in together}
    books = sum(each.books for each in together)
    return Findings(
        f"{len(together):,} photos with {books:,} books (of {what}), told with their 95 % intervals.",
        (photo_scores.table("engines", verdicts), *([photo_scores.table("photo", by_photo)] if len(by_photo) <= TOLD_EACH else [])),
        {
            "engines": {name: photo_scores.Score.of(part).figures() for name, part in verdicts.items()},
            "photos": {name: photo_scores.Score.of(part).figures() for name, part in by_photo.items()},
        },
        photo_scores.missed(together),
    )


async def _judged(photos: Sequence[TruePhoto], engines: Sequence[str], seen: Path | None) -> dict[str, list[PhotoVerdict]]:
    pictures = RememberedLooks(seen)
    try:
        async with CatalogueResolver() as resolver:
            return await judged(photos, engines, ShelfReader(pictures, resolver), _tell)
    finally:
        await pictures.close()
        db.close()


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)


def _check(engines: Sequence[str]) -> None:
    here = engines_here()
    if strange := [engine for engine in engines if engine not in here]:
        raise NothingToMeasure(f"{', '.join(strange)} cannot run here; there is {', '.join(here) or 'no engine'}")
    if not engines:
        raise NothingToMeasure("no engine can run here")


def _lines(verdicts: dict[str, list[PhotoVerdict]]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, line) for name, part in verdicts.items() for each in part for line in each.lines]


def _of_scratch(options: dict[str, Any]) -> Findings:
    """Measured by a process of its own, whose data folder has the catalogue of the given files."""
    photos = photos_of(options["folder"], options["limit"])
    with tempfile.TemporaryDirectory(prefix="bookstrack-evaluate-") as made:
        folder, told = options["scratch"] or Path(made) / "data", Path(made) / "findings.json"
        files = list(options["catalogue"] or ())
        if options["with_truth"]:
            files.append(scratch_catalogue.of_truths(photos, Path(made) / "books of the truths.csv"))
        scratch_catalogue.load(folder, files)
        scratch_catalogue.manage(folder, "evaluate", "scan", str(options["folder"].resolve()), "--findings", str(told), *_again(options))
        return read_findings(orjson.loads(told.read_bytes()), files)


def _again(options: dict[str, Any]) -> list[str]:
    """The options that the other process is given."""
    given = {"--limit": options["limit"], "--engines": ",".join(options["engines"] or ())}
    files = {f"--{name}": options[name].resolve() for name in ("seen", "answers") if options[name]}
    return [word for name, value in (given | files).items() if value for word in (name, str(value))]


def read_findings(told: dict[str, Any], files: Sequence[Path]) -> Findings:
    """What another process found with a catalogue of these files."""
    tables = tuple(Table(tuple(table["header"]), tuple(map(tuple, table["rows"]))) for table in told["tables"])
    about = f"{told['about']} Catalogue: {', '.join(file.name for file in files)}."
    return Findings(about, tables, told["figures"], tuple(told["missed"]))
