"""Objects on local files and on a server that speaks S3: the same words for the same things."""

import asyncio
import errno
import io
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile

from bookstrack.lib import object_store
from bookstrack.lib.local_files import LocalFiles
from bookstrack.lib.object_store import Missing, ObjectStore, StorageAway
from scanning import uploads
from tests import s3

NAME = "cold-cache/2026/10/00ff.json.zst"


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> ObjectStore:
    if request.param == "s3":
        request.getfixturevalue("s3_bucket")
    else:
        settings.STORAGES = in_folder(settings.STORAGES, tmp_path)
    return ObjectStore("archive")


def in_folder(kept: dict[str, Any], folder: Path) -> dict[str, Any]:
    def moved(alias: str) -> dict[str, Any]:
        return {**kept[alias], "OPTIONS": {**kept[alias]["OPTIONS"], "location": folder / alias}}

    return {**kept, **{alias: moved(alias) for alias in s3.ALIASES}}


async def test_what_is_written_is_read_overwritten_and_deleted(store: ObjectStore) -> None:
    await store.write(NAME, b"\x00one\xff")
    assert await store.read(NAME) == b"\x00one\xff"
    await store.write(NAME, b"")
    assert await store.read(NAME) == b""
    big = os.urandom(3 * 2**20)
    await store.write(NAME, big)
    assert await store.read(NAME) == big
    await store.delete(NAME)
    await store.delete(NAME)
    with pytest.raises(Missing):
        await store.read(NAME)
    assert await store.trouble() is None
    assert await object_store.trouble() is None


async def test_many_at_once(store: ObjectStore) -> None:
    await asyncio.gather(*(store.write(f"many/{n}", b"%d" % n) for n in range(60)))
    read = await asyncio.gather(*(store.read(f"many/{n}") for n in range(60)))
    assert read == [b"%d" % n for n in range(60)]


@pytest.mark.parametrize("name", ["../out", "a/../../out", "/etc/out", "..", ""])
async def test_a_name_never_leaves_the_folder(store: ObjectStore, tmp_path: Path, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises((StorageAway, Missing)):
        await store.write(name, b"x")
    with pytest.raises((StorageAway, Missing)):
        await store.read(name)
    assert [path for path in sorted(tmp_path.rglob("*")) if path.is_file() and path not in before] == []


async def test_the_storages_share_a_bucket_and_no_names(s3_bucket: str, s3_address: str) -> None:
    for alias in s3.ALIASES:
        await ObjectStore(alias).write("same", alias.encode())
    assert s3.names(s3_address, s3_bucket) == ["shelf/archive/same", "shelf/covers/same", "shelf/uploads/same"]
    assert [await ObjectStore(alias).read("same") for alias in s3.ALIASES] == [alias.encode() for alias in s3.ALIASES]


async def test_a_missing_bucket_is_no_missing_object(s3_address: str, settings: Any) -> None:
    settings.STORAGES = s3.storages(settings.STORAGES, s3.url_of(s3_address, "no-such-bucket"))
    store = ObjectStore("archive")
    for asked in (store.read(NAME), store.write(NAME, b"x"), store.delete(NAME)):
        with pytest.raises(StorageAway):
            await asked
    assert await object_store.trouble() == "the bucket is not there"


async def test_a_server_that_is_gone(settings: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    settings.STORAGES = s3.storages(settings.STORAGES, s3.url_of(address, "books"))
    with pytest.raises(StorageAway):
        await ObjectStore("archive").read(NAME)
    with pytest.raises(OSError, match="S3: EndpointConnectionError") as told:
        uploads.content("scan/x")
    assert s3.SECRET not in str(told.value)
    assert await object_store.trouble() == "the object storage does not answer"


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


async def test_a_server_that_is_silent_is_waited_for_no_longer_than_said(
    silent: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bookstrack.lib import s3_files

    assert (s3_files.CONNECT_S, s3_files.READ_S, s3_files.ATTEMPTS) == (2.0, 10.0, 2)
    monkeypatch.setattr(s3_files, "READ_S", 0.1)
    monkeypatch.setattr(s3_files, "ATTEMPTS", 1)
    settings.STORAGES = s3.storages(settings.STORAGES, s3.url_of(silent, "books"))
    with pytest.raises(StorageAway):
        await ObjectStore("archive").read(NAME)


async def test_a_storage_that_hangs_holds_one_thread(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    settings.STORAGES = in_folder(settings.STORAGES, tmp_path)
    asked, go_on = [], threading.Event()

    def hang(_: Any) -> str:
        asked.append(1)
        go_on.wait(10)
        return "it hung"

    monkeypatch.setattr(LocalFiles, "trouble", hang)
    looks = [asyncio.create_task(ObjectStore("covers").trouble()) for _ in range(20)]
    await asyncio.sleep(0.05)
    looks[0].cancel()
    go_on.set()
    assert set(await asyncio.gather(*looks[1:])) == {"it hung"}
    assert len(asked) == 1


def test_uploads_never_take_each_others_name(s3_bucket: str) -> None:
    first, second = (uploads.keep(ContentFile(data), "imports", "list.csv") for data in (b"one", b"two"))
    assert first == "imports/list.csv" != second
    assert (uploads.content(first), uploads.content(second)) == (b"one", b"two")
    assert uploads.content(uploads.keep(io.BytesIO(b"without a name"), "imports")) == b"without a name"
    uploads.forget(first)
    with pytest.raises(uploads.Gone):
        uploads.content(first)


# -- local files
@pytest.fixture
def files(tmp_path: Path) -> LocalFiles:
    modes = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
    return LocalFiles(location=tmp_path / "kept", allow_overwrite=True, **modes)


def left(files: LocalFiles) -> list[str]:
    return sorted(path.name for path in Path(files.location).rglob("*") if path.is_file())


def test_files_are_for_their_owner_only(files: LocalFiles) -> None:
    files.save("a/b/c", ContentFile(b"x"))
    modes = [oct(path.stat().st_mode & 0o777) for path in sorted(Path(files.location).rglob("*"))]
    assert modes == ["0o700", "0o700", "0o600"]


def test_a_full_disk_leaves_the_old_file_and_no_half(files: LocalFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    files.save("a", ContentFile(b"old"))

    class Half(ContentFile[bytes]):
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield b"ha"
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        files.save("a", Half(b"half"))
    assert left(files) == ["a"] and files.open("a").read() == b"old"


def test_a_disk_that_is_full_is_told(files: LocalFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    assert files.trouble() is None

    class Full:
        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def write(self, data: bytes) -> int:
            return len(data)

    def fdopen(handle: int, mode: str) -> Full:
        os.close(handle)
        return Full()

    monkeypatch.setattr("bookstrack.lib.local_files.os.fdopen", fdopen)
    assert files.trouble() == "no file can be written: No space left on device"
    with pytest.raises(OSError, match="No space"):
        files.save("b", ContentFile(b"x"))
    assert left(files) == []


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file")
    assert LocalFiles(location=tmp_path / "kept").trouble() is not None


def test_whoever_reads_has_the_whole_old_file(files: LocalFiles) -> None:
    files.save("a", ContentFile(b"old" * 1000))
    reading = files.open("a")
    files.save("a", ContentFile(b"new"))
    assert reading.read() == b"old" * 1000 and files.open("a").read() == b"new"


def test_of_two_that_want_one_name_each_has_its_own(tmp_path: Path) -> None:
    files = LocalFiles(location=tmp_path)
    together = threading.Barrier(8)
    names: list[str] = []

    def save(number: int) -> None:
        together.wait()
        names.append(files.save("x/list.csv", ContentFile(b"%d" % number)))

    threads = [threading.Thread(target=save, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 8
    assert sorted(files.open(name).read() for name in names) == [b"%d" % number for number in range(8)]
