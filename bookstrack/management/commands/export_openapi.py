"""`manage.py export_openapi [--check]`: writes docs/openapi.json, or fails where it is not what the code says."""

from argparse import ArgumentParser
from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bookstrack.api import api

TARGET = settings.BASE_DIR / "docs" / "openapi.json"


class Command(BaseCommand):
    help = "Write the OpenAPI document to docs/openapi.json; --check compares only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when the file differs from the code")

    def handle(self, *args: Any, **options: Any) -> None:
        sorted_json = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
        document = orjson.dumps(api.get_openapi_schema(path_prefix=""), option=sorted_json) + b"\n"
        if not options["check"]:
            TARGET.write_bytes(document)
            self.stdout.write(f"Written: {TARGET.relative_to(settings.BASE_DIR)}")
        elif not TARGET.exists() or TARGET.read_bytes() != document:
            raise CommandError("docs/openapi.json is not what the code says: run manage.py export_openapi")
