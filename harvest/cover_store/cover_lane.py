"""Covers that are in memory, for the fast lane: what is asked for most, and is the same bytes for everybody.

Whatever is not answered here goes on to the view, which answers all of it.
"""

import re

from harvest.api_covers import KEPT_S
from harvest.cover_store import cover_serving
from harvest.proxy.picture_reply import ReadyPicture

ROUTE = "/covers/{isbn}/{size}.webp"
_TARGET = re.compile(rb"/covers/(97[89][0-9]{10})/(small|medium|large)\.webp(?:\?(?:v=[0-9a-f]{1,64})?)?\Z")


class CoverLane:
    """The covers of one process."""

    prefixes = (b"/covers/",)
    bucket = "images"

    def find(self, target: bytes, coding: str) -> ReadyPicture | None:
        """The cover, where nobody need be asked about it."""
        named = _TARGET.match(target)
        found = cover_serving.served_at_once(named[1].decode(), named[2].decode()) if named else None
        return ReadyPicture(ROUTE, found, KEPT_S) if found is not None else None

    async def fetch(self, target: bytes, coding: str) -> ReadyPicture | None:
        """Nothing: what is not in memory is the view's."""
        return None
