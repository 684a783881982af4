"""What clients sent, kept until its job is purged: the one door to the storage of uploads.

Names are made here; a client's file name is never a path.
"""

import hashlib
import shutil
import tempfile
import uuid
from typing import BinaryIO, cast

from django.core.files import File
from django.core.files.storage import Storage, storages

IN_MEMORY_BYTES = 2**20  # a smaller file is held in memory while it is read


class Gone(Exception):
    """The file is not there any more."""


def keep(file: BinaryIO, kind: str, name: str | None = None) -> str:
    """Keep a file from its beginning; the name to open it by, which is another one where there is such a file already.

    Raises: OSError when it cannot be written (disk full).
    """
    file.seek(0)
    return _storage().save(f"{kind}/{name or uuid.uuid4().hex}", File(file))


def content(name: str) -> bytes:
    """All of a kept file. Raises: Gone, OSError."""
    with opened(name) as file:
        return file.read()


def opened(name: str) -> BinaryIO:
    """A copy of a kept file that can be read back and forth, wherever the storage is; close it.

    Raises: Gone, OSError
    """
    copy = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - the caller closes it
    try:
        with _storage().open(name) as kept:
            shutil.copyfileobj(kept, copy)
    except FileNotFoundError as error:
        copy.close()
        raise Gone(name) from error
    copy.seek(0)
    return cast(BinaryIO, copy)


def forget(name: str) -> None:
    """Delete a kept file; nothing happens where it is gone already. Raises: OSError."""
    _storage().delete(name)


def digest(file: BinaryIO) -> str:
    """SHA-256 of a file, in hexadecimal; it is left at its beginning."""
    file.seek(0)
    found = hashlib.sha256()
    while part := file.read(2**20):
        found.update(part)
    file.seek(0)
    return found.hexdigest()


def _storage() -> Storage:
    return storages["uploads"]
