"""The image proxy through the whole application: its provider is a server on loopback that plays tricks, its files and rows are real."""

import asyncio
import hashlib
import io
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured
from PIL import Image

from bookstrack.lib import clock, redis
from bookstrack.lib.db import in_db
from bookstrack.lib.object_store import Missing, ObjectStore
from harvest import conf
from harvest.models import ProxiedPicture
from harvest.proxy import image_proxy, proxied_rows
from harvest.proxy.proxied_rows import expire_proxied, file_name, uses
from scanning.pictures import pictures
from tests.bookstrack.lib.tricks import Tricks, answer, led, playing

HTML = b"<!doctype html><html><script>alert(1)</script></html>"
_numbers = itertools.count(1)
store = ObjectStore("covers")


def picture(width: int = 900, height: int = 1200, kind: str = "JPEG", **save: Any) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, kind, **save)
    return out.getvalue()


def digest_of(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


@pytest.fixture
async def covers(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> AsyncIterator[Tricks]:
    """What answers for covers.openlibrary.org and books.google.com; a store and a memory with nothing in them."""
    image_proxy.memory.clear()
    kept_in(settings, tmp_path / "kept")
    async with playing() as found:
        monkeypatch.setenv("OPENLIBRARY_COVERS_BASE_URL", found.url + "/covers")
        monkeypatch.setenv("GOOGLE_BOOKS_COVERS_BASE_URL", found.url + "/google")
        yield found
    await uses.flush()
    await pictures.close()


def kept_in(settings: Any, folder: Path) -> None:
    options = {"location": folder, "allow_overwrite": True}
    settings.STORAGES = {**settings.STORAGES, "covers": {"BACKEND": "bookstrack.lib.local_files.LocalFiles", "OPTIONS": options}}


class Asked:
    """A URL of its own, and what is asked of the proxy for it."""

    def __init__(self, client: httpx.AsyncClient, covers: Tricks) -> None:
        self._client, self._covers = client, covers
        self.path = f"/b/id/{next(_numbers)}-L.jpg"
        self.url = f"https://covers.openlibrary.org{self.path}"

    def gives(self, *answers: bytes) -> None:
        self._covers.answers["/covers" + self.path] = list(answers)

    async def get(self, size: str = "small", **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._client.get("/images/proxy", params={"url": self.url, "size": size}, headers=sent)


@pytest.fixture
def asked(client: httpx.AsyncClient, covers: Tricks) -> Asked:
    return Asked(client, covers)


def shown(reply: httpx.Response) -> tuple[int, int]:
    assert reply.status_code == 200 and reply.headers["content-type"] == "image/webp", reply.text[:300]
    with Image.open(io.BytesIO(reply.content)) as image:
        assert image.format == "WEBP"
        return image.size


async def test_one_fetch_makes_every_size_and_it_is_kept(asked: Asked, covers: Tricks) -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    asked.gives(answer(200, picture(exif=exif) + HTML, "Content-Type: text/html"))
    replies = {size: await asked.get(size) for size in conf.SIZES}
    assert {size: shown(reply) for size, reply in replies.items()} == {"small": (128, 171), "medium": (256, 341), "large": (512, 683)}
    assert len(covers.asked) == 1
    for reply in replies.values():
        assert b"<script>" not in reply.content and b"secret place" not in reply.content
        assert reply.headers["cache-control"] == "public, max-age=2592000, immutable"
        assert reply.headers["x-content-type-options"] == "nosniff"
    image_proxy.memory.clear()
    assert (await asked.get("large")).content == replies["large"].content and len(covers.asked) == 1
    digest = digest_of(asked.url)
    assert await store.read(f"proxied/{digest[:2]}/{digest}/medium.webp") == replies["medium"].content
    row = await in_db(ProxiedPicture.objects.get, pk=digest)
    assert (row.url, row.host) == (asked.url, "covers.openlibrary.org")
    assert row.stored_bytes == sum(len(reply.content) for reply in replies.values()) and row.sizes["small"]["width"] == 128


async def test_a_client_that_has_it_is_told_so(asked: Asked) -> None:
    asked.gives(answer(200, picture(60, 90, "PNG")))
    first = await asked.get("large")
    assert shown(first) == (60, 90), "nothing is enlarged"
    tag = first.headers["etag"]
    assert tag.startswith('"')
    for given in (tag, f'"x", W/{tag}', "*"):
        reply = await asked.get("large", If_None_Match=given)
        assert (reply.status_code, reply.content, reply.headers["etag"]) == (304, b"", tag)
        assert "immutable" in reply.headers["cache-control"]
    assert (await asked.get("large", If_None_Match='"x"')).status_code == 200
    head = await asked._client.head("/images/proxy", params={"url": asked.url, "size": "large"})
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(first.content)))


async def test_the_query_is_part_of_a_pictures_identity_and_the_fragment_is_not(client: httpx.AsyncClient, covers: Tricks) -> None:
    covers.answers["/google/books/content"] = [answer(200, picture(100, 150)), answer(200, picture(100, 140))]
    unique = next(_numbers)
    urls = [
        f"https://books.google.com/books/content?id={unique}&img=1&zoom={zoom}{fragment}"
        for zoom, fragment in ((1, ""), (2, ""), (1, "#a"))
    ]
    replies = [await client.get("/images/proxy", params={"url": url}) for url in urls]
    assert [shown(reply) for reply in replies] == [(100, 150), (100, 140), (100, 150)]
    assert covers.paths == [f"/google/books/content?id={unique}&img=1&zoom={zoom}" for zoom in (1, 2)]


async def test_a_url_that_was_not_quoted_is_not_cut(client: httpx.AsyncClient, covers: Tricks) -> None:
    reply = await client.get("/images/proxy?url=https://books.google.com/books/content?id=1&zoom=1&size=small")
    assert reply.status_code == 400 and reply.json()["error"]["details"]["field"] == "zoom" and covers.asked == []


async def test_one_flight_for_all_who_ask_at_once(asked: Asked, covers: Tricks) -> None:
    async def late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(answer(200, picture()))

    covers.answers["/covers" + asked.path] = late
    replies = await asyncio.gather(*(asked.get(size) for size in ("small", "medium", "large") * 8))
    assert {reply.status_code for reply in replies} == {200} and len({reply.content for reply in replies}) == 3
    assert len(covers.asked) == 1


async def test_another_processs_flight_is_waited_for(asked: Asked, covers: Tricks) -> None:
    digest = digest_of(asked.url)
    await redis.client().set(f"flight:picture:{digest}", "another process", px=10_000)
    waiting = asyncio.create_task(asked.get())
    await asyncio.sleep(0.05)
    out = io.BytesIO()
    Image.new("RGB", (60, 90)).save(out, "WEBP")
    await store.write(file_name(digest, "small"), out.getvalue())
    await redis.client().set(f"outcome:picture:{digest}", b"kept")
    assert (await waiting).content == out.getvalue() and covers.asked == []


async def test_its_failure_is_shared_as_well(asked: Asked, covers: Tricks) -> None:
    digest = digest_of(asked.url)
    await redis.client().set(f"flight:picture:{digest}", "another process", px=10_000)
    waiting = asyncio.create_task(asked.get())
    await asyncio.sleep(0.05)
    await redis.client().set(f"outcome:picture:{digest}", b"absent")
    assert (await waiting).status_code == 404 and covers.asked == []


FAILURES: dict[str, tuple[bytes, int]] = {
    "absent": (answer(404, HTML), 404),
    "absent with a picture": (answer(410, picture()), 404),
    "broken": (answer(500, b"upstream-internal-detail"), 502),
    "forbidden": (answer(403, HTML), 502),
    "html": (answer(200, HTML, "Content-Type: image/jpeg"), 415),
    "svg": (answer(200, b"<svg xmlns='x'><script>alert(1)</script></svg>", "Content-Type: image/svg+xml"), 415),
    "html after a mark": (answer(200, b"GIF89a" + HTML, "Content-Type: image/gif"), 415),
    "cut off": (answer(200, picture()[:900]), 415),
    "mark only": (answer(200, b"\xff\xd8\xff\xe0" + b"\0" * 300), 415),
    "led away": (led("http://169.254.169.254/latest/meta-data/"), 502),
    "led to a file": (led("file:///etc/passwd"), 502),
}


async def test_failures_are_told_in_our_words_and_never_kept(client: httpx.AsyncClient, covers: Tricks) -> None:
    """One test for all: each would start a process for pictures."""
    for name, (said, status) in FAILURES.items():
        asked = Asked(client, covers)
        asked.gives(said)
        reply = await asked.get()
        assert reply.status_code == status, (name, reply.text[:300])
        assert reply.headers["content-type"] == "application/json" and reply.headers["cache-control"] == "no-store"
        assert "upstream" not in reply.text and "alert" not in reply.text and "169.254" not in reply.text
        asked.gives(answer(200, picture()))
        assert shown(await asked.get("small")) == (128, 171), f"{name}: it is not asked for again"


async def test_caps(asked: Asked, covers: Tricks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conf, "MAX_PICTURE_BYTES", 1_000)
    asked.gives(answer(200, b"\xff\xd8\xff" + b"\0" * 1_000))
    assert (await asked.get()).status_code == 502

    async def silent(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(conf, "FETCH_S", 0.1)
    covers.answers["/covers" + asked.path] = silent
    reply = await asked.get()
    assert reply.status_code == 504 and reply.json()["error"]["retryable"]


REFUSED = [
    ("", 400), ("url=", 400), ("url=x", 400), ("size=small", 400), ("url=https%3A%2F%2Fcovers.openlibrary.org%2Fa.jpg&size=huge", 400),
    ("url=https://evil.example/a.jpg", 403), ("url=http://covers.openlibrary.org/a.jpg", 403), ("url=file:///etc/passwd", 403),
    ("url=https://169.254.169.254/", 403),
    ("url=https://ia800.us.archive.org/a.jpg", 403), ("url=https://covers.openlibrary.org/%0d%0aX:1", 400),
    ("url=https://covers.openlibrary.org/%2e%2e/x", 400),
    ("url=https://covers.openlibrary.org:8443/a", 403), ("url=https://covers.openlibrary.org/" + "a" * 2000, 400),
]  # fmt: skip


async def test_what_is_refused_before_anybody_is_asked(client: httpx.AsyncClient, covers: Tricks) -> None:
    for query, status in REFUSED:
        reply = await client.get("/images/proxy?" + query)
        assert reply.status_code == status and reply.json()["error"]["statusCode"] == status, (query, reply.text)
    assert covers.asked == []


async def test_with_the_storage_away_it_is_served_all_the_same(asked: Asked, covers: Tricks, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    kept_in(settings, tmp_path / "file" / "covers")
    asked.gives(answer(200, picture()))
    assert shown(await asked.get()) == (128, 171)
    assert shown(await asked.get("large")) == (512, 683) and len(covers.asked) == 1, "memory has it still"
    image_proxy.memory.clear()
    assert shown(await asked.get()) == (128, 171) and len(covers.asked) == 2


async def test_beyond_its_share_of_the_store_it_is_served_and_not_kept(
    asked: Asked, covers: Tricks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICTURES_STORE_MB", "0")
    monkeypatch.setattr(proxied_rows, "_full", (0.0, False))
    asked.gives(answer(200, picture()))
    assert shown(await asked.get()) == (128, 171)
    image_proxy.memory.clear()
    assert shown(await asked.get()) == (128, 171) and len(covers.asked) == 2
    assert not await in_db(ProxiedPicture.objects.exists)
    monkeypatch.setattr(proxied_rows, "_full", (0.0, False))


async def test_a_file_that_is_not_whole_is_fetched_again(asked: Asked, covers: Tricks) -> None:
    asked.gives(answer(200, picture()))
    whole = (await asked.get()).content
    name = file_name(digest_of(asked.url), "small")
    await store.write(name, whole[:-100])
    image_proxy.memory.clear()
    assert (await asked.get()).content == whole and await store.read(name) == whole
    assert len(covers.asked) == 2


async def test_pictures_that_are_used_are_kept_and_others_expire(client: httpx.AsyncClient, covers: Tricks) -> None:
    old, used = Asked(client, covers), Asked(client, covers)
    for asked in (old, used):
        asked.gives(answer(200, picture(60, 90)))
        await asked.get()
    await uses.flush()
    await in_db(ProxiedPicture.objects.update, last_used_at=clock.now() - timedelta(days=91))
    uses._noted.clear()  # as on another day
    await used.get()
    await uses.flush()
    assert await expire_proxied(90, dry_run=True) == 1 == await in_db(ProxiedPicture.objects.filter(pk=digest_of(old.url)).count)
    assert await expire_proxied(90) == 1 and await expire_proxied(90) == 0
    assert await in_db(lambda: list(ProxiedPicture.objects.values_list("url", flat=True))) == [used.url]
    for size in conf.SIZES:
        assert await store.read(file_name(digest_of(used.url), size))
        with pytest.raises(Missing):
            await store.read(file_name(digest_of(old.url), size))


async def test_a_row_that_was_lost_comes_back_with_a_use(asked: Asked) -> None:
    asked.gives(answer(200, picture(60, 90)))
    await asked.get()
    await uses.flush()
    await in_db(ProxiedPicture.objects.all().delete)
    uses._noted.clear()
    await asked.get()
    await uses.flush()
    assert (await in_db(ProxiedPicture.objects.get)).url == asked.url


# ---- settings
def test_bases_are_those_that_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in conf.PICTURE_BASES.values():
        monkeypatch.delenv(name, raising=False)
    assert conf.picture_bases() == {}
    monkeypatch.setenv("OPENLIBRARY_COVERS_BASE_URL", "https://covers.openlibrary.org/")
    monkeypatch.setenv("GOOGLE_BOOKS_BASE_URL", "https://mirror.example/books/v1")
    assert conf.picture_bases() == {}, "itself, and one that says nothing about pictures"
    monkeypatch.setenv("ISBNDB_IMAGES_BASE_URL", "http://127.0.0.1:9/images/")
    monkeypatch.setenv("ARCHIVE_BASE_URL", "http://127.0.0.1:9/ia")
    monkeypatch.setenv("GOOGLE_BOOKS_COVERS_BASE_URL", "http://127.0.0.1:9/google")
    bases = {
        "images.isbndb.com": "http://127.0.0.1:9/images",
        "archive.org": "http://127.0.0.1:9/ia",
        "books.google.com": "http://127.0.0.1:9/google",
    }
    assert conf.picture_bases() == bases


@pytest.mark.parametrize("hosts", ["127.0.0.1", "a.example, localhost", "*.org", "https://a.example"])
def test_a_list_of_hosts_with_an_address_fails_at_the_start(hosts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_PROXY_HOSTS", hosts)
    with pytest.raises(ImproperlyConfigured, match="IMAGE_PROXY_HOSTS"):
        conf.check()


def test_hosts_of_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_PROXY_HOSTS", "Pictures.Example. , bücher.example")
    assert conf.image_hosts() == {"pictures.example", "xn--bcher-kva.example"}
