"""Files of a local folder as an object store has them: written whole or not at all, and written again under the same name."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.utils._os import safe_makedirs  # type: ignore[attr-defined]


class LocalFiles(FileSystemStorage):
    """FileSystemStorage whose files appear at once, whole: whoever reads meanwhile gets the old one, and a crash leaves no half.

    Without `allow_overwrite` a name that is taken gets a further part, as Django gives it.
    """

    _allow_overwrite: bool

    @property
    def place(self) -> str:
        """What fails together: the folder."""
        return str(self.location)

    def trouble(self) -> str | None:
        """What keeps files from being written, for people; None when one could be."""
        try:
            self._make(Path(self.location))
            with self._draft(Path(self.location)) as (file, _):
                file.write(b"\0" * 4096)
        except OSError as error:
            return f"no file can be written: {os.strerror(error.errno or 0)}"
        return None

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name if self._allow_overwrite else super().get_available_name(name, max_length)

    def _save(self, name: str, content: File[Any]) -> str:
        path = Path(self.path(name))
        self._make(path.parent)
        with self._draft(path.parent) as (file, draft):
            for part in content.chunks():
                file.write(part)
            file.close()  # what cannot be written is known by now
            os.chmod(draft, self.file_permissions_mode or 0o644)
            if self._allow_overwrite:
                os.replace(draft, path)
                return name
            while True:
                try:
                    os.link(draft, path)  # of two at once the first has the name
                    return os.path.relpath(path, self.location)
                except FileExistsError:
                    path = Path(self.path(self.get_available_name(name)))

    def _make(self, folder: Path) -> None:
        safe_makedirs(folder, self.directory_permissions_mode or 0o777, exist_ok=True)

    @staticmethod
    @contextlib.contextmanager
    def _draft(folder: Path) -> Iterator[tuple[Any, str]]:
        """A file that is gone afterwards, unless it got another name, and that name."""
        handle, draft = tempfile.mkstemp(prefix=".draft-", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file, draft
        finally:
            Path(draft).unlink(missing_ok=True)
