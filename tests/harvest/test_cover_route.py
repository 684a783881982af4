"""GET /covers/{isbn}/{size}.webp as clients see it."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.files.storage import storages

from harvest.cover_store import cover_serving, covers
from search import services
from tests.functional.conftest import outside
from tests.functional.outside import ISBN, TITLE, Outside
from tests.harvest.covering import BOXES, ISBN10, OTHER, Failing, cover, folder, opened
from tests.scanning.photos.test_cover_making import HOSTILE

__all__ = ["folder", "outside"]
URL = "https://covers.openlibrary.org/b/id/1-L.jpg"
pytestmark = pytest.mark.usefixtures("folder")


async def _keep(body: bytes, source: str = "openlibrary") -> None:
    assert (await covers.consider(ISBN, source, URL, body)).outcome == "kept"


async def test_a_cover_is_served_for_a_year_under_a_strong_tag(client: httpx.AsyncClient) -> None:
    await _keep(cover())
    for size, box in BOXES.items():
        reply = await client.get(f"/covers/{ISBN}/{size}.webp")
        assert (reply.status_code, reply.headers["content-type"]) == (200, "image/webp") and opened(reply.content).size == box
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert reply.headers["x-content-type-options"] == "nosniff" and reply.headers["etag"].startswith('"')
        for tag in (reply.headers["etag"], f'"other", W/{reply.headers["etag"]}', "*"):
            again = await client.get(f"/covers/{ISBN}/{size}.webp", headers={"If-None-Match": tag})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", reply.headers["etag"])
        other = await client.get(f"/covers/{ISBN}/{size}.webp", headers={"If-None-Match": '"other"'})
        assert other.content == reply.content


async def test_any_spelling_is_the_same_cover(client: httpx.AsyncClient) -> None:
    await _keep(cover())
    plain = await client.get(f"/covers/{ISBN}/small.webp")
    for spelling in (ISBN10, "0-306-40615-2", "978-0-306-40615-7", "978 0306406157", "978\u20100306406157"):
        spelled = await client.get(f"/covers/{spelling}/small.webp")
        assert spelled.status_code == 200 and (spelled.content, spelled.headers["etag"]) == (plain.content, plain.headers["etag"])


async def test_a_book_without_a_cover_is_not_found(client: httpx.AsyncClient) -> None:
    reply = await client.get(f"/covers/{OTHER}/small.webp")
    assert reply.status_code == 404 and reply.json()["error"]["code"] == "NOT_FOUND"
    assert reply.headers["cache-control"] == "no-cache"


async def test_odd_addresses(client: httpx.AsyncClient) -> None:
    await _keep(cover())
    for path in (
        "123/small.webp", "9780306406158/small.webp", "9790001016841/small.webp", f"{ISBN}/huge.webp", f"{ISBN}/small.png", f"{ISBN}/.webp",
        f"{ISBN}/small.webp.webp", "..%2f..%2fetc/small.webp", f"{ISBN}/..%2f..%2fsmall.webp", "%00/small.webp", "%ff/small.webp",
        "x" * 5_000 + "/small.webp", f"{ISBN}/small.webp?placeholder=maybe", f"{ISBN}/small.webp?v={'x' * 100}", f"{ISBN}/original.jpeg",
        "drawn/small.webp",
    ):  # fmt: skip
        assert (await client.get(f"/covers/{path}")).status_code in (400, 404), path


async def test_a_placeholder_bears_the_title_and_gives_way_to_a_cover(client: httpx.AsyncClient, outside: Outside) -> None:
    bare = await client.get(f"/covers/{ISBN}/medium.webp?placeholder=1")
    assert (bare.status_code, opened(bare.content).size) == (200, (256, 384)) and not outside.calls, "nobody outside is asked"
    assert bare.headers["cache-control"] == "public, max-age=300" and bare.headers["x-content-type-options"] == "nosniff"
    await client.get(f"/v1/search/isbn?isbn={ISBN}")
    assert (await services.title_and_author(ISBN))[0] == TITLE
    calls = outside.calls.total()
    named = await client.get(f"/covers/{ISBN10}/medium.webp?placeholder=1")
    assert named.content != bare.content and named.headers["etag"] != bare.headers["etag"] and outside.calls.total() == calls
    again = await client.get(f"/covers/{ISBN}/medium.webp?placeholder=1", headers={"If-None-Match": named.headers["etag"]})
    assert again.status_code == 304 and "immutable" not in again.headers["cache-control"]
    await _keep(cover())
    kept = await client.get(f"/covers/{ISBN}/medium.webp?placeholder=1")
    assert kept.content == (await client.get(f"/covers/{ISBN}/medium.webp")).content and "immutable" in kept.headers["cache-control"]


async def test_the_catalogue_names_a_placeholder(client: httpx.AsyncClient, sample_catalogue: int) -> None:
    data = (await client.get("/v1/search/title?q=Frankenstein")).json()["data"]
    isbn = next(edition["isbn"] for edition in data["editions"] if edition.get("isbn"))
    title, author = await services.title_and_author(isbn)
    assert title and author
    assert (await client.get(f"/covers/{isbn}/small.webp?placeholder=1")).status_code == 200


async def test_a_replaced_cover_is_seen_by_clients(client: httpx.AsyncClient) -> None:
    await _keep(cover((300, 450), seed=1))
    old = await client.get(f"/covers/{ISBN}/large.webp")
    await _keep(cover((800, 1200), seed=2), "isbndb")
    new = await client.get(f"/covers/{ISBN}/large.webp", headers={"If-None-Match": old.headers["etag"]})
    assert new.status_code == 200 and opened(new.content).size == (512, 768)


async def test_no_hostile_picture_is_ever_served(client: httpx.AsyncClient) -> None:
    for name, body in HOSTILE.items():
        considered = await covers.consider(ISBN, "openlibrary", URL, body)
        assert considered.outcome == "refused", name
    assert (await client.get(f"/covers/{ISBN}/small.webp")).status_code == 404


async def test_a_broken_file_is_not_found_and_a_storage_away_says_so(
    client: httpx.AsyncClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away(Failing):
        def _open(self, name: str, mode: str = "rb") -> Any:
            raise TimeoutError("secret of ours")

    await _keep(cover())
    file = folder / ISBN / "small.webp"
    file.write_bytes(file.read_bytes()[:100])
    assert (await client.get(f"/covers/{ISBN}/small.webp")).status_code == 404
    assert (await client.get(f"/covers/{ISBN}/small.webp?placeholder=1")).status_code == 200
    monkeypatch.setitem(storages._storages, "covers", Away(location=storages["covers"].location))
    reply = await client.get(f"/covers/{ISBN}/large.webp")
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE") and "secret" not in reply.text


async def test_the_memory_of_covers_is_bounded(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cover_serving._shown, "max_bytes", 20_000)
    await _keep(cover())
    for size in ("large", "medium", "small") * 3:
        assert (await client.get(f"/covers/{ISBN}/{size}.webp")).status_code == 200
        assert cover_serving._shown.used_bytes <= 20_000


async def test_what_is_in_memory_is_answered_the_same_without_the_view(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await _keep(cover())
    path = f"/covers/{ISBN}/small.webp"
    by_view = await client.get(path)
    unchanged = await client.get(path, headers={"If-None-Match": "*"})
    monkeypatch.setattr("harvest.api_covers.picture_reply", None)  # whoever comes to the view fails
    cover_serving._shown.get(f"{ISBN}/small").trusted_until_s = float("inf")  # type: ignore[union-attr]
    at_once = await client.get(f"{path}?v=9f2c4a51d0b7e863")
    assert at_once.status_code == 200 and at_once.content == by_view.content
    same = ("etag", "content-type", "cache-control", "x-content-type-options", "content-length", "vary", "content-security-policy")
    assert [at_once.headers[name] for name in same] == [by_view.headers[name] for name in same]
    head = await client.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", by_view.headers["content-length"])
    for tag in (by_view.headers["etag"], f'W/{by_view.headers["etag"]}, "x"', "*"):
        had = await client.get(path, headers={"If-None-Match": tag})
        assert (had.status_code, had.content) == (304, b"") and had.headers["cache-control"] == unchanged.headers["cache-control"]
    assert (await client.post(path)).status_code == 405
    assert (await client.get(f"{path}?placeholder=maybe")).status_code == 400
