"""Rows of covers: what is read and written of them, each in one turn of the database. For its threads: nothing here waits."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from harvest.cover_store import cover_files, judging
from harvest.cover_store.judging import Judgement
from harvest.models import Cover, NoCover
from scanning.services import CoverPicture

NONE_FOR = timedelta(days=30)  # until the sources are asked again about a book that has no cover
AT_ONCE = 500
TWINS_READ = 200


def row_of(isbn: str, source: str, url: str, body: bytes, picture: CoverPicture, judgement: Judgement) -> Cover:
    now = timezone.now()
    sizes = {
        name: {"width": made.width, "height": made.height, "bytes": len(made.data), "digest": cover_files.digest_of(made.data)}
        for name, made in picture.sizes.items()
    }
    return Cover(
        isbn=isbn,
        state=Cover.State.KEPT,
        source=source,
        source_url=url[:2000],
        width=picture.width,
        height=picture.height,
        original_bytes=len(body),
        original_type=picture.kind,
        stored_bytes=sum(len(made.data) for made in picture.sizes.values()),
        sizes=sizes,
        score=judgement.score,
        reasons=list(judgement.reasons),
        likeness=picture.likeness,
        version=cover_files.version_of(picture),
        kept_at=now,
        checked_at=now,
    )


def settled(isbns: Sequence[str]) -> set[str]:
    now = timezone.now()
    settled = (
        Q(state=Cover.State.KEPT, retry_at=None) | Q(state=Cover.State.KEPT, retry_at__gt=now)
        | Q(state=Cover.State.REFUSED) | Q(state=Cover.State.NONE, retry_at__gt=now)
    )  # fmt: skip
    return set(Cover.objects.filter(settled, pk__in=isbns).values_list("isbn", flat=True))


def compared_with(isbn: str, likeness: str, version: str) -> tuple[list[str], list[str]]:
    """Pictures that are no cover, and other books that show this very picture."""
    same = Cover.objects.filter(likeness=likeness, version=version, state=Cover.State.KEPT).exclude(pk=isbn)
    return list(NoCover.objects.values_list("likeness", flat=True)), list(same.values_list("isbn", flat=True)[:TWINS_READ])


def keep(cover: Cover) -> bool:
    """Write the row of a cover whose files are written; False where staff refused it meanwhile."""
    values = {field.name: getattr(cover, field.name) for field in Cover._meta.concrete_fields if not field.primary_key}
    with transaction.atomic():
        row, created = Cover.objects.select_for_update().get_or_create(pk=cover.isbn, defaults=values)
        if created:
            return True
        if row.state == Cover.State.REFUSED:
            return False
        Cover.objects.filter(pk=cover.isbn).update(**values)
        return True


def stays(row: Cover) -> None:
    """What is kept was compared with another, and stays."""
    values: dict[str, Any] = {"score": row.score, "reasons": row.reasons, "checked_at": timezone.now(), "retry_at": None}
    Cover.objects.filter(pk=row.pk, state=Cover.State.KEPT, version=row.version).update(**values)


def note_none(isbn: str) -> None:
    now = timezone.now()
    values = {"state": Cover.State.NONE, "checked_at": now, "retry_at": now + NONE_FOR, "reasons": []}
    row, created = Cover.objects.get_or_create(pk=isbn, defaults=values)
    if not created:
        Cover.objects.filter(pk=row.pk, state=Cover.State.NONE).update(**values)
        Cover.objects.filter(pk=row.pk, state=Cover.State.KEPT).update(checked_at=now, retry_at=None)


def harvest_again(isbns: Iterable[str]) -> int:
    """Let the next harvest ask about books, whatever is known of them. What is kept is shown until then."""
    again = Cover.objects.filter(pk__in=list(isbns))
    again.exclude(state=Cover.State.KEPT).update(state=Cover.State.NONE)
    return again.update(retry_at=timezone.now())


def withdrawn(isbns: Sequence[str], reason: str, state: str) -> list[str]:
    gone: list[str] = []
    empty = {"sizes": {}, "score": 0.0, "stored_bytes": 0, "original_bytes": 0, "version": "", "kept_at": None, "retry_at": None}
    for start in range(0, len(isbns), AT_ONCE):
        some = isbns[start : start + AT_ONCE]
        with transaction.atomic():
            kept = Cover.objects.select_for_update().filter(pk__in=some, state=Cover.State.KEPT)
            gone += kept.values_list("isbn", flat=True)
            Cover.objects.filter(pk__in=some).update(state=state, reasons=[reason[:300]], checked_at=timezone.now(), **empty)
    return gone


def alike(likeness: str) -> list[str]:
    rows = Cover.objects.filter(state=Cover.State.KEPT).values_list("isbn", "likeness").order_by().iterator(chunk_size=5_000)
    return [isbn for isbn, other in rows if judging.looks_like(other, [likeness])]

