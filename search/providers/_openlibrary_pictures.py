"""Open Library's pictures, which its search and its other answers name alike. Source: openlibrary.org/dev/docs/api/covers."""

from dataclasses import replace

from search.dto import Edition
from search.identifiers import digits_id
from search.providers._shapes import list_of

NAME = "openlibrary"


def cover_urls(cover_id: object) -> tuple[str, str, str] | None:
    """Small, medium and large picture of a cover id; None for the ids that mean none (-1, 0)."""
    number = digits_id(cover_id)
    if number is None:
        return None
    small, medium, large = (f"https://covers.openlibrary.org/b/id/{number}-{size}.jpg?default=false" for size in "SML")
    return small, medium, large


def pictured(edition: Edition, cover_ids: object) -> Edition:
    """The edition with the first of these covers that is one, unless it has its own."""
    if edition.cover_url:
        return edition
    urls = next((found for cover_id in list_of(cover_ids) if (found := cover_urls(cover_id))), None)
    return replace(edition, cover_url=urls[2], cover_urls=urls) if urls else edition
