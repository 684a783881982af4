"""What each provider answers about the invented books, in the form of its API. Pure.

Source: spec 05, and the APIs' own documentation. Real ones say more; here is what is read, and little else.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from harvest.drill.library import AUTHORS, BOOKS, Book, authors_in, book, books_of, by_isbn, known, neighbour, titles_in

Json = dict[str, Any]
Params = Mapping[str, str]
_ISBN = re.compile(r"\b97[89][0-9]{10}\b")
_WHO = re.compile(r'\("(OL[1-9][0-9]*A)" "([^"\\]{2,100})"@[a-z]+\)')
_WD = "http://www.wikidata.org/entity/"


def google(path: str, params: Params, form: Params) -> tuple[int, Any]:
    """Google Books: `/volumes` and `/volumes/{id}`."""
    if found := re.fullmatch(r"/volumes/drill([0-9]{7})", path):
        one = known([book(int(found[1]))] if int(found[1]) < BOOKS else [], "google-books")
        return (200, _volume(one[0])) if one else (404, {"error": {"code": 404, "message": "The volume ID could not be found."}})
    if path != "/volumes":
        return 404, {"error": {"code": 404, "message": "Not Found"}}
    books = known(_asked(params.get("q", "")), "google-books")
    items = {"items": [_volume(one) for one in books]} if books else {}
    return 200, {"kind": "books#volumes", "totalItems": len(books), **items}


def _volume(one: Book) -> Json:
    picture = f"http://books.google.com/books/content?id=drill{one.number:07d}&printsec=frontcover&img=1&zoom=1&edge=curl&source=gbs_api"
    return {
        "kind": "books#volume",
        "id": f"drill{one.number:07d}",
        "volumeInfo": {
            "title": one.title,
            "authors": [one.author],
            "publisher": one.publisher,
            "publishedDate": str(one.year),
            "description": one.description,
            "industryIdentifiers": [{"type": "ISBN_13", "identifier": one.isbn13}],
            "pageCount": one.pages,
            "printType": "BOOK",
            "categories": ["Fiction"],
            "imageLinks": {"thumbnail": picture},
            "language": "en",
        },
        "saleInfo": {"isEbook": False},
    }


def openlibrary(path: str, params: Params, form: Params) -> tuple[int, Any]:
    """Open Library: searches, works with their editions, editions, authors with their works."""
    if path == "/search.json":
        words = " ".join(params.get(name, "") for name in ("q", "title", "author"))
        books = known(_asked(words), "openlibrary")[: int(params.get("limit", "100"))]
        return 200, {"numFound": len(books), "start": 0, "docs": [_doc(one) for one in books]}
    if path == "/search/authors.json":
        people = [number for number in authors_in(params.get("q", "")) if known(books_of(number), "openlibrary")]
        return 200, {"numFound": len(people), "start": 0, "docs": [_person(number) for number in people]}
    return _by_id(path)


def _by_id(path: str) -> tuple[int, Any]:
    found = re.fullmatch(r"/(works|books|authors)/OL([1-9][0-9]{0,7})[WMA](/editions|/works)?\.json", path)
    number = int(found[2]) - 1 if found else -1
    if found is None or number >= BOOKS:
        return 404, {"error": "notfound"}
    what, inside = found[1], found[3]
    if what == "authors":
        books = known(books_of(number), "openlibrary") if number < AUTHORS else []
        if not books:
            return 404, {"error": "notfound"}
        return 200, {"size": len(books), "entries": [_work(one) for one in books]} if inside else _author(number)
    one = next(iter(known([book(number)], "openlibrary")), None)
    if one is None:
        return 404, {"error": "notfound"}
    if inside:
        return 200, {"size": 1, "entries": [_edition(one)]}
    return 200, _work(one) if what == "works" else _edition(one)


def _doc(one: Book) -> Json:
    fitting = {
        "key": f"/books/OL{one.number + 1}M", "title": one.title, "isbn": [one.isbn13], "publisher": [one.publisher],
        "publish_date": [str(one.year)], "language": ["eng"], "cover_i": one.number + 1, "number_of_pages": one.pages,
    }  # fmt: skip
    return {
        "key": f"/works/OL{one.number + 1}W", "title": one.title, "author_name": [one.author], "author_key": [one.author_id],
        "first_publish_year": one.year, "isbn": [one.isbn13], "publisher": [one.publisher], "publish_date": [str(one.year)],
        "language": ["eng"], "subject": ["Fiction"], "cover_i": one.number + 1, "number_of_pages_median": one.pages, "edition_count": 1,
        "edition_key": [f"OL{one.number + 1}M"], "editions": {"numFound": 1, "start": 0, "docs": [fitting]},
    }  # fmt: skip


def _work(one: Book) -> Json:
    return {
        "key": f"/works/OL{one.number + 1}W", "type": {"key": "/type/work"}, "title": one.title, "subjects": ["Fiction"],
        "description": one.description, "covers": [one.number + 1], "authors": [{"author": {"key": f"/authors/{one.author_id}"}}],
    }  # fmt: skip


def _edition(one: Book) -> Json:
    return {
        "key": f"/books/OL{one.number + 1}M", "type": {"key": "/type/edition"}, "title": one.title, "isbn_13": [one.isbn13],
        "publishers": [one.publisher], "publish_date": str(one.year), "number_of_pages": one.pages, "covers": [one.number + 1],
        "languages": [{"key": "/languages/eng"}], "works": [{"key": f"/works/OL{one.number + 1}W"}],
    }  # fmt: skip


def _author(number: int) -> Json:
    one = books_of(number)[0]
    return {"key": f"/authors/{one.author_id}", "type": {"key": "/type/author"}, "name": one.author}


def _person(number: int) -> Json:
    books = known(books_of(number), "openlibrary")
    return {"key": books[0].author_id, "type": "author", "name": books[0].author, "work_count": len(books), "top_work": books[0].title}


def isbndb(path: str, params: Params, form: Params) -> tuple[int, Any]:
    """ISBNdb: a book, many books, searches, an author."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    if parts == ["books"]:
        asked = [by_isbn(isbn) for isbn in form.get("isbns", "").split(",")]
        books = known([one for one in asked if one], "isbndb")
        return 200, {"total": len(books), "requested": len(asked), "data": [_isbndb_book(one) for one in books]}
    if parts[0] == "book" and len(parts) == 2:
        found = known(_asked(parts[1]), "isbndb")
        return (200, {"book": _isbndb_book(found[0])}) if found else (404, {"errorMessage": "Not Found"})
    if parts[0] == "author" and len(parts) == 2:
        books = known([one for number in authors_in(parts[1]) for one in books_of(number)], "isbndb")
        if not books:
            return 404, {"errorMessage": "Not Found"}
        return 200, {"author": books[0].author, "total": len(books), "books": [_isbndb_book(one) for one in books]}
    if parts[0] in ("books", "search"):
        words = parts[1] if parts[0] == "books" else f"{params.get('text', '')} {params.get('author', '')}"
        books = known(_asked(words), "isbndb")
        return 200, {"total": len(books), "books": [_isbndb_book(one) for one in books]}
    return 404, {"errorMessage": "Not Found"}


def _isbndb_book(one: Book) -> Json:
    return {
        "title": one.title, "title_long": one.title, "authors": [one.author], "isbn13": one.isbn13, "publisher": one.publisher,
        "date_published": str(one.year), "pages": one.pages, "binding": "Paperback", "language": "en", "synopsis": one.description,
        "subjects": ["Fiction"], "image": f"https://images.isbndb.com/covers/{one.isbn13}.jpg",
    }  # fmt: skip


def wikidata(path: str, params: Params, form: Params) -> tuple[int, Any]:
    """Wikidata: who the authors are that a query names by Open Library's ids, and its search by name, which finds nobody."""
    if path == "/w/api.php":
        return 200, {"searchinfo": {"search": params.get("search", "")}, "search": [], "success": 1}
    if path != "/sparql":
        return 404, {"error": "notfound"}
    names = ["person", "olid", "name", "known", "gender", "country", "birth", "birthDay", "death"]
    asked = dict.fromkeys(_WHO.findall(form.get("query") or params.get("query", "")))
    return 200, {"head": {"vars": names}, "results": {"bindings": [_who(olid) for olid, _ in asked]}}


def _who(olid: str) -> Json:
    number = int(olid[2:-1])
    text = {"olid": olid, "known": olid, "birth": f"{1900 + number % 80}-06-08T00:00:00Z"}
    gender, country = ("Q6581072", "Q6581097")[number % 2], ("Q30", "Q17", "Q1033")[number % 3]
    entity = {"person": f"Q{7_000_000 + number}", "gender": gender, "country": country}
    uris = {name: {"type": "uri", "value": f"{_WD}{value}"} for name, value in entity.items()}
    return uris | {name: {"type": "literal", "value": value} for name, value in text.items()}


def cover_number(path: str) -> int | None:
    """The book whose picture a path of Open Library's covers names; None where it names none, or there is no picture."""
    by_id = re.fullmatch(r"/b/id/([1-9][0-9]{0,7})-[SML]\.jpg", path)
    by_number = re.fullmatch(r"/b/isbn/([0-9]{13})-[SML]\.jpg", path)
    isbn = by_isbn(by_number[1]) if by_number else None
    number = int(by_id[1]) - 1 if by_id else isbn.number if isbn else None
    return number if number is not None and number < BOOKS and book(number).pictured else None


def no_picture() -> bytes:
    """The GIF of one pixel that Open Library gives where it has no cover and was not asked to say so."""
    return base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def _asked(words: str) -> list[Book]:
    """The books that a question names: by ISBNs, by an author's id, by title with its neighbour behind it, or all of an author."""
    if named := _ISBN.findall(words):
        return [one for isbn in dict.fromkeys(named) if (one := by_isbn(isbn))]
    if ids := re.findall(r"\bOL([1-9][0-9]{0,6})A\b", words):
        return [one for number in ids if int(number) <= AUTHORS for one in books_of(int(number) - 1)]
    if ids := re.findall(r"\bOL([1-9][0-9]{0,6})W\b", words):
        return [book(int(number) - 1) for number in ids if int(number) <= BOOKS]
    titled: Sequence[Book] = titles_in(words)
    writers = authors_in(words)
    if titled:
        fitting = [one for one in titled if not writers or one.author_number in writers]
        return [*fitting, *(neighbour(one) for one in fitting)]
    return [one for number in writers for one in books_of(number)]
