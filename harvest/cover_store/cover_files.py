"""The files of covers: `covers/{isbn13}/{size}.webp` and the original beside them, whose names only we make."""

import hashlib

from bookstrack.lib.object_store import Missing, ObjectStore
from harvest.conf import SIZES
from scanning.services import CoverPicture

KINDS = ("jpeg", "png", "webp", "gif")
DIGEST_CHARS = 16
_store = ObjectStore("covers")


def digest_of(data: bytes) -> str:
    """What tells a file that is whole from one that is half, or another's."""
    return hashlib.sha256(data).hexdigest()[:DIGEST_CHARS]


def version_of(picture: CoverPicture) -> str:
    """A name for the content of all sizes: it changes when any of them does."""
    return digest_of(b"".join(picture.sizes[name].data for name in sorted(picture.sizes)))


async def read(isbn: str, size: str) -> bytes | None:
    """The file of a size; None where there is none. Raises: StorageAway."""
    try:
        return await _store.read(_name(isbn, f"{size}.webp"))
    except Missing:
        return None


async def write(isbn: str, picture: CoverPicture, original: bytes) -> None:
    """All files of a cover; of an older one with another kind of original nothing is left. Raises: StorageAway."""
    await _store.write(_name(isbn, f"original.{picture.kind}"), original)
    for name, made in picture.sizes.items():
        await _store.write(_name(isbn, f"{name}.webp"), made.data)
    for kind in KINDS:
        if kind != picture.kind:
            await _store.delete(_name(isbn, f"original.{kind}"))


async def delete(isbn: str) -> None:
    """Every file of a cover. Raises: StorageAway."""
    for name in [*(f"{size}.webp" for size in SIZES), *(f"original.{kind}" for kind in KINDS)]:
        await _store.delete(_name(isbn, name))


def _name(isbn: str, file: str) -> str:
    return f"{isbn}/{file}"
