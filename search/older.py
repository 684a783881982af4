"""Answers in the shape that the oldest clients know: Google's list of volumes, filled in. Pure.

Source: spec 02, "Search" (older routes); Google Books API v1, the Volume resource.
"""

from collections.abc import Mapping
from typing import Any

Dto = Mapping[str, Any]
BOOKS, VOLUMES = "books#volume", "books#volumes"


def volumes(data: Dto) -> dict[str, Any]:
    """`{kind, totalItems, items}` of a search's `data`; unknown members of a volume are left out."""
    pairs = zip(data["works"], data["editions"], strict=True)
    return {"kind": VOLUMES, "totalItems": data["totalResults"], "items": [_volume(work, edition) for work, edition in pairs]}


def _volume(work: Dto, edition: Dto) -> dict[str, Any]:
    google_id = edition.get("googleBooksVolumeID") or work.get("googleBooksVolumeID")
    return {"kind": BOOKS, "id": google_id or work["id"], "volumeInfo": _info(work, edition)}


def _info(work: Dto, edition: Dto) -> dict[str, Any]:
    first_year = work.get("firstPublicationYear")
    info = {
        "title": edition.get("title") or work["title"],
        "subtitle": edition.get("subtitle") or work.get("subtitle"),
        "authors": [author["name"] for author in work["authors"]],
        "publisher": edition.get("publisher"),
        "publishedDate": edition.get("publicationDate") or (str(first_year) if first_year else None),
        "description": work.get("description"),
        "industryIdentifiers": [{"type": f"ISBN_{len(isbn)}", "identifier": isbn} for isbn in edition["isbns"]],
        "pageCount": edition.get("pageCount") or work.get("pageCount"),
        "printType": "BOOK",
        "categories": list(work["subjectTags"]),
        "language": edition.get("language") or work.get("originalLanguage"),
        "imageLinks": _pictures(work, edition),
    }
    return {name: value for name, value in info.items() if value not in (None, [], {})}


def _pictures(work: Dto, edition: Dto) -> dict[str, str]:
    """Addresses by Google's names for sizes; those clients load whole addresses only."""
    one = edition.get("coverImageURL") or work.get("coverImageURL")
    sizes = edition.get("coverUrls") or {"small": one, "medium": one}
    named = {"smallThumbnail": sizes.get("small"), "thumbnail": sizes.get("medium"), "large": sizes.get("large")}
    return {name: url for name, url in named.items() if isinstance(url, str) and url.startswith("https://")}
