"""Files of a bucket on S3, or of a server that speaks it: whole or not at all, asked in bounded time.

What goes wrong is an OSError, as with local files; FileNotFoundError only where the server says that there is no such object, never for
a bucket that is missing. Loaded only where STORAGE_URL asks for it: boto takes 0.3 s and 30 MB.
"""

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage
from storages.utils import ReadBytesWrapper, clean_name

CONNECT_S, READ_S = 2.0, 10.0
ATTEMPTS = 2
CONNECTIONS = 16
IN_MEMORY_BYTES = 2**20  # a larger object lies in a temporary file while it is read
_lock = threading.Lock()
_clients: dict[tuple[Any, ...], Any] = {}


class S3Files(S3Storage):  # type: ignore[misc]
    """django-storages' S3Storage with one client for all threads, one request for each reading or writing, and errors of one kind."""

    @property
    def place(self) -> str:
        """What fails together: the bucket."""
        return f"{self.endpoint_url or 's3'}/{self.bucket_name}"

    def trouble(self) -> str | None:
        """What keeps the bucket from being used, for people; None when it answers."""
        try:
            with _told():
                self._client().head_bucket(Bucket=self.bucket_name)
        except FileNotFoundError:
            return "the bucket is not there"
        except PermissionError:
            return "the bucket refuses our key"
        except OSError:
            return "the object storage does not answer"
        return None

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError("objects are written whole, by save()")
        copy = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - whoever opened it closes it
        try:
            with _told():
                shutil.copyfileobj(self._client().get_object(Bucket=self.bucket_name, Key=self._key(name))["Body"], copy)
        except BaseException:
            copy.close()
            raise
        copy.seek(0)
        return File(copy, name)

    def _save(self, name: str, content: File[Any]) -> str:
        content.seek(0)
        parameters = self._get_write_parameters(name, content)
        parameters.pop("ContentEncoding", None)  # a .zst is given back as it is
        body = ReadBytesWrapper(content)  # a File without a name is false, which boto takes for empty
        with _told():
            self._client().put_object(Bucket=self.bucket_name, Key=self._key(name), Body=body, **parameters)
        return str(clean_name(name))

    def delete(self, name: str) -> None:
        with _told():
            self._client().delete_object(Bucket=self.bucket_name, Key=self._key(name))

    def exists(self, name: str) -> bool:
        try:
            with _told():
                self._client().head_object(Bucket=self.bucket_name, Key=self._key(name))
        except FileNotFoundError:
            return False
        return True

    def _key(self, name: str) -> str:
        return str(self._normalize_name(clean_name(name)))

    def _client(self) -> Any:
        """The client of this process for this account; threads may share one."""
        account = (self.endpoint_url, self.region_name, self.access_key, self.secret_key)
        with _lock:
            if account not in _clients:
                _clients[account] = self._create_session().client(
                    "s3", region_name=self.region_name, endpoint_url=self.endpoint_url, config=_config(path=bool(self.endpoint_url))
                )
            return _clients[account]


def _config(*, path: bool) -> Config:
    return Config(
        signature_version="s3v4",
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        max_pool_connections=CONNECTIONS,
        s3={"addressing_style": "path" if path else "auto"},  # other servers seldom have a host name for each bucket
        request_checksum_calculation="when_required",  # many do not know boto's newer checksums
        response_checksum_validation="when_required",
    )


@contextmanager
def _told() -> Iterator[None]:
    """Raises: FileNotFoundError, PermissionError, OSError; with S3's code, and nothing of the request."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in {"NoSuchKey", "404"}:
            raise FileNotFoundError(f"S3: {code}") from None
        if code in {"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch"}:
            raise PermissionError(f"S3: {code}") from None
        raise OSError(f"S3: {code}") from None
    except BotoCoreError as error:  # no connection, no answer in time, no credentials
        raise OSError(f"S3: {type(error).__name__}") from None


def _forget() -> None:
    """A forked child must not share its parent's connections."""
    global _lock
    _lock = threading.Lock()
    _clients.clear()


os.register_at_fork(after_in_child=_forget)
