"""A disk that is full ends a load with one line that says so; nothing is lost, and it goes on when there is room. SQLite's own limit."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from search.models import Edition, Load, Work
from tests.search.catalogue.loading.files import many

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.skipif("connection.vendor != 'sqlite'")]
LIMIT_PAGES = 400  # 1.6 MB more than there are
NO_LIMIT = 2**30


def pages(pragma: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        return int(cursor.fetchone()[0])


@pytest.fixture
def _nearly_full() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # rows of other tests left room within the file
    pages(f"max_page_count = {pages('page_count') + LIMIT_PAGES}")
    yield
    pages(f"max_page_count = {NO_LIMIT}")


@pytest.mark.usefixtures("_nearly_full")
def test_a_full_disk_ends_the_load_and_it_goes_on_when_there_is_room(tmp_path: Path) -> None:
    path = many(tmp_path / "many", 15_000)
    with pytest.raises(CommandError, match=r"^The database failed: .*full\. .*give the command again.*$") as told:
        call_command("load_catalogue", str(path), quiet=True)
    assert told.value.returncode == 1
    row = Load.objects.get()
    assert row.state == Load.State.FAILED and "full" in row.error and row.ended_at
    # whole batches, with the position after them
    assert row.lines and 0 < Edition.objects.count() + Work.objects.count() <= row.lines < 30_000
    with pytest.raises(CommandError, match="full"):
        call_command("load_catalogue", str(path), quiet=True)
    pages(f"max_page_count = {NO_LIMIT}")
    call_command("load_catalogue", str(path), quiet=True)
    row.refresh_from_db()
    assert (row.state, row.error, row.lines, Edition.objects.count(), Work.objects.count()) == (Load.State.DONE, "", 30_000, 15_000, 15_000)
