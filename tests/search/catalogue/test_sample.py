"""The sample catalogue comes once, beside whatever else is loaded, with the same keys on every database."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from search.catalogue import sample
from search.catalogue.answering import answer
from search.catalogue.keys import FIRST_HASHED, hashed
from search.models import Author, Authorship, Edition, Work
from search.provider import Kind, Question
from tests.search.catalogue.loading.files import ALL, dump

pytestmark = pytest.mark.django_db(transaction=True)
ADA = {"name": "Ada Moor", "birthYear": 1951}
ROSE = {"id": "rose", "title": "The Glass Rose", "authors": [ADA], "editions": [{"isbn": "9780306406157"}, {}]}
ISLE = {"id": "isle", "title": "Isle of Salt", "authors": [ADA, {"name": "Ben Oak"}]}


@pytest.fixture
def books(tmp_path: Path) -> Path:
    path = tmp_path / "sample.jsonl"
    path.write_text("".join(json.dumps(book) + "\n" for book in (ROSE, ISLE)))
    return path


def test_it_comes_once_and_its_keys_are_its_names(books: Path, tmp_path: Path) -> None:
    call_command("load_catalogue", str(dump(tmp_path / "all", *ALL)), quiet=True)
    assert (sample.load(books), sample.load(books)) == (2, 0)
    rose = Work.objects.get(source_id="sample:rose")
    assert rose.pk == hashed("sample:rose") and [author.name for author in rose.authors.all()] == ["Ada Moor"]
    assert Work.objects.filter(source_id__isnull=False, pk__lt=FIRST_HASHED).count() == 0
    assert Edition.objects.filter(work=rose, pk__gt=FIRST_HASHED).count() == 2
    assert Authorship.objects.filter(author__name="Ada Moor").count() == 2
    newer = ("/type/work", "/works/OL2W", 1, {"title": "A Later Book of the Dump"})
    call_command("load_catalogue", str(dump(tmp_path / "later", newer)), quiet=True)
    assert answer(Question(Kind.TITLE, text="later book dump")).total == 1 and answer(Question(Kind.TITLE, text="glass rose")).total == 1


def test_authors_that_another_file_brought_are_the_same_persons(books: Path, tmp_path: Path) -> None:
    table = tmp_path / "other.jsonl"
    table.write_text(json.dumps({"title": "Elsewhere", "authors": ROSE["authors"]}) + "\n")
    call_command("load_catalogue", str(table), quiet=True)
    assert sample.load(books) == 2
    assert Author.objects.filter(name="Ada Moor").count() == 1 and Authorship.objects.filter(author__name="Ada Moor").count() == 3
