"""Examples of the OpenAPI document: the shape of a real answer."""

from typing import Any

_AUTHOR: dict[str, Any] = {"name": "Frank Herbert", "gender": "Unknown", "id": "OL79034A", "openLibraryID": "OL79034A"}

SEARCH_EXAMPLE: dict[str, Any] = {
    "success": True,
    "data": {
        "works": [
            {
                "id": "OL893415W", "title": "Dune", "authors": [_AUTHOR], "subjectTags": ["Science Fiction"],
                "genres": ["Science Fiction"], "goodreadsWorkIDs": [], "amazonASINs": [], "librarythingIDs": [],
                "googleBooksVolumeIDs": [], "isbndbQuality": 95, "reviewStatus": "verified", "synthetic": False,
                "primaryProvider": "openlibrary", "providers": ["openlibrary", "isbndb"], "contributors": [],
                "isbn": ["9780441172719"], "firstPublicationYear": 1965, "openLibraryWorkID": "OL893415W", "quality": 95,
                "coverImageURL": "https://covers.openlibrary.org/b/id/11481354-L.jpg?default=false",
                "cover": "https://covers.openlibrary.org/b/id/11481354-L.jpg?default=false",
                "match": {"level": "exact_edition", "score": 1.0, "reasons": ["ISBN agrees"]},
                "sources": {"title": "openlibrary", "publisher": "isbndb"},
            }
        ],
        "editions": [
            {
                "isbn": "9780441172719", "isbns": ["9780441172719", "0441172717"], "format": "Mass Market",
                "title": "Dune", "publisher": "Ace Books", "publicationDate": "1990-09-01", "publicationYear": 1990,
                "pageCount": 535, "language": "en", "contributors": [], "amazonASINs": [], "googleBooksVolumeIDs": [],
                "librarythingIDs": [], "isbndbQuality": 95, "quality": 95,
            }
        ],
        "authors": [_AUTHOR],
        "resultCount": 1,
        "totalResults": 1,
        "expiresAt": "2027-01-31T12:00:00.000Z",
    },
    "metadata": {
        "timestamp": "2026-01-31T12:00:00.000Z", "processingTime": 141.2, "provider": "openlibrary+isbndb",
        "source": "openlibrary+isbndb", "cached": False, "cacheSource": None,
        "providers": {"catalogue": "empty", "openlibrary": "ok", "google-books": "off", "isbndb": "ok"},
        "traceId": "0f8b2c4e6a1d3957c0e2",
    },
}  # fmt: skip

AUTHOR_EXAMPLE: dict[str, Any] = SEARCH_EXAMPLE | {
    "data": SEARCH_EXAMPLE["data"]
    | {
        "totalResults": 214,
        "pagination": {"total": 214, "limit": 1, "offset": 0, "hasMore": True, "nextOffset": 1},
    }
}

_DATA: dict[str, Any] = SEARCH_EXAMPLE["data"]
BOOK_EXAMPLE: dict[str, Any] = SEARCH_EXAMPLE | {
    "data": {"work": _DATA["works"][0], "edition": _DATA["editions"][0], "authors": [_AUTHOR], "expiresAt": _DATA["expiresAt"]}
}

PERSON_EXAMPLE: dict[str, Any] = SEARCH_EXAMPLE | {
    "data": {
        "author": _AUTHOR | {"birthYear": 1920, "deathYear": 1986, "bookCount": 214, "wikidataID": "Q7934"},
        "otherNames": ["Frank Patrick Herbert"],
        "expiresAt": _DATA["expiresAt"],
    }
}

RESOLVED_EXAMPLE: dict[str, Any] = SEARCH_EXAMPLE | {
    "data": _DATA
    | {
        "scheme": "isbn",
        "value": "9780441172719",
        "kind": "edition",
        "identifiers": {"isbn": ["9780441172719"], "openlibrary": ["OL893415W"]},
    }
}

OLDER_EXAMPLE: dict[str, Any] = {
    "kind": "books#volumes",
    "totalItems": 1,
    "items": [
        {
            "kind": "books#volume",
            "id": "OL893415W",
            "volumeInfo": {
                "title": "Dune", "authors": ["Frank Herbert"], "publisher": "Ace Books", "publishedDate": "1990-09-01",
                "industryIdentifiers": [
                    {"type": "ISBN_13", "identifier": "9780441172719"}, {"type": "ISBN_10", "identifier": "0441172717"},
                ],
                "pageCount": 535, "printType": "BOOK", "categories": ["Science Fiction"], "language": "en",
                "imageLinks": {"thumbnail": "https://covers.openlibrary.org/b/id/11481354-M.jpg?default=false"},
            },
        }
    ],
    "provider": "openlibrary+isbndb",
    "cached": False,
    "responseTime": 141.2,
}  # fmt: skip

EXTERNAL_EXAMPLE: dict[str, Any] = {
    **{name: SEARCH_EXAMPLE["data"][name] for name in ("works", "editions", "authors")},
    "provider": "openlibrary",
    "cached": False,
}
