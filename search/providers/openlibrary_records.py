"""Open Library's other answers: one edition, the editions of a work, one work, one author, `/api/books?jscmd=data`.

Source: openlibrary.org/dev/docs/api/books and /authors, and the types /type/edition, /type/work, /type/author.
"""

from typing import Any, Literal

from search.dto import Author, Edition, Record
from search.identifiers import asin, digits_id, openlibrary_id, wikidata_id
from search.normalisers.dates import parse_year
from search.normalisers.genres import canonical_genres
from search.normalisers.languages import language_code
from search.normalisers.names import author_name
from search.normalisers.numbers import binding_format, page_count
from search.provider import BadShape, Person
from search.providers._openlibrary_pictures import NAME, pictured
from search.providers._shapes import (
    answer_object,
    ids_of,
    isbns_of,
    list_of,
    long_text_of,
    object_of,
    objects_in,
    people_of,
    published_of,
    publisher_of,
    series_of,
    text_of,
    texts_of,
    title_of,
)

MAX_NAMES = 50


def read_edition(payload: Any) -> Record:
    """The answer to `/books/OL…M.json` and `/isbn/….json`. It names its authors by id only, so the record has none.

    Raises: BadShape when it is no edition (another type, a redirect, a deleted one), or one without a usable title.
    """
    found = _of_type(payload, "edition")
    record = _edition_record(found)
    if record is None:
        raise BadShape("an edition without a title")
    return record


def read_edition_of_id(payload: Any) -> tuple[Record, ...]:
    """The answer to `/books/OL…M.json`, where an id that was merged into another or deleted stands for no book any more.

    Raises: BadShape when it is no edition, or one without a usable title.
    """
    gone = _type(answer_object(payload)) in ("redirect", "delete")
    return () if gone else (read_edition(payload),)


def read_editions(payload: Any) -> tuple[Record, ...]:
    """One page of the answer to `/works/OL…W/editions.json`; entries that are no edition or have no title are left out.

    Raises: BadShape when it has no list of entries.
    """
    entries = objects_in(answer_object(payload), "entries")
    editions = (entry for entry in entries if _type(entry) in (None, "edition"))
    return tuple(record for entry in editions if (record := _edition_record(entry)))


def read_work(payload: Any) -> Record:
    """The answer to `/works/OL…W.json`. It names its authors by id only, so the record has none.

    Raises: BadShape when it is no work (another type, a redirect, a deleted one), or one without a usable title.
    """
    found = _of_type(payload, "work")
    parsed = title_of(found.get("title"), found.get("subtitle"), ())
    if parsed is None:
        raise BadShape("a work without a title")
    return Record(
        provider=NAME,
        title=parsed.title,
        subtitle=parsed.subtitle,
        subjects=tuple(canonical_genres(list_of(found.get("subjects")))),
        description=long_text_of(found.get("description")),
        series=series_of(parsed),
        first_year=parse_year(found.get("first_publish_year")) or parse_year(found.get("first_publish_date")),
        openlibrary_work_id=openlibrary_id(found.get("key"), "work"),
        edition=pictured(Edition(), found.get("covers")),
    )


def read_work_of_id(payload: Any) -> tuple[Record, ...]:
    """The same, where an id that was merged into another or deleted stands for no work any more.

    Raises: BadShape when it is no work, or one without a usable title.
    """
    gone = _type(answer_object(payload)) in ("redirect", "delete")
    return () if gone else (read_work(payload),)


def read_author(payload: Any) -> Person:
    """The answer to `/authors/OL…A.json`.

    Raises: BadShape when it is no author (another type, a redirect, a deleted one), or names nobody.
    """
    found = _of_type(payload, "author")
    name = author_name(found.get("name")) or author_name(found.get("personal_name"))
    if name is None:
        raise BadShape("an author without a name")
    born, died = parse_year(found.get("birth_date")), parse_year(found.get("death_date"))
    return Person(
        Author(name, openlibrary_id=openlibrary_id(found.get("key"), "author"), birth_year=born, death_year=died),
        other_names=tuple(texts_of(found.get("alternate_names"))[:MAX_NAMES]),
        biography=long_text_of(found.get("bio")),
        wikidata_id=wikidata_id(object_of(found.get("remote_ids")).get("wikidata")),
    )


def read_author_of_id(payload: Any) -> tuple[Person, ...]:
    """The same, where an id that was merged into another or deleted stands for nobody any more.

    Raises: BadShape when it is no author, or names nobody.
    """
    gone = _type(answer_object(payload)) in ("redirect", "delete")
    return () if gone else (read_author(payload),)


def read_data(payload: Any) -> tuple[Record, ...]:
    """The answer to `/api/books?jscmd=data`, in the order of its keys; an empty object knows none of the books.

    Raises: BadShape when it is no such answer.
    """
    answer = answer_object(payload)
    books = [book for book in answer.values() if isinstance(book, dict)]
    if answer and not any("title" in book for book in books):
        raise BadShape("no book under any key")
    return tuple(record for book in books if (record := _data_record(book)))


def _type(found: dict[str, Any]) -> str | None:
    """The type that a document says it has ("edition", "redirect"); None where it says none."""
    return text_of(object_of(found.get("type")).get("key")).rpartition("/")[2] or None


def _of_type(payload: Any, wanted: Literal["work", "edition", "author"]) -> dict[str, Any]:
    found = answer_object(payload)
    kind = _type(found)
    if kind is None and openlibrary_id(found.get("key"), wanted) is None:
        raise BadShape(f"neither type nor key says that it is of type {wanted}")
    if kind not in (None, wanted):
        raise BadShape(f"it is of type {kind}, not {wanted}")
    return found


def _edition_record(found: dict[str, Any]) -> Record | None:
    authors, contributors = people_of(found.get("authors"))
    prefix, name = text_of(found.get("title_prefix")), text_of(found.get("title"))
    parsed = title_of(f"{prefix} {name}" if name else found.get("full_title"), found.get("subtitle"), authors)
    if parsed is None:
        return None
    named = people_of([*list_of(found.get("contributors")), *list_of(found.get("contributions"))])
    helpers = (*contributors, *(author.name for author in named[0]), *named[1])
    codes = (language_code(object_of(item).get("key", item)) for item in list_of(found.get("languages")))
    languages = [code for code in codes if code]
    isbns = isbns_of([*list_of(found.get("isbn_13")), *list_of(found.get("isbn_10"))])
    identifiers = object_of(found.get("identifiers"))
    edition = Edition(
        isbns=isbns,
        title=parsed.title,
        subtitle=parsed.subtitle,
        publisher=publisher_of(found.get("publishers")),
        published=published_of(found.get("publish_date")),
        page_count=page_count(found.get("number_of_pages")) or page_count(found.get("pagination")),
        format=binding_format(found.get("physical_format")),
        language=languages[0] if len(languages) == 1 else None,
        note=parsed.edition_note or text_of(found.get("edition_name")) or None,
        openlibrary_id=openlibrary_id(found.get("key"), "edition"),
        goodreads_ids=ids_of(identifiers.get("goodreads"), digits_id),
        librarything_ids=ids_of(identifiers.get("librarything"), digits_id),
        asins=ids_of(identifiers.get("amazon"), asin),
    )
    return Record(
        provider=NAME,
        title=parsed.title,
        subtitle=parsed.subtitle,
        authors=authors,
        contributors=tuple(dict.fromkeys(helpers)),
        subjects=tuple(canonical_genres(list_of(found.get("subjects")))),
        description=long_text_of(found.get("description")),
        series=series_of(parsed),
        languages=tuple(dict.fromkeys(languages)),
        other_titles=tuple(texts_of(found.get("work_titles")) + texts_of(found.get("translation_of"))),
        openlibrary_work_id=_work_id(found.get("works")),
        work_isbns=isbns,
        edition=pictured(edition, found.get("covers")),
    )


def _data_record(book: dict[str, Any]) -> Record | None:
    authors, contributors = people_of(book.get("authors"))
    parsed = title_of(book.get("title"), book.get("subtitle"), authors)
    if parsed is None:
        return None
    identifiers = object_of(book.get("identifiers"))
    isbns = isbns_of([*list_of(identifiers.get("isbn_13")), *list_of(identifiers.get("isbn_10"))])
    edition = Edition(
        isbns=isbns,
        title=parsed.title,
        subtitle=parsed.subtitle,
        publisher=publisher_of(book.get("publishers")),
        published=published_of(book.get("publish_date")),
        page_count=page_count(book.get("number_of_pages")) or page_count(book.get("pagination")),
        note=parsed.edition_note,
        openlibrary_id=openlibrary_id(book.get("key"), "edition"),
        goodreads_ids=ids_of(identifiers.get("goodreads"), digits_id),
        librarything_ids=ids_of(identifiers.get("librarything"), digits_id),
        asins=ids_of(identifiers.get("amazon"), asin),
    )
    return Record(
        provider=NAME,
        title=parsed.title,
        subtitle=parsed.subtitle,
        authors=authors,
        contributors=contributors,
        subjects=tuple(canonical_genres(texts_of(book.get("subjects")))),
        series=series_of(parsed),
        openlibrary_work_id=_work_id(book.get("works")),
        work_isbns=isbns,
        edition=pictured(edition, _cover_id(book.get("cover"))),
    )


def _work_id(works: object) -> str | None:
    ids = (openlibrary_id(object_of(work).get("key"), "work") for work in list_of(works))
    return next((found for found in ids if found), None)


def _cover_id(cover: object) -> str | None:
    """The number in `https://covers.openlibrary.org/b/id/6498519-S.jpg`."""
    addresses = (text_of(object_of(cover).get(size)) for size in ("large", "medium", "small"))
    names = (address.rpartition("/b/id/")[2].rpartition("-")[0] for address in addresses)
    return next((found for name in names if (found := digits_id(name))), None)
