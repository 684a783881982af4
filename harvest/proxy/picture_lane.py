"""Proxied pictures that are in memory, for the fast lane. Whatever is not answered here goes on to the view."""

from dataclasses import dataclass

from django.http import QueryDict
from pydantic import ValidationError

from bookstrack.lib.addresses import Address
from bookstrack.lib.byte_cache import ByteCache
from bookstrack.lib.errors import ApiError
from harvest.api_pictures import KEPT_S, PictureQuery
from harvest.proxy import image_proxy
from harvest.proxy.picture_reply import ReadyPicture

ROUTE = "/images/proxy"
TARGETS_BYTES = 2 * 2**20
MAX_TARGET_BYTES = 2_000  # longer ones are not worth remembering


@dataclass(frozen=True, slots=True)
class _Target:
    address: Address
    digest: str
    size: str


class PictureLane:
    """The proxied pictures of one process."""

    prefixes = (b"/images/proxy?",)
    bucket = "images"

    def __init__(self) -> None:
        self._targets: ByteCache[_Target] = ByteCache(TARGETS_BYTES)

    def find(self, target: bytes, coding: str) -> ReadyPicture | None:
        """The picture that memory has."""
        line = target.decode("latin-1")
        known = self._targets.get(line)
        if known is None:
            known = _planned(target)
            if known is None:
                return None
            if len(line) <= MAX_TARGET_BYTES:
                self._targets.put(line, known, 2 * len(line) + 500)
        found = image_proxy.in_memory(known.digest, known.size)
        return ReadyPicture(ROUTE, found, KEPT_S, lambda: image_proxy.served(known.digest, known.address)) if found is not None else None

    async def fetch(self, target: bytes, coding: str) -> ReadyPicture | None:
        """Nothing: what is not in memory is the view's."""
        return None


def _planned(target: bytes) -> _Target | None:
    """What a request line asks for; None where the view has to say why not."""
    given = QueryDict(target.partition(b"?")[2]).dict()
    if not given.keys() <= PictureQuery.model_fields.keys():
        return None
    try:
        query = PictureQuery.model_validate(given)
        return _Target(*image_proxy.place_of(query.url), query.size)
    except (ApiError, ValidationError):
        return None
