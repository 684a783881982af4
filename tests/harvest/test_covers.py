"""The store of covers, with real files, a real database, Redis and the picture process."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from bookstrack.lib import redis
from bookstrack.lib.db import in_db
from bookstrack.lib.object_store import StorageAway
from harvest.cover_store import cover_index, cover_rows, cover_serving, covers
from harvest.cover_store.judging import AGREES
from harvest.models import Cover, NoCover
from tests.harvest import covering
from tests.harvest.covering import BOXES, ISBN, ISBN10, OTHER, Failing, coded, cover, drawing, folder, isbns, opened

__all__ = ["folder"]
URL = "https://covers.openlibrary.org/b/id/1-L.jpg"
pytestmark = pytest.mark.usefixtures("folder")


async def _row(isbn: str = ISBN) -> Cover:
    return await in_db(Cover.objects.get, pk=isbn)


async def _keep(isbn: str = ISBN, body: bytes | None = None, source: str = "openlibrary") -> covers.Considered:
    considered = await covers.consider(isbn, source, URL, body or cover())
    assert considered.outcome == "kept", considered
    return considered


def _files(folder: Path, isbn: str = ISBN) -> set[str]:
    return {path.name for path in (folder / isbn).glob("*")}


async def test_a_good_picture_is_kept_in_three_sizes_with_what_is_known_of_it(folder: Path) -> None:
    body = cover()
    kept = await _keep(body=body)
    row = await _row()
    assert _files(folder) == {"small.webp", "medium.webp", "large.webp", "original.jpeg"}
    assert (folder / ISBN / "original.jpeg").read_bytes() == body
    assert (row.state, row.source, row.source_url, row.width, row.height) == ("kept", "openlibrary", URL, 800, 1200)
    assert (row.original_bytes, row.original_type, row.score) == (len(body), "jpeg", kept.score) and row.reasons
    assert row.stored_bytes == kept.stored_bytes == sum((folder / ISBN / f"{size}.webp").stat().st_size for size in BOXES)
    for size, box in BOXES.items():
        served = await covers.served(ISBN, size)
        assert served is not None and opened(served.data).size == box == (row.sizes[size]["width"], row.sizes[size]["height"])
        assert served.data == (folder / ISBN / f"{size}.webp").read_bytes() and row.version in served.etag
    assert await covers.known([ISBN, OTHER]) == {ISBN: row.version}


async def test_isbn_10_and_13_are_one_book() -> None:
    await _keep(ISBN10)
    assert await covers.known([ISBN]) and await covers.due([ISBN]) == []


async def test_what_is_no_cover_is_refused_and_leaves_nothing(folder: Path) -> None:
    for body in (cover((60, 90)), b"<html>" * 90, cover()[:900], coded(drawing((2000, 200))), coded(drawing((1, 1)), "GIF")):
        considered = await covers.consider(ISBN, "openlibrary", URL, body)
        assert (considered.outcome, considered.score, considered.stored_bytes) == ("refused", 0.0, 0) and considered.reason
        assert considered.original_bytes == len(body)
    assert not _files(folder) and not await covers.known([ISBN]) and not await in_db(Cover.objects.exists)
    assert await covers.due([ISBN]) == [ISBN]


async def test_never_a_worse_one_over_a_better_one() -> None:
    await _keep(body=cover((400, 600), seed=1))
    best = await _keep(body=cover((800, 1200), seed=2), source="isbndb")
    before = await covers.served(ISBN, "small")
    considered = await covers.consider(ISBN, "google-books", URL, cover((300, 450), seed=3))
    assert considered.outcome == "not_better" and considered.score < best.score
    row = await _row()
    assert (row.source, row.score, row.width) == ("isbndb", best.score, 800)
    assert await covers.served(ISBN, "small") == before


async def test_two_considered_at_once_leave_the_better_one_whole() -> None:
    bodies = [cover((300 + 100 * number, 450 + 150 * number), seed=number) for number in range(3)]
    for order in (bodies, bodies[::-1]):
        await in_db(Cover.objects.all().delete)
        await redis.client().flushdb()
        considered = await asyncio.gather(*(covers.consider(ISBN, f"source-{len(body)}", URL, body) for body in order))
        assert "kept" in {one.outcome for one in considered} <= {"kept", "not_better"}
        row = await _row()
        assert row.width == 500 and row.score == max(one.score for one in considered)
        cover_serving.clear()
        for size in BOXES:
            served = await covers.served(ISBN, size)
            assert served is not None and row.version in served.etag


async def test_another_provider_that_shows_the_same_raises_the_score_once() -> None:
    kept = await _keep()
    for _ in range(2):
        smaller = await covers.consider(ISBN, "isbndb", URL, cover((400, 600)))
        assert smaller.outcome == "not_better"
    row = await _row()
    assert row.score == pytest.approx(kept.score + 0.1) and row.reasons.count(AGREES) == 1 and row.source == "openlibrary"
    again = await covers.consider(ISBN, "openlibrary", URL, cover((400, 600)))
    assert again.score == pytest.approx(smaller.score - 0.1)  # a source does not agree with itself


async def test_a_replaced_cover_is_seen_under_a_new_version(monkeypatch: pytest.MonkeyPatch) -> None:
    await _keep(body=cover((300, 450), seed=1))
    old, version = await covers.served(ISBN, "large"), (await covers.known([ISBN]))[ISBN]
    await _keep(body=cover((800, 1200), seed=2))
    new = await covers.served(ISBN, "large")
    assert old is not None and new is not None and old.etag != new.etag and opened(new.data).size == (512, 768)
    assert (await covers.known([ISBN]))[ISBN] != version


async def test_another_process_sees_a_replacement_once_its_second_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    await _keep(body=cover((300, 450), seed=1))
    old = await covers.served(ISBN, "large")
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(cover_serving, "forget", lambda isbn: None)  # the other process does not forget ours
        await _keep(body=cover((800, 1200), seed=2))
    assert cover_serving.served_at_once(ISBN, "large") == old
    monkeypatch.setattr(cover_serving.clock, "monotonic_s", lambda real=cover_serving.clock.monotonic_s: real() + 1.0)
    assert cover_serving.served_at_once(ISBN, "large") is None
    new = await covers.served(ISBN, "large")
    assert new is not None and opened(new.data).size == (512, 768)


# -- what is due


async def test_what_is_due() -> None:
    kept, none, none_long_ago, refused, withdrawn, new = isbns(6)
    now = timezone.now()
    states = [(kept, "kept", None), (none, "none", now + timedelta(days=1)), (none_long_ago, "none", now - timedelta(days=1)),
              (refused, "refused", None), (withdrawn, "none", None)]  # fmt: skip
    await in_db(Cover.objects.bulk_create, [Cover(isbn=isbn, state=state, retry_at=at) for isbn, state, at in states])
    everything = [new, kept, none, none_long_ago, refused, withdrawn, new]
    assert await covers.due(everything) == [new, none_long_ago, withdrawn]
    await in_db(cover_rows.harvest_again, everything)
    assert await covers.due(everything) == [new, kept, none, none_long_ago, refused, withdrawn]
    assert await covers.known([kept]), "what is kept is shown until there is another"


async def test_a_book_without_a_cover_rests_for_thirty_days() -> None:
    await covers.note_none(ISBN)
    assert await covers.due([ISBN, OTHER]) == [OTHER]
    row = await _row()
    assert row.state == "none" and timedelta(days=29) < row.retry_at - timezone.now() <= timedelta(days=30)
    await _keep()  # all the same, where one comes
    await covers.note_none(ISBN)
    assert (await _row()).state == "kept" and await covers.known([ISBN])


async def test_thousands_are_asked_in_few_queries(django_assert_max_num_queries: Any) -> None:
    many = isbns(2_000)
    await in_db(Cover.objects.bulk_create, [Cover(isbn=isbn, state="kept", version="v") for isbn in many[::2]])

    def asked() -> int:
        connection.queries_log.clear()
        with django_assert_max_num_queries(4):
            return len(cover_rows.settled(many))

    assert await in_db(asked) == 1_000
    assert await covers.due(many) == many[1::2]


# -- no cover


async def test_a_picture_on_many_books_is_a_placeholder_and_is_withdrawn_everywhere(folder: Path) -> None:
    small = cover((128, 192))  # suspicious by its size: three are enough
    first, second, third, fourth, other = isbns(5)
    await _keep(other, cover((130, 195), seed=5))
    await _keep(first, small)
    await _keep(second, small)
    found = await covers.consider(third, "openlibrary", URL, small)
    assert found.outcome == "refused" and "3 different books" in found.reason
    assert await covers.known([first, second, third, other]) == {other: (await _row(other)).version}
    assert await covers.served(first, "small") is None and not _files(folder, first) and not _files(folder, second)
    assert (await in_db(NoCover.objects.get)).example_url == URL
    assert "known to be no cover" in (await covers.consider(fourth, "isbndb", URL, cover((160, 240)))).reason
    assert (await _row(first)).state == "none" and await covers.due([first, other]) == [first]


async def test_one_good_picture_on_a_few_books_is_a_series() -> None:
    for isbn in isbns(5):
        await _keep(isbn)


async def test_a_withdrawn_cover_is_gone_for_everybody(folder: Path) -> None:
    await _keep()
    assert await covers.served(ISBN, "small")
    assert await covers.withdraw([ISBN, OTHER], "it shows a cat") == 1
    assert await covers.known([ISBN]) == {} and await covers.served(ISBN, "small") is None and not _files(folder)
    row = await _row()
    assert (row.state, row.reasons, row.stored_bytes, row.version) == ("none", ["it shows a cat"], 0, "")
    await _keep()
    assert await covers.served(ISBN, "small")


async def test_what_staff_refused_is_never_kept(folder: Path) -> None:
    await _keep()
    await covers.withdraw([ISBN], "none is wanted", state=Cover.State.REFUSED)
    considered = await covers.consider(ISBN, "isbndb", URL, cover())
    assert considered.outcome == "refused" and "staff" in considered.reason and not _files(folder)
    await covers.note_none(ISBN)
    assert (await _row()).state == "refused" and await covers.due([ISBN]) == []


async def test_covers_that_look_alike_are_found() -> None:
    one, other, different = isbns(3)
    await _keep(one, cover((800, 1200), seed=1))
    await _keep(other, coded(drawing((500, 750), 1), "PNG"))
    await _keep(different, cover((800, 1200), seed=2))
    assert set(await covers.alike((await _row(one)).likeness)) == {one, other}


# -- what fails


@pytest.mark.parametrize("writes", range(4))
async def test_a_full_storage_keeps_nothing_and_shows_nothing_broken(monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    monkeypatch.setattr(Failing, "writes_left", writes)
    monkeypatch.setitem(storages._storages, "covers", Failing(location=storages["covers"].location, allow_overwrite=True))
    with pytest.raises(StorageAway):
        await covers.consider(ISBN, "openlibrary", URL, cover())
    assert not await in_db(Cover.objects.exists) and await covers.known([ISBN]) == {}
    assert [await covers.served(ISBN, size) for size in BOXES] == [None, None, None]
    monkeypatch.undo()
    await _keep()  # the writer's lock is free
    assert await covers.served(ISBN, "large")


async def test_a_storage_that_fails_while_a_cover_is_replaced_leaves_only_whole_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    await _keep(body=cover((300, 450), seed=1))
    whole = {size: (await covers.served(ISBN, size)) for size in BOXES}
    monkeypatch.setattr(Failing, "writes_left", 2)
    monkeypatch.setitem(storages._storages, "covers", Failing(location=storages["covers"].location, allow_overwrite=True))
    with pytest.raises(StorageAway):
        await covers.consider(ISBN, "isbndb", URL, cover((800, 1200), seed=2))
    monkeypatch.undo()
    cover_serving.clear()
    for size in BOXES:
        assert await covers.served(ISBN, size) in (whole[size], None)
    assert await covers.due([ISBN]) == [ISBN], "the next harvest makes it good"
    await _keep(body=cover((300, 450), seed=1))
    assert None not in [await covers.served(ISBN, size) for size in BOXES] and await covers.due([ISBN]) == []


@pytest.mark.parametrize("damage", ["missing", "half", "another's"])
async def test_a_file_that_is_not_whole_is_not_served(folder: Path, damage: str) -> None:
    await _keep()
    file = folder / ISBN / "small.webp"
    whole = file.read_bytes()
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(whole[: len(whole) // 2] if damage == "half" else (folder / ISBN / "medium.webp").read_bytes())
    assert await covers.served(ISBN, "small") is None
    assert (await covers.served(ISBN, "medium")) is not None
    assert await covers.due([ISBN]) == [ISBN]
    await _keep()
    assert file.read_bytes() == whole and await covers.served(ISBN, "small")


async def test_a_storage_that_does_not_answer_is_no_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away(Failing):
        def _open(self, name: str, mode: str = "rb") -> Any:
            raise TimeoutError

    await _keep()
    shown = await covers.served(ISBN, "small")
    monkeypatch.setitem(storages._storages, "covers", Away(location=storages["covers"].location))
    assert await covers.served(ISBN, "small") == shown
    with pytest.raises(StorageAway):
        await covers.served(ISBN, "large")


async def test_without_redis_covers_are_known_served_and_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    await _keep()
    monkeypatch.setattr(redis, "client", _away)
    cover_serving.clear()
    assert list(await covers.known([ISBN, OTHER])) == [ISBN] and await covers.served(ISBN, "small")
    with pytest.raises(StorageAway):
        await covers.consider(OTHER, "isbndb", URL, cover())
    with pytest.raises(StorageAway):
        await covers.withdraw([ISBN], "it shows a cat")
    monkeypatch.undo()
    assert list(await covers.known([ISBN, OTHER])) == [ISBN] and (await _row()).state == "kept"
    assert await covers.withdraw([ISBN], "it shows a cat") == 1 and await covers.known([ISBN]) == {}


def _away() -> Any:
    raise redis.Away[0]("away")


# -- Redis in front of the table


async def test_while_there_is_no_cover_nobody_asks_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await covers.known(isbns(3)) == {}
    monkeypatch.setattr(cover_index, "of_table", _fail)
    assert await covers.known([ISBN, OTHER]) == {}
    monkeypatch.undo()
    await _keep()
    assert list(await covers.known([ISBN, OTHER])) == [ISBN]


async def test_what_is_known_once_is_not_asked_of_the_table_again(monkeypatch: pytest.MonkeyPatch) -> None:
    await _keep()
    await redis.client().flushdb()
    first = await covers.known([ISBN, OTHER])
    monkeypatch.setattr(cover_index, "of_table", _fail)
    assert await covers.known([OTHER, ISBN]) == first and list(first) == [ISBN]
    assert 0 < await redis.client().ttl(f"cover:{OTHER}") <= 600
    assert await redis.client().ttl(f"cover:{ISBN}") > 364 * 86_400


async def _fail(_: Any) -> Any:
    raise AssertionError("the table was asked")


@pytest.mark.parametrize("known", ["older", "none"])
async def test_a_redis_that_is_behind_the_table_is_put_right(known: str) -> None:
    await _keep()
    version = (await _row()).version
    if known == "older":
        await cover_index.put(ISBN, cover_index.Indexed("0" * 16, dict.fromkeys(BOXES, "0" * 16)))
        assert await covers.served(ISBN, "small")
    else:
        await in_db(Cover.objects.all().update, state=Cover.State.NONE)
        (covering.Path(storages["covers"].location) / ISBN / "small.webp").unlink()
        assert await covers.served(ISBN, "small") is None
    assert await covers.known([ISBN]) == ({ISBN: version} if known == "older" else {})
