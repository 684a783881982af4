"""A scan in the browser, for the tests of its page: photos that we draw, and a server that answers as the API does, told by the test."""

import io
import json
import re
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any
from urllib.parse import urlsplit

from PIL import Image, ImageDraw
from playwright.async_api import Page, Route, WebSocketRoute, expect

from tests.browser.conftest import OpenPage
from tests.scanning.photos import barcodes

TIMES = {"startTime": "2026-01-31T12:00:00.000Z", "lastUpdate": "2026-01-31T12:00:01.000Z"}
ABOUT = {"timestamp": "2026-01-31T12:00:02.000Z"}
TOKEN = "t" * 43
HOSTILE = "<img src=x onerror=alert(4711)>"
FORMULA = "=cmd|' /C calc'!A0"
SHELF = (  # of the first photo: title, author, ISBN, what became of it
    ("Dune", "Frank Herbert", "9780441172719", "found"),
    ("The Left Hand of Darkness", "Ursula K. Le Guin", "9780441478125", "found"),
    ("Kindred", "Octavia E. Butler", None, "maybe"),
    (HOSTILE, FORMULA, None, "maybe"),
    (None, None, None, "unreadable"),
)


def drawn(width: int = 900, height: int = 600, *, kind: str = "JPEG", spines: int = 5, **options: Any) -> bytes:
    """A shelf of plain spines."""
    picture = Image.new("RGB", (width, height), (58, 42, 30))
    pen = ImageDraw.Draw(picture)
    for place in range(spines):
        left, wide = 0.05 + place * 0.9 / spines, 0.8 * 0.9 / spines
        colour = (60 + 35 * (place % 5), 120 - 15 * (place % 5), 90 + 20 * (place % 4))
        pen.rectangle((left * width, 0.1 * height, (left + wide) * width, 0.9 * height), fill=colour)
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def with_barcodes(*isbns: str) -> bytes:
    """Backs of books beside one another."""
    ground = barcodes.paper(1200, 600)
    for place, isbn in enumerate(isbns):
        barcodes.laid(ground, barcodes.barcode(isbn), 300 + 600 * place, 300)
    out = io.BytesIO()
    Image.fromarray(ground).save(out, "JPEG", quality=90)
    return out.getvalue()


def file(content: bytes, name: str = "shelf.jpg", kind: str = "image/jpeg") -> dict[str, Any]:
    """As `set_input_files` takes it."""
    return {"name": name, "mimeType": kind, "buffer": content}


def box(x1: float, y1: float, x2: float, y2: float) -> dict[str, float]:
    return {"x": x1, "y": y1, "width": x2 - x1, "height": y2 - y1, "x1": x1, "y1": y1, "x2": x2, "y2": y2}


def candidate(title: str, author: str, score: float, **members: Any) -> dict[str, Any]:
    return {"title": title, "author": author, "score": score, "reasons": ["title agrees"], "work": {"title": title}} | members


def book(number: int, title: str | None, author: str | None, isbn: str | None, decision: str, photo: int = 0) -> dict[str, Any]:
    """One of the results, at the place of a drawn spine."""
    left = 0.05 + (number % 5) * 0.18
    found: dict[str, Any] = {
        "id": 10 * photo + number,
        "photo": photo,
        "title": title,
        "author": author,
        "isbn": isbn,
        "confidence": 1.0 if isbn else 0.8,
        "boundingBox": box(left, 0.1, left + 0.144, 0.9),
        "engine": "barcode" if isbn else "ocr",
        "decision": decision,
        "approved": decision == "found",
        "text": f"{author or ''} {title or 'xk qq'}".strip().upper(),
        "enrichmentStatus": "not_found" if decision == "unreadable" else "success",
        "candidates": [],
    }
    work = {"title": title, "authors": [{"name": author}], "firstPublicationYear": 1965}
    if decision == "found":
        match = {"score": 1.0 if isbn else 0.93, "by": "isbn" if isbn else "spine", "reasons": ["title agrees (1.00)"]}
        found["enrichment"] = {"status": "success", "work": work, "match": match}
    elif decision == "maybe":  # the likeliest comes first, and title and author are as they were read
        own = candidate(title or "", author or "", 0.62, work=work, reasons=["title agrees (0.62)"])
        found["candidates"] = [own, candidate("Kin", "Tayari Jones", 0.41, reasons=["title agrees in part"])]
        found |= {"title": (title or "").upper(), "author": (author or "").upper() or None}
    return found


@dataclass
class Scan:
    """What the stand-in answers; a test changes it before it happens."""

    photos: int = 1
    books: list[dict[str, Any]] = field(default_factory=lambda: [book(i, *row) for i, row in enumerate(SHELF)])
    job_id: str = "scan-of-a-test-0001"
    status: str = "running"
    error: dict[str, Any] | None = None
    failed_photos: dict[int, dict[str, Any]] = field(default_factory=dict)
    posted: list[bytes] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    sockets: list[WebSocketRoute] = field(default_factory=list)
    canceled: bool = False
    suggestions: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    async def install(self, page: Page) -> None:
        """From now on the page gets its answers from here."""
        await page.route("**/api/scan-bookshelf/batch", self._start)
        await page.route(re.compile(r"/v1/jobs/[^/]+$"), self._state)
        await page.route("**/v1/jobs/*/results?*", self._results)
        await page.route("**/v1/scan/photos/**", self._photo)
        await page.route_web_socket(re.compile("/ws/progress"), self._socket)

    async def tell(self, type_: str, payload: dict[str, Any]) -> None:
        """The next message of the channel."""
        message = {"type": type_, "seq": len(self.told) + 1, "timestamp": 1769860801000, "payload": payload}
        self.told.append(message)
        for socket in self.sockets:
            socket.send(json.dumps(message))

    async def progress(self, progress: float, status: str, *photos: dict[str, Any]) -> None:
        count = {"processedCount": 0, "totalCount": self.photos, "currentItem": ""}
        await self.tell("job_progress", {"progress": progress, "status": status, **count, "photos": list(photos)})

    async def finish(self, status: str = "completed") -> None:
        self.status = status
        summary = {"totalProcessed": self.photos, "successCount": self.photos, "failureCount": 0, "duration": 4100}
        payloads = {
            "completed": ("job_complete", {"summary": summary, "expiresAt": "2026-02-01T12:00:00.000Z"}),
            "failed": ("error", self.error or {}),
            "canceled": ("job_canceled", {"processedCount": 0}),
        }
        await self.tell(*payloads[status])
        for socket in self.sockets:
            await socket.close(code=1000)
        self.sockets.clear()

    async def _start(self, route: Route) -> None:
        self.posted.append(route.request.post_data_buffer or b"")
        data = {"jobId": self.job_id, "token": TOKEN, "websocketUrl": "", "totalPhotos": self.photos, "status": "processing"}
        await route.fulfill(status=202, json={"success": True, "data": data, "metadata": ABOUT})

    async def _state(self, route: Route) -> None:
        if route.request.method == "DELETE":
            self.canceled = True
            return await route.fulfill(json={"success": True, "data": {"jobId": self.job_id, "status": "canceled"}, "metadata": ABOUT})
        ended = self.status in ("completed", "failed", "canceled")
        data = {"jobId": self.job_id, "pipeline": "ai_scan", "status": self.status, "progress": 0.0, **TIMES}
        data |= {"processedCount": 0, "totalCount": self.photos, "currentItem": "", "lastSeq": len(self.told)}
        data |= {"endTime": TIMES["lastUpdate"]} if ended else {}
        data |= {"error": self.error} if self.error and ended else {}
        return await route.fulfill(json={"success": True, "data": data, "metadata": ABOUT})

    async def _results(self, route: Route) -> None:
        photos = [self._photo_of(index) for index in range(self.photos)]
        counts = {"totalDetected": len(self.books), "approved": 2, "needsReview": 2, "unreadable": 1}
        about = {"modelUsed": None, "engines": ["barcode", "ocr"], "processingTime": 4100, "imageSize": {"width": 900, "height": 600}}
        data = {"jobId": self.job_id, "status": self.status, **counts, "books": self.books, "photos": photos, "metadata": about}
        data |= {"suggestions": self.suggestions, "warnings": self.warnings, "pipeline": "ai_scan"}
        await route.fulfill(json={"success": True, "data": data, "metadata": ABOUT})

    def _photo_of(self, index: int) -> dict[str, Any]:
        count = sum(found["photo"] == index for found in self.books)
        size = {"width": 900, "height": 600}
        if index in self.failed_photos:
            return {"index": index, "status": "failed", "booksFound": 0, "error": self.failed_photos[index], **size}
        return {"index": index, "status": "done", "booksFound": count, **size}

    async def _photo(self, route: Route) -> None:
        if route.request.headers.get("authorization") != f"Bearer {TOKEN}" or self.status == "canceled":
            return await route.fulfill(status=404, json={})
        index = int(urlsplit(route.request.url).path.rpartition("/")[2])
        return await route.fulfill(body=drawn(spines=5 - index), content_type="image/jpeg")

    def _socket(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        last = int(re.search(r"lastSeq=(\d+)", socket.url)[1])  # type: ignore[index]
        for message in self.told[last:]:
            socket.send(json.dumps(message))


# -- what people do, and what they see
async def choose(page: Page, *files: dict[str, Any]) -> None:
    await page.set_input_files("#scan-files", list(files))
    await expect(page.locator("#scan-chosen .ghost")).to_have_count(0)


async def scanned(open_page: OpenPage, scan: Scan | None = None, **options: Any) -> tuple[Page, Scan]:
    """The results of a scan, as they are after a reload of the page."""
    scan = scan or Scan()
    scan.status = "completed"
    page = await open_page("/scan", **options)
    await scan.install(page)
    await page.evaluate("(kept) => sessionStorage.setItem('bookstrack-scan', kept)", json.dumps({"id": scan.job_id, "token": TOKEN}))
    await page.reload()
    await expect(page.locator("#scanned-words")).to_contain_text(re.compile(r"^(\d+|No) books?"))
    return page, scan


def boxes(page: Page) -> Any:
    return page.locator("#scanned-boxes .spine-box")


def row(page: Page, text: str) -> Any:
    return page.locator("#scanned-list .spine", has_text=text)


def card(page: Page) -> Any:
    return page.locator("#scanned-card")


async def counts(page: Page) -> dict[str, int]:
    texts = await page.locator("#scanned-groups label").all_inner_texts()
    return {name: int(count) for name, _, count in (text.strip().rpartition(" ") for text in texts)}


def sent(body: bytes) -> list[Any]:
    """The parts of a form that was posted."""
    boundary = body.split(b"\r\n", 1)[0][2:].decode()
    parts = message_from_bytes(f"Content-Type: multipart/form-data; boundary={boundary}\r\n\r\n".encode() + body).get_payload()
    return list(parts)
