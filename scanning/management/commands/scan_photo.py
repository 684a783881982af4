"""`manage.py scan_photo FILE`: the books of a shelf photo, from the command line; printed, and drawn over the photo.

No job is made and nothing is kept. Exit code 0 when something was read, 1 when nothing was, or the photo cannot be opened.
"""

import asyncio
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from bookstrack.lib import db, http, logging, redis
from scanning import conf
from scanning.looking import engines, usable
from scanning.picture_kinds import Unreadable
from scanning.picture_process import Opened
from scanning.pictures import pictures
from scanning.shelf_reading import PhotoRead, facts_of, read_photo
from search import services

MARKS = {"found": "+", "maybe": "?", "unreadable": "-"}


class Command(BaseCommand):
    help = "Read the books off a shelf photo; the result is printed, and drawn over the photo."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--engines", metavar="NAMES", help=f"of {', '.join(engines())}, by commas (default: all that can run)")
        parser.add_argument("--draw", type=Path, metavar="FILE", help="where the drawing goes (default: NAME.scan.jpg in this folder)")
        parser.add_argument("--no-drawing", action="store_true")
        parser.add_argument("--json", action="store_true", help="print all that is known of each book")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.to_stderr()
        path: Path = options["file"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        opened, read = asyncio.run(_read(content, _names(options["engines"])))
        self._print(read, as_json=options["json"])
        if not options["no_drawing"]:
            from scanning.drawing import drawn  # Pillow: only where it is wanted

            out = options["draw"] or Path(f"{path.stem}.scan.jpg")
            out.write_bytes(drawn(opened.jpeg, read.books))
            self.stderr.write(f"drawn: {out}")
        if not any(book["decision"] != "unreadable" for book in read.books):
            raise CommandError("No book was read.", returncode=1)

    def _print(self, read: PhotoRead, *, as_json: bool) -> None:
        if as_json:
            found = {"books": read.books, "warnings": read.warnings, "engines": facts_of(read)}
            self.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
            return
        for book in read.books:
            score = ((book.get("enrichment") or {}).get("match") or {}).get("score")
            by = f" by {book['author']}" if book["author"] else ""
            told = f"{book['title']}{by}" if book["title"] else f"({book['text'][:60]})"
            figures = f"confidence {book['confidence']:.2f}" + (f", match {score:.2f}" if score is not None else "")
            self.stdout.write(f"{MARKS[book['decision']]} {book['id'] + 1:>3}  {told}  [{book['engine']}, {figures}]")
            for candidate in book["candidates"] if book["decision"] == "maybe" else ():
                self.stdout.write(f"         {candidate['score']:.2f}  {candidate['title']} by {candidate['author'] or 'nobody'}")
        for sentence in read.warnings:
            self.stderr.write(sentence)
        for fact in facts_of(read):
            self.stderr.write(", ".join(f"{name}: {value}" for name, value in fact.items()))


def _names(given: str | None) -> list[str]:
    if given is None:
        return usable()[0]
    names = [name.strip() for name in given.split(",") if name.strip()]
    for name in names:
        if name not in engines():
            raise CommandError(f"There is no engine {name}; there are {', '.join(engines())}.")
        if (reason := engines()[name].missing()) is not None:
            raise CommandError(f"{name} cannot look here: {reason}")
    return names


async def _read(content: bytes, names: list[str]) -> tuple[Opened, PhotoRead]:
    resolver = services.resolver(share=conf.budget_share(), concurrency=conf.title_concurrency())

    def tell(share: float, status: str, titles: Any) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{share:4.0%} {status:<20}")

    try:
        opened = await pictures.open(content)
        if opened.hopeless:
            raise CommandError(opened.hopeless, returncode=1)
        return opened, await read_photo(
            opened.jpeg, opened.width, opened.height, engines=names, pictures=pictures, resolver=resolver, tell=tell
        )
    except Unreadable as error:
        raise CommandError(error.message, returncode=1) from None
    finally:
        await pictures.close()
        await resolver.close()
        await services.settled()
        await http.close()
        await redis.close()
        db.close()
