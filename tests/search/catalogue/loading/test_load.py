"""Files become a catalogue that answers: in any order, killed and resumed, twice, newer, broken. On the database of the tests."""

import gzip
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from search.catalogue.answering import answer, works_of_author
from search.catalogue.loading import load as loading
from search.catalogue.loading import lock
from search.dto import Record, Series
from search.models import Author, Authorship, Edition, Identifier, Load, LoadError, Redirect, Work
from search.provider import Kind, Question
from tests.search.catalogue.loading.files import ALL, ALONE, DUNE, DUNE_BOOK, HERBERT, THREE, dump, line, many

pytestmark = pytest.mark.django_db(transaction=True)


def load(*paths: Path, **options: object) -> None:
    call_command("load_catalogue", *map(str, paths), quiet=True, **options)


def by_isbn(isbn: str) -> list[Record]:
    return list(answer(Question(Kind.ISBN, isbns=(isbn,))).records)


def by_title(text: str) -> list[str]:
    return [record.title for record in answer(Question(Kind.TITLE, text=text)).records]


@pytest.mark.parametrize("order", [ALL, ALL[::-1], [HERBERT, THREE, DUNE, DUNE_BOOK, ALONE]])
def test_all_types_in_any_order(tmp_path: Path, order: list[tuple[str, str, int, object]]) -> None:
    load(dump(tmp_path / "all.txt", *order))  # type: ignore[arg-type]
    for isbn in ("9780441172719", "9780441013593"):
        (found,) = by_isbn(isbn)
        assert (found.title, [author.name for author in found.authors]) == ("Dune", ["Frank Herbert"])
        assert found.authors[0].openlibrary_id == "OL1A" and (found.authors[0].birth_year, found.authors[0].death_year) == (1920, 1986)
        assert (found.openlibrary_work_id, found.edition.openlibrary_id) == ("OL1W", "OL1M")
        edition = found.edition
        assert (edition.published, edition.page_count, edition.format, edition.language) == ("2005-08", 535, "Paperback", "en")
        assert found.edition.goodreads_ids == ("234225",) and found.edition.asins == ("B00B7NPRY8",)
        assert found.edition.google_id == "B1hSG45JCX4C" and found.subjects == ("Science Fiction",)
        assert found.edition.cover_url == "https://covers.openlibrary.org/b/id/284050-L.jpg?default=false"
    assert Identifier.objects.get(scheme="lccn").value == "2001001114"
    assert by_title("dune") == ["Dune"] and by_title("ulysses annotated") == ["Ulysses annotated"]
    (alone,) = answer(Question(Kind.TITLE, text="ulysses")).records
    assert [author.name for author in alone.authors] == ["Ada Lovelace", "Charles Babbage", "Mary Somerville"]
    assert (alone.openlibrary_work_id, alone.edition.published) == (None, None)
    assert {record.title for record in works_of_author("Herbert, Frank")} == {"Dune"}
    assert answer(Question(Kind.ADVANCED, title="dune", author="herbert")).total == 1


def test_each_types_file_alone_and_later_the_others(tmp_path: Path) -> None:
    load(dump(tmp_path / "editions", DUNE_BOOK))
    (found,) = by_isbn("9780441172719")
    assert (found.title, found.authors, by_title("dune")) == ("Dune", (), ["Dune"])
    load(dump(tmp_path / "works", DUNE))
    assert Work.objects.get().revision == 3
    load(dump(tmp_path / "authors", HERBERT))
    assert answer(Question(Kind.ADVANCED, title="dune", author="herbert")).total == 1


def test_twice_is_once_and_an_update_goes_by_revision(tmp_path: Path) -> None:
    first = dump(tmp_path / "first", *ALL)
    load(first)
    load(first)
    newer = (DUNE_BOOK[0], DUNE_BOOK[1], 9, {**DUNE_BOOK[3], "isbn_13": ["9780593098233"], "isbn_10": []})
    second = dump(tmp_path / "second", newer, ("/type/work", "/works/OL1W", 2, {"title": "Older"}))
    load(second)
    assert not by_isbn("9780593098233"), "without --update rows stay as they are"
    third = dump(tmp_path / "third", newer, ("/type/work", "/works/OL1W", 2, {"title": "Older"}), ALONE)
    load(third, update=True)
    assert by_isbn("9780593098233") and not by_isbn("9780441172719") and not by_isbn("9780441013593")
    assert by_title("dune") == ["Dune"] and not by_title("older")
    counts = (Work.objects.count(), Edition.objects.count(), Author.objects.count(), Authorship.objects.count(), Load.objects.count())
    assert counts == (2, 2, 2, 2, 3)
    renamed = ("/type/author", "/authors/OL1A", 3, {"name": "Franklin Herbert"})
    load(dump(tmp_path / "fourth", renamed), update=True)
    assert answer(Question(Kind.ADVANCED, title="dune", author="franklin")).total == 1


def test_redirects_and_deletes(tmp_path: Path) -> None:
    old_work = ("/type/work", "/works/OL7W", 1, {"title": "Dune (old)", "authors": [{"author": {"key": "/authors/OL7A"}}]})
    old_author = ("/type/author", "/authors/OL7A", 1, {"name": "F. Herbert"})
    other = ("/type/edition", "/books/OL7M", 1, {"title": "Dune old", "works": [{"key": "/works/OL7W"}], "isbn_13": ["9780593098233"]})
    gone = ("/type/edition", "/books/OL8M", 1, {"title": "Gone"})
    redirects = [
        ("/type/redirect", f"/{kind}/OL{old}{letter}", 2, {"location": f"/{kind}/OL{new}{letter}"})
        for kind, letter, old, new in (("works", "W", 7, 6), ("works", "W", 6, 1), ("authors", "A", 7, 1), ("works", "W", 20, 21),
                                       ("works", "W", 21, 22), ("works", "W", 22, 20))
    ]  # fmt: skip
    looped = ("/type/work", "/works/OL20W", 1, {"title": "Moebius"})
    load(dump(tmp_path / "all", *ALL, old_work, old_author, other, gone, looped, *redirects, ("/type/delete", "/books/OL8M", 5, {})))
    assert {record.openlibrary_work_id for record in by_isbn("9780593098233")} == {"OL1W"}
    assert not Work.objects.filter(title="Dune (old)").exists() and not Edition.objects.filter(title="Gone").exists()
    assert not Author.objects.filter(name="F. Herbert").exists() and Authorship.objects.filter(author__name="Frank Herbert").count() == 1
    assert by_title("moebius") == ["Moebius"] and Redirect.objects.count() == 3


def test_bad_lines_are_counted_kept_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "bad"
    long = b"/type/work\t" + b"x" * 10 * 2**20 + b"\n"
    no_object = line(("/type/work", "/works/OL3W", 1, [1]))
    path.write_bytes(line(DUNE) + b"/type/work\tonly\n" + no_object + long + line(DUNE_BOOK) + line(HERBERT)[:-30])
    load(path)
    row = Load.objects.get()
    assert (row.state, row.bad_lines, row.lines) == (Load.State.DONE, 4, 6)
    assert list(LoadError.objects.values_list("line", flat=True)) == [2, 3, 4, 6]
    assert by_isbn("9780441172719")


def test_a_broken_gzip_keeps_what_was_read_and_fails(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(many(tmp_path / "many", 30_000).read_bytes())[:-100_000])
    with pytest.raises(CommandError, match="to its end"):
        load(path, dump(tmp_path / "good", *ALL))
    broken = Load.objects.get(name="cut.gz")
    assert broken.state == Load.State.FAILED and broken.error and broken.lines > 10_000
    assert by_isbn("9780441172719"), "the other file was loaded"
    with pytest.raises(CommandError, match="to its end"):
        load(tmp_path / "missing")


@pytest.mark.parametrize(("limit", "editions"), [(7, 3), (19, 9)])
def test_a_limit_stops_and_the_next_run_goes_on(tmp_path: Path, limit: int, editions: int) -> None:
    path = many(tmp_path / "many", 10)
    load(path, limit=limit)
    row = Load.objects.get()
    assert (row.state, row.lines, Edition.objects.count()) == (Load.State.STOPPED, limit, editions)
    load(path)
    row.refresh_from_db()
    assert (row.state, row.lines, Edition.objects.count()) == (Load.State.DONE, 20, 10)


def test_stopped_between_batches_it_goes_on_without_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.catalogue.loading.parsing.BATCH_LINES", 6)
    path = many(tmp_path / "many", 50)
    seen = 0

    def stop(read_bytes: int, lines: int) -> None:
        nonlocal seen
        seen += lines
        if seen > 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loading.load_file(loading.looked_into(path), update=False, limit=None, tell=stop)
    assert Load.objects.get().state == Load.State.STOPPED and 0 < Edition.objects.count() < 50
    load(path)
    row = Load.objects.get()
    assert (row.state, row.lines, Edition.objects.count(), Work.objects.count()) == (Load.State.DONE, 100, 50, 50)


@pytest.fixture
def held() -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of the tests' database."""
    program = (
        "import django; django.setup()\nfrom django.conf import settings\nfrom django.db import connection\n"
        f"connection.settings_dict['NAME'] = {str(connection.settings_dict['NAME'])!r}\n"
        "from search.catalogue.loading.lock import only_one\nimport time\nwith only_one():\n print('held', flush=True)\n time.sleep(60)\n"
    )
    surroundings = {**os.environ, "DJANGO_SETTINGS_MODULE": "bookstrack.settings"}
    other = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=surroundings)
    assert other.stdout is not None and other.stdout.readline() == "held\n"
    yield other
    other.kill()
    other.wait()


def test_one_load_at_a_time_and_a_killed_one_lets_go(tmp_path: Path, held: "subprocess.Popen[str]") -> None:
    with pytest.raises(CommandError, match="Another load"):
        load(dump(tmp_path / "all", *ALL))
    held.send_signal(signal.SIGKILL)
    held.wait()
    for _ in range(50):
        try:
            load(dump(tmp_path / "all", *ALL))
            break
        except CommandError:
            time.sleep(0.1)  # PostgreSQL notices a dead client a moment later
    assert by_isbn("9780441172719")
    with lock.only_one():
        pass


def test_killed_at_any_moment_it_goes_on_without_loss(tmp_path: Path) -> None:
    """A load in a process of its own, with its parsing child: none outlives it, and nothing is there twice."""
    path = many(tmp_path / "many", 30_000)
    program = (
        "import django; django.setup()\nfrom django.db import connection\n"
        f"connection.settings_dict['NAME'] = {str(connection.settings_dict['NAME'])!r}\n"
        f"from django.core.management import call_command\ncall_command('load_catalogue', {str(path)!r}, quiet=True)\n"
    )
    surroundings = {**os.environ, "DJANGO_SETTINGS_MODULE": "bookstrack.settings"}
    script = tmp_path / "load.py"
    script.write_text("if __name__ == '__main__':\n" + "".join(f"    {each}\n" for each in program.splitlines()))
    surroundings["PYTHONPATH"] = str(Path(__file__).resolve().parents[4])
    for batches in (1, 3):
        before = Load.objects.first()
        lines = before.lines if before else 0
        other = subprocess.Popen([sys.executable, str(script)], env=surroundings)
        end = time.monotonic() + 60
        while time.monotonic() < end and other.poll() is None:
            now = Load.objects.first()
            if now and now.lines > lines + (batches - 1) * 4_000:
                break
            time.sleep(0.01)
        children = Path(f"/proc/{other.pid}/task/{other.pid}/children").read_text().split()
        other.kill()
        other.wait()
        for _ in range(100):
            if not any(Path(f"/proc/{child}/cmdline").exists() and Path(f"/proc/{child}/cmdline").read_bytes() for child in children):
                break
            time.sleep(0.1)
        else:
            raise AssertionError("the parsing process outlived the load")
    assert 0 < Load.objects.get().lines < 60_000
    for _ in range(50):
        try:
            load(path)
            break
        except CommandError:
            time.sleep(0.1)
    row = Load.objects.get()
    assert (row.state, row.lines, Edition.objects.count(), Work.objects.count()) == (Load.State.DONE, 60_000, 30_000, 30_000)


def test_csv_as_goodbooks_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "books.csv"
    path.write_text(
        "book_id,isbn,isbn13,authors,original_publication_year,original_title,title,language_code\n"
        '1,441172717,9.7804411727e+12,Frank Herbert,1965.0,Dune,"Dune (Dune, #1)",eng\n'
        '2,,,"A. Writer, Second Hand",-800.0,,"A title\nof two lines",spa\n'
        "3,too,few\n"
    )
    load(path)
    (found,) = by_isbn("9780441172719")
    assert (found.first_year, [a.name for a in found.authors], found.edition.language) == (1965, ["Frank Herbert"], "en")
    assert found.title == found.edition.title == "Dune" and found.series == Series("Dune", 1.0)  # the bracket is no part of a title
    assert by_title("a title of two lines") == ["A title of two lines"]
    assert (LoadError.objects.get().line, LoadError.objects.get().reason) == (5, "3 columns instead of 8")


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "books.jsonl"
    path.write_text(
        '{"id": "dune", "title": "Dune", "authors": [{"name": "Frank Herbert", "birthYear": 1920}], '
        '"series": {"name": "Dune", "position": 1}, "editions": [{"isbn": "9780441172719", "title": "Dune, vol. 1"}]}\n'
        '{"title": "Flat", "authors": "Some One", "isbn": "9780593098233", "pages": 12}\n[]\n'
        '{"key": "/works/OL1W", "type": {"key": "/type/work"}, "title": "Of the dump", "revision": 2}\n'
    )
    load(path)
    dune = by_isbn("9780441172719")[0]
    assert dune.authors[0].birth_year == 1920 and (dune.series, dune.edition.title) == (Series("Dune", 1.0), "Dune, vol. 1")
    assert by_isbn("9780593098233")[0].edition.page_count == 12
    assert by_title("of the dump") == ["Of the dump"] and Load.objects.get().bad_lines == 1


@pytest.mark.parametrize("typed", ["the hitchhikers guide galxy", "hitchhikers giude galaxy", "hitchikers guide to the galaxy"])
def test_misspelt_titles_are_found_and_others_are_not(tmp_path: Path, typed: str) -> None:
    title = ("/type/work", "/works/OL9W", 1, {"title": "The Hitchhikers Guide to the Galaxy"})
    load(dump(tmp_path / "all", *ALL, title))
    assert by_title(typed) == ["The Hitchhikers Guide to the Galaxy"]
    assert by_title("galaxy of the elephants") == [] and by_title("hitchhikers cookbook") == []


def test_staff_see_loads_and_their_errors(admin_client: object, tmp_path: Path) -> None:
    path = tmp_path / "bad"
    path.write_bytes(line(DUNE) + b"<b>no line</b>\n")
    load(path)
    row = Load.objects.get()
    for url in ("/admin/search/load/", f"/admin/search/load/{row.pk}/change/"):
        page = admin_client.get(url)  # type: ignore[attr-defined]
        assert page.status_code == 200
    assert "&lt;b&gt;no line" in page.content.decode() and 'name="_save"' not in page.content.decode()
