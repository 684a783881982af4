"""Replies that are a picture of ours: WebP, for ever the same under its address."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from bookstrack.lib.etags import names_tag

TYPE = "image/webp"
_RIFF_BYTES = 8  # of a file's head, which its own length leaves out


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as it is served; `etag` is strong, of its bytes."""

    data: bytes
    etag: str


def shown(data: bytes) -> Shown:
    """A picture with its ETag."""
    return Shown(data, f'"{hashlib.sha256(data).hexdigest()[:32]}"')


def is_whole(data: bytes) -> bool:
    """Whether bytes begin as WebP and are as many as they say: what a disk or a store cut short is not served."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP" and int.from_bytes(data[4:8], "little") + _RIFF_BYTES == len(data)


@dataclass(frozen=True, slots=True)
class ReadyPicture:
    """A picture for the fast lane: fresh for `kept_s` seconds; `note` is called when it was sent."""

    route: str
    picture: Shown
    kept_s: int
    note: Callable[[], None] | None = None

    @property
    def etag(self) -> str:
        return self.picture.etag

    def lines(self, elapsed_ms: float) -> bytes:
        return b"content-type: image/webp\r\ncache-control: public, max-age=%d, immutable\r\netag: %b\r\nvary: Origin\r\n" % (
            self.kept_s, self.picture.etag.encode(),
        )  # fmt: skip

    def body(self, trace_id: str, elapsed_ms: float) -> bytes:
        return self.picture.data

    def sent(self) -> None:
        if self.note is not None:
            self.note()


def picture_reply(request: HttpRequest, picture: Shown, *, kept_s: int) -> HttpResponse:
    """The picture, or 304 to a client that has it."""
    headers = {"ETag": picture.etag, "Cache-Control": f"public, max-age={kept_s}, immutable", "X-Content-Type-Options": "nosniff"}
    if names_tag(request.headers.get("If-None-Match"), picture.etag):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(picture.data, content_type=TYPE, headers=headers)
