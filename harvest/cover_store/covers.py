"""The store of covers: what is judged good enough is kept, a worse one never in the place of a better one, and only whole files are served.

Files are written first and the row, which is the truth, after them; one writer a book at a time. A file that is not the one its row
speaks of is not served: a crash or a full disk between the two leaves a book without a cover until the next harvest, never with half one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from bookstrack.lib.db import in_db
from bookstrack.lib.object_store import StorageAway
from harvest import conf
from harvest.cover_store import cover_files, cover_index, cover_rows, cover_serving, judging
from harvest.cover_store.cover_serving import served as served
from harvest.cover_store.judging import Judgement
from harvest.models import Cover, NoCover
from scanning.services import CoverPicture, Unreadable, cover_picture
from search import services as search
from search.identifiers import parse_isbn

log = structlog.get_logger(__name__)


class ReaderAway(StorageAway):
    """No picture can be read just now, which says nothing about this one."""


@dataclass(frozen=True, slots=True)
class Considered:
    """What became of a picture."""

    outcome: str  # kept, not_better, refused
    reason: str
    score: float = 0.0
    original_bytes: int = 0
    stored_bytes: int = 0


async def due(isbns: Sequence[str]) -> list[str]:
    """Those ISBN-13s whose sources may be asked, in their order, each once: not those kept, refused by staff, or known to have none."""
    wanted = list(dict.fromkeys(isbns))
    settled: set[str] = set()
    for start in range(0, len(wanted), cover_rows.AT_ONCE):
        settled |= await in_db(cover_rows.settled, wanted[start : start + cover_rows.AT_ONCE])
    return [isbn for isbn in wanted if isbn not in settled]


async def known(isbns: Sequence[str]) -> dict[str, str]:
    """The version of the cover of each ISBN-13 that has one. Raises: DatabaseError, where Redis does not know."""
    return {isbn: found.version for isbn, found in (await cover_index.find(isbns)).items()}


async def consider(isbn: str, source: str, url: str, body: bytes) -> Considered:
    """Judge a picture that a source gave for a book, and keep it where it is better than what is kept. `url`: its public address.

    Raises: StorageAway; ReaderAway, which is one.
    """
    isbn = parse_isbn(isbn).isbn13
    try:
        picture = await cover_picture(body, conf.SIZES)
    except Unreadable as error:
        if error.code == "INTERNAL_ERROR":
            raise ReaderAway from error
        return Considered("refused", error.message, original_bytes=len(body))
    version = cover_files.version_of(picture)
    no_covers, twins = await in_db(cover_rows.compared_with, isbn, picture.likeness, version)
    books = await _different([isbn, *twins]) if len(twins) + 1 >= judging.same_picture_limit(picture) else 1
    judgement = judging.judge(picture, no_covers=no_covers, books=books)
    if judgement.placeholder:
        await _unmask(picture.likeness, url, judgement.reasons[0], twins)
    if judgement.refused is not None:
        return Considered("refused", judgement.refused, original_bytes=len(body))
    async with cover_index.writing(isbn):
        considered = await _keep_if_better(isbn, source, url, body, picture, judgement)
    if considered.outcome == "kept":
        await search.cover_changed(isbn)
    return considered


async def note_none(isbn: str) -> None:
    """Every source was asked about a book and has no cover of it: they are not asked again for 30 days. What is kept stays."""
    await in_db(cover_rows.note_none, isbn)


async def withdraw(isbns: Sequence[str], reason: str, *, state: str = Cover.State.NONE) -> int:
    """Show the covers of books no more, and delete them; `state` NONE: another may take their place at once. How many there were.

    Raises: StorageAway, where Redis is away, and nothing is withdrawn, or where files are left, which nobody is shown.
    """
    await cover_index.drop(isbns)  # first: who is shown them until Redis is told could not be told at all
    gone = await in_db(cover_rows.withdrawn, list(isbns), reason, state)
    for isbn in gone:
        cover_serving.forget(isbn)
        await search.cover_changed(isbn)
    for isbn in gone:
        async with cover_index.writing(isbn):
            if not await cover_index.of_table([isbn]):  # else another one was kept meanwhile
                await cover_files.delete(isbn)
    return len(gone)


async def alike(likeness: str) -> list[str]:
    """The ISBN-13s of all covers that look like this one. Reads every cover's likeness: for staff, not for requests of clients."""
    return await in_db(cover_rows.alike, likeness)


async def _keep_if_better(isbn: str, source: str, url: str, body: bytes, picture: CoverPicture, judgement: Judgement) -> Considered:
    row = await in_db(lambda: Cover.objects.filter(pk=isbn).first())
    if row is not None and row.state == Cover.State.REFUSED:
        return Considered("refused", "staff refused a cover for this book", judgement.score, len(body))
    standing = row if row is not None and row.state == Cover.State.KEPT and await _intact(row) else None
    if standing is not None:
        if standing.source != source and judging.distance(standing.likeness, picture.likeness) <= judging.AGREEING_BITS:
            score, reasons = judging.agreed(judgement.score, judgement.reasons)
            judgement = replace(judgement, score=score, reasons=tuple(reasons))
            standing.score, standing.reasons = judging.agreed(standing.score, standing.reasons)
        if judgement.score <= standing.score:
            await in_db(cover_rows.stays, standing)
            told = f"scores {judgement.score:.2f}, and {standing.score:.2f} is kept"
            return Considered("not_better", told, judgement.score, len(body))
    try:
        await cover_files.write(isbn, picture, body)
    except StorageAway:
        if standing is not None:  # some of its files may be the new one's
            await in_db(cover_rows.harvest_again, [isbn])
        raise
    cover = cover_rows.row_of(isbn, source, url, body, picture, judgement)
    if not await in_db(cover_rows.keep, cover):
        await cover_files.delete(isbn)
        return Considered("refused", "staff refused a cover for this book", judgement.score, len(body))
    await cover_index.put(isbn, cover_index.indexed(cover))
    cover_serving.forget(isbn)
    return Considered("kept", "; ".join(judgement.reasons), judgement.score, len(body), cover.stored_bytes)


async def _intact(row: Cover) -> bool:
    """Whether the files of a cover are there, where that is in doubt. Raises: StorageAway."""
    if row.retry_at is None:
        return True
    for size, digest in cover_index.indexed(row).digests.items():
        data = await cover_files.read(row.isbn, size)
        if data is None or cover_files.digest_of(data) != digest:
            return False
    return True


async def _different(isbns: Sequence[str]) -> int:
    """How many different works these books are, as far as their titles are known here: of one that is not known, one more each."""
    works = await search.works_known(isbns)
    return len({works.get(isbn, isbn) for isbn in isbns})


async def _unmask(likeness: str, url: str, why: str, isbns: Sequence[str]) -> None:
    """A picture stands on too many books: no book shows it any more."""
    added = {"note": why[:200], "example_url": url[:2000]}
    await in_db(lambda: NoCover.objects.get_or_create(likeness=likeness, defaults=added))
    count = await withdraw(isbns, why)
    log.warning("a picture is no cover", likeness=likeness, books=count, why=why)
