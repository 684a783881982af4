"""ISBNdb. Source: ISBNdb API v2; spec 05, "ISBNdb"."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from search.dto import Edition, Record
from search.normalisers.genres import canonical_genres
from search.normalisers.languages import language_code
from search.normalisers.numbers import binding_format, page_count
from search.provider import AuthorList, BadShape, Call, Kind, Page, Provider, Question, Refusal
from search.providers._shapes import (
    answer_object,
    count_of,
    isbns_of,
    list_of,
    long_text_of,
    object_of,
    objects_in,
    people_of,
    picture_of,
    published_of,
    publisher_of,
    series_of,
    text_of,
    title_of,
)

NAME = "isbndb"
MAX_PAGE_SIZE = 1000
PART = 20  # books read at once: 5 ms
_HOSTS = re.compile(r"(?:[a-z0-9-]+\.)*isbndb\.com")
_LIMIT = re.compile(r"quota|limit|exceeded", re.IGNORECASE)


class Isbndb(Provider):
    """Editions by ISBN, with the binding that no other catalogue gives."""

    name = NAME
    label = "ISBNdb"
    setting = "ISBNDB"
    default_base_url = "https://api2.isbndb.com"
    default_rate = 1.0
    default_daily_budget = 5000
    needs_key = True
    many_isbns = 1000
    author_lists = (AuthorList(Kind.AUTHOR, page_size=500, max_calls=3),)

    def call(self, question: Question) -> Call | None:
        headers = {"Authorization": self.config.key} if self.config.key else {}
        if question.kind is Kind.ISBN:
            return Call(f"/book/{quote(question.isbns[0], safe='')}", headers=headers) if question.isbns else None
        if question.kind is Kind.MANY_ISBNS:
            form = (("isbns", ",".join(question.isbns)),)
            return Call("/books", method="POST", form=form, headers=headers) if question.isbns else None
        window = page_window(question.offset, question.limit)
        asked = _search(question)
        if window is None or asked is None:
            return None
        page, size = window
        return Call(asked.path, (*asked.params, ("page", str(page)), ("pageSize", str(size))), headers=headers)

    def read(self, question: Question, payload: Any) -> Page:
        answer = answer_object(payload)
        if question.kind is Kind.MANY_ISBNS:
            return Page.joined(self.parts(question, payload))
        if question.kind is Kind.AUTHOR:
            return read_author_page(payload)
        books = _books(answer)
        if question.kind in (Kind.TITLE, Kind.ADVANCED, Kind.ANY):
            page, size = page_window(question.offset, question.limit) or (1, MAX_PAGE_SIZE)
            start = question.offset - (page - 1) * size
            books = books[start : start + question.limit]
        records = tuple(record for book in books if (record := _record(book)))
        return Page(records, max(count_of(answer.get("total")), len(records)))

    def parts(self, question: Question, payload: Any) -> Iterator[Page]:
        if question.kind is not Kind.MANY_ISBNS:
            yield self.read(question, payload)
            return
        books = _books(answer_object(payload))
        for start in range(0, len(books) or 1, PART):
            records = tuple(record for book in books[start : start + PART] if (record := _record(book)))
            yield Page(records, len(books))

    def refusal(self, status: int, payload: Any) -> Refusal:
        told = object_of(payload)
        said = " ".join(text_of(told.get(name)) for name in ("message", "errorMessage", "error"))
        if status in (401, 403) and _LIMIT.search(said):
            return Refusal.QUOTA
        return super().refusal(status, payload)


def page_window(offset: int, limit: int) -> tuple[int, int] | None:
    """The page, counted from 1, and the smallest page size with which one page holds offset .. offset + limit.

    None where no page size up to 1,000 does.
    """
    for size in range(max(limit, 1), MAX_PAGE_SIZE + 1):
        page = offset // size
        if offset + limit <= (page + 1) * size:
            return page + 1, size
    return None


def read_author_page(payload: Any) -> Page:
    """The answer to `/author/{name}`: one page of the author's editions.

    Raises: BadShape when it is none.
    """
    answer = answer_object(payload)
    if not text_of(answer.get("author")) and not text_of(answer.get("name")):
        raise BadShape("the author has no name")
    records = tuple(record for book in _books(answer) if (record := _record(book)))
    return Page(records, max(count_of(answer.get("total")), len(records)))


def read_book(payload: Any) -> Record:
    """One book object, as the containers hold it.

    Raises: BadShape when it is none, or has no usable title.
    """
    record = _record(answer_object(payload))
    if record is None:
        raise BadShape("no book with a title")
    return record


def _search(question: Question) -> Call | None:
    """Path and parameters of a search, without its page; None where there is nothing to ask."""
    if question.kind is Kind.ADVANCED:
        fields = (("text", question.title.strip()), ("author", question.author.strip()))
        given = tuple(pair for pair in fields if pair[1])
        return Call("/search/books", given) if given else None
    text = (question.author if question.kind is Kind.AUTHOR else question.text).strip()
    if not text.strip("."):  # "." and ".." are steps in a path, not words
        return None
    if question.kind is Kind.AUTHOR:
        return Call(f"/author/{quote(text, safe='')}")
    params = (("column", "title"),) if question.kind is Kind.TITLE else ()
    lang = (("language", question.lang),) if question.lang else ()
    return Call(f"/books/{quote(text, safe='')}", params + lang)


def _books(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The book objects of an answer, whichever container it has.

    Raises: BadShape without one, and for the API that this one replaced, whose fields have other names.
    """
    if "index_searched" in answer:
        raise BadShape("an answer of the discontinued API")
    if "book" in answer:
        if not isinstance(answer["book"], dict):
            raise BadShape("book is no object")
        return [answer["book"]]
    found = objects_in(answer, "books" if "books" in answer else "data")
    if found and not any("title" in book or "title_long" in book for book in found):
        raise BadShape("the entries are no books")
    return found


def _record(book: dict[str, Any]) -> Record | None:
    """A book object as a record; None where it has no usable title."""
    authors, contributors = people_of(book.get("authors") or book.get("author"))
    long_title = title_of(book.get("title_long"), None, authors)
    parsed = long_title or title_of(book.get("title"), None, authors)
    if parsed is None:
        return None
    language = language_code(book.get("language"))
    # the three are one book's number in two forms; where they differ, the longer is right
    isbns = isbns_of([book.get(name) for name in ("isbn13", "isbn10", "isbn")])[:1]
    others = isbns_of([object_of(other).get("isbn") for other in list_of(book.get("other_isbns"))])
    edition = Edition(
        isbns=isbns,
        title=parsed.title,
        subtitle=parsed.subtitle,
        publisher=publisher_of(book.get("publisher")),
        published=published_of(book.get("date_published")),
        page_count=page_count(book.get("pages")),
        format=binding_format(book.get("binding")),
        language=language,
        cover_url=picture_of(book.get("image"), _HOSTS),
        note=parsed.edition_note or _edition_note(book.get("edition")),
    )
    return Record(
        provider=NAME,
        title=parsed.title,
        subtitle=parsed.subtitle,
        authors=authors,
        contributors=contributors,
        subjects=tuple(canonical_genres(list_of(book.get("subjects")))),
        description=long_text_of(book.get("synopsis")) or long_text_of(book.get("overview")),
        series=series_of(parsed),
        languages=(language,) if language else (),
        work_isbns=tuple(dict.fromkeys(isbns + others)),
        edition=edition,
    )


def _edition_note(value: object) -> str | None:
    """What `edition` says in words; a bare number says nothing to a reader."""
    note = text_of(value)
    return note if any(map(str.isalpha, note)) and len(note) <= 100 else None
