"""Where a page stands in its whole. Pure."""

from typing import Any


def pagination(total: int, *, limit: int, offset: int) -> dict[str, Any]:
    """`{total, limit, offset, hasMore, nextOffset}`; the last is left out on the last page."""
    more = offset + limit < total
    return {"total": total, "limit": limit, "offset": offset, "hasMore": more} | ({"nextOffset": offset + limit} if more else {})
