"""Files of other people, as they are: ends of Open Library's dumps, and two tables of books. Skipped where they are away.

The counts are the same on every database.
"""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from search.catalogue.answering import answer
from search.models import Author, Authorship, Edition, Identifier, Load, LoadError, Work
from search.provider import Kind, Question

FILES = Path(__file__).resolve().parents[5] / "shared" / "data" / "catalogues"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.skipif(not FILES.exists(), reason="the shared files are away")]
# of 1,000 editions 254 name no work, and 686 works that are named are not among the 1,000; 187 rows of one table name a book again
ROWS: dict[type[Any], int] = {Author: 14_596, Work: 26_981, Authorship: 28_589, Edition: 26_041, Identifier: 908, LoadError: 0}


def titles(text: str) -> list[str]:
    return list(dict.fromkeys(record.title for record in answer(Question(Kind.TITLE, text=text)).records))


def test_real_files_become_a_catalogue() -> None:
    call_command("load_catalogue", *map(str, [*FILES.glob("*.csv"), *FILES.glob("ol_dump/*")]), quiet=True)
    assert {model: model.objects.count() for model in ROWS} == ROWS
    assert set(Load.objects.values_list("state", "bad_lines")) == {(Load.State.DONE, 0)} and Load.objects.count() == 5
    assert titles("the hobbit")[0] == "The Hobbit" and titles("pride and prejudise") == ["Pride and Prejudice"]
    assert "Wuthering Heights" in titles("wuthering hights")
    (games,) = answer(Question(Kind.ISBN, isbns=("9780439023481",))).records
    assert "Hunger Games" in games.title and [author.name for author in games.authors] == ["Suzanne Collins"]
