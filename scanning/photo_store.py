"""The photos of scans: pictures in the storage of uploads, `bookshelf-scans/{jobId}/photo-{index}.jpg`, and a row beside each.

Both are there for SCAN_PHOTOS_KEPT_DAYS, longer than the job; a cancel deletes them at once, or, while the storage is away, soon after.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from scanning import uploads
from scanning.models import ScanPhoto

log = structlog.get_logger(__name__)
FOLDER = "bookshelf-scans"
EXPIRED_AT_ONCE = 200


class Taken(Exception):
    """There are photos of a job of this id already."""


@dataclass(frozen=True, slots=True)
class NewPhoto:
    """A photo as it is to be kept: upright JPEG without metadata, or the reason why there is none."""

    index: int
    jpeg: bytes = b""
    width: int = 0
    height: int = 0
    quality: dict[str, Any] = field(default_factory=dict)
    error: dict[str, str] | None = None  # {code, message}


def keep(job_id: str, photos: Sequence[NewPhoto]) -> None:
    """Keep the photos of a scan that is about to start; all or none.

    Raises: Taken, OSError.
    """
    kept: list[ScanPhoto] = []
    try:
        for photo in photos:
            kept.append(_row(job_id, photo))
        with transaction.atomic():
            ScanPhoto.objects.bulk_create(kept)
    except BaseException as error:
        _delete_files([row for row in kept if row.file])
        if isinstance(error, IntegrityError):
            raise Taken from None
        raise


def _row(job_id: str, photo: NewPhoto) -> ScanPhoto:
    row = ScanPhoto(job_id=job_id, index=photo.index, width=photo.width, height=photo.height, size_bytes=len(photo.jpeg))
    row.quality, row.error = photo.quality, photo.error
    if photo.error is not None:
        row.state = "failed"
    else:
        row.file = uploads.keep(io.BytesIO(photo.jpeg), f"{FOLDER}/{job_id}", f"photo-{photo.index}.jpg")
    return row


def photos_of(job_id: str) -> list[ScanPhoto]:
    """The photos of a scan by index; none once they have expired."""
    return list(ScanPhoto.objects.filter(job_id=job_id).order_by("index"))


def picture(row: ScanPhoto) -> bytes:
    """Its JPEG. Raises: uploads.Gone, OSError."""
    if not row.file:
        raise uploads.Gone(str(row))
    return uploads.content(row.file)


def photos_bytes() -> int:
    """Of all pictures that are kept."""
    return ScanPhoto.objects.aggregate(size=Sum("size_bytes"))["size"] or 0


def unwanted(job_id: str) -> None:
    """Delete the photos of a scan; where the storage is away, `expire` does it later."""
    ScanPhoto.objects.filter(job_id=job_id).update(expires_at=timezone.now())
    _delete(ScanPhoto.objects.filter(job_id=job_id))


def overdue() -> int:
    """How many photos there are whose time is over."""
    return ScanPhoto.objects.filter(expires_at__lte=timezone.now()).count()


def expire() -> int:
    """Delete the photos whose time is over; how many."""
    return _delete(ScanPhoto.objects.filter(expires_at__lte=timezone.now()).order_by("expires_at")[:EXPIRED_AT_ONCE])


def _delete(rows: Any) -> int:
    gone = _delete_files(list(rows))
    ScanPhoto.objects.filter(pk__in=[row.pk for row in gone]).delete()
    return len(gone)


def _delete_files(rows: Sequence[ScanPhoto]) -> list[ScanPhoto]:
    """Those whose picture is gone now."""
    gone = []
    for row in rows:
        try:
            if row.file:
                uploads.forget(row.file)
        except Exception as error:  # a storage's own errors, S3's for one, are of many kinds: the next round tries again
            log.warning("a photo could not be deleted", photo=str(row), error=type(error).__name__)
        else:
            gone.append(row)
    return gone
