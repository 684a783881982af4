"""The sources of covers, stood in for at the transport: what each says of which book, the pictures they give, how often each was asked."""

import asyncio
import io
import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import httpx
from PIL import Image, ImageDraw

PICTURES = "http://pictures.test"
SETTINGS = {
    "SEARCH_PROVIDERS": "openlibrary,google-books,isbndb",
    "GOOGLE_BOOKS_API_KEY": "key-of-google",
    "ISBNDB_API_KEY": "key-of-isbndb",
    "OPENLIBRARY_RATE": "1000",
    "GOOGLE_BOOKS_RATE": "1000",
    "ISBNDB_RATE": "1000",
    "COVERS_RATE": "1000",
    "OPENLIBRARY_COVERS_BASE_URL": f"{PICTURES}/openlibrary",
    "ISBNDB_IMAGES_BASE_URL": f"{PICTURES}/isbndb",
    "ARCHIVE_BASE_URL": f"{PICTURES}/archive",
    "GOOGLE_BOOKS_BASE_URL": "http://google.test/books/v1",
    "GOOGLE_BOOKS_COVERS_BASE_URL": "http://google.test",
}
GOOD, POOR = (512, 768), (150, 225)
PATHS = {
    "isbndb": "/isbndb/covers/{isbn}.jpg",
    "openlibrary": "/openlibrary/b/id/{number}-L.jpg",
    "archive": "/archive/services/img/scan{number}",
}


def isbn13(number: int) -> str:
    body = f"978{number:09d}"
    return body + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)


def number_of(isbn: str) -> int:
    return int(isbn[3:12])


@cache
def picture(seed: object, size: tuple[int, int] = GOOD) -> bytes:
    """A cover that looks like no other."""
    lot = random.Random(repr(seed))
    small = Image.new("RGB", (24, 36), tuple(lot.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(small)
    for _ in range(14):
        x, y = lot.randrange(20), lot.randrange(30)
        draw.rectangle((x, y, x + lot.randrange(2, 12), y + lot.randrange(2, 12)), fill=tuple(lot.randrange(256) for _ in range(3)))
    out = io.BytesIO()
    small.resize(size).save(out, "JPEG", quality=80)
    return out.getvalue()


@dataclass
class Catalogues:
    """Who has which size of picture: `pictures[source][isbn]`, None where the source knows the book and the picture is gone (404)."""

    pictures: dict[str, dict[str, tuple[int, int] | None]] = field(default_factory=lambda: {name: {} for name in (*PATHS, "google-books")})
    failing: dict[str, Any] = field(default_factory=dict)  # by source, "pictures of …" of its pictures: a status, or bytes with 200
    together: list[set[str]] = field(default_factory=list)  # ISBNs that Open Library has as editions of one work
    calls: Counter[str] = field(default_factory=Counter)  # to catalogues
    fetched: Counter[str] = field(default_factory=Counter)  # pictures, by path
    asked: list[tuple[str, int]] = field(default_factory=list)  # source, how many ISBNs at once
    delay_s: float = 0.0  # of pictures

    def have(self, source: str, *isbns: str, size: tuple[int, int] | None = GOOD) -> None:
        self.pictures[source] |= dict.fromkeys(isbns, size)

    @property
    def fetches(self) -> Counter[str]:
        """Pictures by source."""
        found: Counter[str] = Counter()
        for path, count in self.fetched.items():
            found["google-books" if path.startswith("/books/") else path.split("/")[1]] += count
        return found

    def forget(self) -> None:
        """Begin counting anew."""
        self.calls.clear()
        self.fetched.clear()
        self.asked.clear()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        path, query = request.url.path, {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        if request.url.host == "pictures.test" or path == "/books/content":
            return await self._picture(path, query)
        source = {"api2.isbndb.com": "isbndb", "openlibrary.org": "openlibrary", "google.test": "google-books"}[request.url.host]
        text = request.content.decode() if request.method == "POST" else query["q"]
        isbns = re.findall(r"97[89]\d{10}", text)
        self.calls[source] += 1
        self.asked.append((source, len(isbns)))
        if source in self.failing:
            return _as_told(self.failing[source])
        return httpx.Response(200, json=getattr(self, "_" + source.replace("-", "_"))(isbns))

    async def _picture(self, path: str, query: dict[str, str]) -> httpx.Response:
        named = path if path != "/books/content" else f"{path}/{query['id']}/{query['zoom']}"
        self.fetched[named] += 1
        await asyncio.sleep(self.delay_s)
        source = "google-books" if path == "/books/content" else path.split("/")[1]
        if f"pictures of {source}" in self.failing:
            return _as_told(self.failing[f"pictures of {source}"])
        known = {_name_of(source, isbn): (isbn, size) for isbn, size in self.pictures[source].items()}
        isbn, size = known.get(query.get("id", path), ("", None))
        if by_isbn := re.search(r"/b/isbn/(\d+)-L", path):
            isbn, size = by_isbn[1], self.pictures[source].get(by_isbn[1])
        if size is None:
            return httpx.Response(404, text="Not Found")
        if source == "google-books" and query["zoom"] == "3":  # a size that is not there
            return httpx.Response(200, content=picture("blank", (1, 1)))
        return httpx.Response(200, content=picture((source, isbn), size), headers={"Content-Type": "image/jpeg"})

    # -- catalogues
    def _isbndb(self, isbns: list[str]) -> Any:
        known = [isbn for isbn in isbns if isbn in self.pictures["isbndb"]]
        return {"data": [{"title": "A Book", "isbn13": isbn, "image": f"https://images.isbndb.com/covers/{isbn}.jpg"} for isbn in known]}

    def _openlibrary(self, isbns: list[str]) -> Any:
        docs = []
        for isbn in isbns:
            number, siblings = number_of(isbn), next((group for group in self.together if isbn in group), {isbn})
            if isbn != next((one for one in isbns if one in siblings), isbn):
                continue  # of a work one entry is shown, with one edition
            if not any(one in self.pictures[name] for one in siblings for name in ("openlibrary", "archive")):
                continue
            edition: dict[str, Any] = {"key": f"/books/OL{number}M", "title": "A Book", "isbn": [isbn]}
            edition |= {"cover_i": number} if isbn in self.pictures["openlibrary"] else {}
            edition |= {"ia": [f"scan{number}"]} if isbn in self.pictures["archive"] else {}
            doc = {"key": f"/works/OL{number}W", "title": "A Book", "isbn": sorted(siblings), "cover_i": 424242, "edition_count": 9}
            docs.append(doc | {"editions": {"numFound": 1, "docs": [edition]}})
        return {"numFound": len(docs), "docs": docs}

    def _google_books(self, isbns: list[str]) -> Any:
        items = []
        for isbn in isbns:
            if isbn in self.pictures["google-books"]:
                links = {"thumbnail": f"http://books.google.com/books/content?id=vol{isbn}&img=1&zoom=1&edge=curl"}
                info = {"title": "A Book", "industryIdentifiers": [{"type": "ISBN_13", "identifier": isbn}], "imageLinks": links}
                items.append({"id": f"vol{isbn}", "volumeInfo": info})
        return {"kind": "books#volumes", "totalItems": len(items), **({"items": items} if items else {})}


def _name_of(source: str, isbn: str) -> str:
    return f"vol{isbn}" if source == "google-books" else PATHS[source].format(isbn=isbn, number=number_of(isbn))


def _as_told(told: Any) -> httpx.Response:
    if isinstance(told, tuple):
        status, headers = told
        return httpx.Response(status, content=json.dumps({"error": {"message": "internal"}}), headers=headers)
    return httpx.Response(200, content=told) if isinstance(told, bytes) else httpx.Response(told, content=b"{}")
