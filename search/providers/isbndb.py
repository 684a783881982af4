"""ISBNdb: https://isbndb.com/apidocs/v2

Every record is one edition. Pages are numbered, so an offset is cut out of one page that holds it.
"""

from typing import Any
from urllib.parse import quote

from search.dto import Edition, Record, Series
from search.normalisers.dates import parse_date
from search.normalisers.languages import language_code
from search.normalisers.numbers import binding_format, page_count
from search.normalisers.titles import parse_title
from search.provider import BadShape, Call, Kind, Page, Provider, Question, Refusal
from search.providers._shapes import authors_of, description_of, dict_of, https, isbns_of, text_of, texts_of

MAX_PAGE_SIZE = 1000
_NO_COVER = ("nocover", "no-cover", "no_cover", "noimage", "placeholder")


class Isbndb(Provider):
    name = "isbndb"
    label = "ISBNdb"
    setting = "ISBNDB"
    default_base_url = "https://api2.isbndb.com"
    default_rate = 1.0
    default_daily_budget = 5000
    needs_key = True
    many_isbns = 1000

    def call(self, question: Question) -> Call | None:
        headers = {"Authorization": self.config.key or ""}
        if question.kind is Kind.ISBN:
            return Call(f"/book/{question.isbns[0]}", headers=headers)
        if question.kind is Kind.MANY_ISBNS:
            return Call("/books", method="POST", form=(("isbns", ",".join(question.isbns)),), headers=headers)
        page, size = page_of(question.offset, question.limit)
        params = [("page", str(page)), ("pageSize", str(size))]
        if question.lang:
            params.append(("language", question.lang))
        if question.kind is Kind.ADVANCED:
            asked = [(name, text) for name, text in (("text", question.title), ("author", question.author)) if text]
            return Call("/search/books", (*asked, *params), headers=headers) if asked else None
        if question.kind is Kind.TITLE:
            params.insert(0, ("column", "title"))
        # a path cannot be "." or "..", and has no empty segment
        text = question.text.strip(". ")
        return Call(f"/books/{quote(text, safe='')}", tuple(params), headers=headers) if text else None

    def read(self, question: Question, payload: Any) -> Page:
        if not isinstance(payload, dict):
            raise BadShape
        items = [payload["book"]] if "book" in payload else payload.get("books", payload.get("data"))
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise BadShape
        if question.kind in (Kind.TITLE, Kind.ANY, Kind.ADVANCED):
            page, size = page_of(question.offset, question.limit)
            first = question.offset - (page - 1) * size
            items = items[first : first + question.limit]
        records = tuple(record for item in items if (record := read_book(item)))
        total = payload.get("total")
        return Page(
            records, total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else len(records)
        )

    def refusal(self, status: int, payload: Any) -> Refusal:
        said = str(dict_of(payload).get("errorMessage") or dict_of(payload).get("message") or "").lower()
        if status == 403 and ("quota" in said or "limit" in said):
            return Refusal.QUOTA
        return super().refusal(status, payload)


def page_of(offset: int, limit: int) -> tuple[int, int]:
    """The page number (from 1) and the smallest page size whose one page holds [offset, offset + limit)."""
    for size in range(limit, MAX_PAGE_SIZE + 1):
        page = offset // size
        if offset + limit <= (page + 1) * size:
            return page + 1, size
    return offset // MAX_PAGE_SIZE + 1, MAX_PAGE_SIZE


def read_book(book: dict[str, Any]) -> Record | None:
    """A book resource; None where it has no title."""
    title = text_of(book.get("title_long")) or text_of(book.get("title"))
    if not title:
        return None
    authors = authors_of(book.get("authors", []))
    parsed = parse_title(title, None, [author.name for author in authors])
    published = parse_date(book.get("date_published"))
    return Record(
        provider=Isbndb.name,
        title=parsed.title,
        subtitle=parsed.subtitle,
        authors=authors,
        subjects=tuple(subject for subject in texts_of(book.get("subjects"), 60) if subject.lower() != "subjects"),
        description=description_of(book.get("synopsis")) or description_of(book.get("overview")),
        series=Series(*parsed.series) if parsed.series else None,
        edition=Edition(
            isbns=isbns_of([book.get("isbn13"), book.get("isbn10"), book.get("isbn")]),
            title=parsed.title,
            subtitle=parsed.subtitle,
            publisher=text_of(book.get("publisher"), 300),
            published=published.iso if published else None,
            page_count=page_count(book.get("pages")),
            format=binding_format(book.get("binding")),
            language=language_code(book.get("language")),
            cover_url=_cover(book.get("image")),
            note=parsed.edition_note,
        ),
    )


def _cover(value: Any) -> str | None:
    url = https(value)
    return None if url is None or any(word in url.lower() for word in _NO_COVER) else url
