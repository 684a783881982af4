"""`manage.py evaluate AREA`: how often the answers are right, on a labelled set. Areas are found in the apps' `evaluation` packages."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

import orjson
from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import module_has_submodule

from bookstrack.lib.evaluation import Area, Findings, NothingToMeasure, between_marks
from bookstrack.lib.registry import implementations

DOCUMENT = settings.BASE_DIR / "docs" / "accuracy.md"
PACKAGE = "evaluation"


def areas() -> Iterator[Area]:
    """Every area that an app can measure."""
    for app in apps.get_app_configs():
        if app.module is not None and module_has_submodule(app.module, PACKAGE):
            yield from (area() for area in implementations(f"{app.name}.{PACKAGE}", Area))  # type: ignore[type-abstract]


class Command(BaseCommand):
    help = "Measure how often answers are right, on a labelled set: accuracy by kind and language."

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.areas = {area.name: area for area in areas()}
        chosen = parser.add_subparsers(dest="area", required=True, metavar="AREA")
        for area in self.areas.values():
            own = chosen.add_parser(area.name, help=area.help)
            own.add_argument("--json", action="store_true", help="figures for machines instead of tables")
            own.add_argument("--must", action="store_true", help="exit with status 1 when a threshold is missed")
            own.add_argument("--write", metavar="NAME", help="put the tables into docs/accuracy.md, between the marks of this name")
            area.add_arguments(own)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = self.areas[options["area"]].run(options)
        except NothingToMeasure as reason:
            raise CommandError(f"Nothing to measure: {reason}") from None
        self._tell(found, options)
        if found.missed and options["must"]:
            raise CommandError(f"Missed: {'; '.join(found.missed)}")

    def _tell(self, found: Findings, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(orjson.dumps(found.figures | {"missed": found.missed}, option=orjson.OPT_INDENT_2).decode())
        else:
            self.stdout.write(found.markdown())
            self.stdout.write("".join(f"\nMissed: {reason}" for reason in found.missed))
        if name := options["write"]:
            try:
                written = between_marks(DOCUMENT.read_text(encoding="utf-8"), f"{options['area']} {name}", found.markdown())
            except ValueError as error:
                raise CommandError(f"{DOCUMENT.name}: {error}") from None
            DOCUMENT.write_text(written, encoding="utf-8")
