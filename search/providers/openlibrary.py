"""Open Library: https://openlibrary.org/dev/docs/api/search

Its search answers works, each with the ISBNs of all its editions: what belongs to one edition is taken only where that is sure.
"""

import re
from typing import Any

from search.dto import Edition, Record
from search.identifiers import asin, digits_id, find_isbn, openlibrary_id
from search.normalisers.dates import parse_date, parse_year
from search.normalisers.languages import language_code
from search.normalisers.numbers import binding_format, page_count
from search.normalisers.text import dominant_script
from search.normalisers.titles import parse_title
from search.provider import BadShape, Call, Kind, Page, Provider, Question
from search.providers._shapes import authors_of, dict_of, isbns_of, list_of, text_of, texts_of

_EDITION_FIELDS = "key,title,subtitle,isbn,publisher,publish_date,language,cover_i,number_of_pages,physical_format"
FIELDS = (
    "key,title,subtitle,author_name,author_key,first_publish_year,isbn,publisher,publish_date,publish_year,language,subject,cover_i,"
    "number_of_pages_median,edition_count,edition_key,ratings_count,want_to_read_count,id_goodreads,id_librarything,id_amazon,"
    + ",".join(["editions", *(f"editions.{field}" for field in _EDITION_FIELDS.split(","))])
)
_LUCENE = re.compile(r'[+\-&|!(){}\[\]^"~*?:\\/<>]')
_SCRIPT_LANGUAGE = {
    "Kana": "ja", "Han": "zh", "Hangul": "ko", "Cyrillic": "ru", "Greek": "el", "Arabic": "ar", "Hebrew": "he", "Devanagari": "hi", "Thai": "th",
}  # fmt: skip


class OpenLibrary(Provider):
    name = "openlibrary"
    label = "Open Library"
    setting = "OPENLIBRARY"
    default_base_url = "https://openlibrary.org"
    default_rate = 3.0
    default_daily_budget = None
    many_isbns = 100

    def call(self, question: Question) -> Call | None:
        asked = _asked(question)
        if not asked:
            return None
        limit = question.limit
        if question.kind is Kind.MANY_ISBNS:
            limit = len(question.isbns)
        params = [*asked, ("fields", FIELDS), ("limit", str(limit))]
        if question.offset:
            params.append(("offset", str(question.offset)))
        if question.lang:
            params.append(("lang", question.lang))
        return Call("/search.json", tuple(params))

    def read(self, question: Question, payload: Any) -> Page:
        docs = payload.get("docs") if isinstance(payload, dict) else None
        if not isinstance(docs, list):
            raise BadShape
        records = tuple(record for doc in docs if isinstance(doc, dict) for record in read_doc(question, doc))
        total = payload.get("numFound")
        return Page(
            records, total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else len(records)
        )


def _asked(question: Question) -> list[tuple[str, str]]:
    if question.kind is Kind.ISBN:
        return [("q", f"isbn:{question.isbns[0]}")]
    if question.kind is Kind.MANY_ISBNS:
        return [("q", f"isbn:({' OR '.join(question.isbns)})")]
    if question.kind is Kind.TITLE:
        return [("title", question.text)]
    if question.kind is Kind.ANY:
        words = " ".join(_LUCENE.sub(" ", question.text).split())
        return [("q", words)] if words else []
    return [(field, text) for field, text in (("title", question.title), ("author", question.author)) if text]


def read_doc(question: Question, doc: dict[str, Any]) -> list[Record]:
    """A work of the search: one record, or one for each edition asked for; none without a title."""
    title = text_of(doc.get("title"))
    if not title:
        return []
    authors = authors_of(doc.get("author_name", []))
    keys = [openlibrary_id(key, "author") for key in list_of(doc.get("author_key"))]
    if len(keys) == len(authors):
        authors = tuple(
            type(author)(author.name, openlibrary_id=key) for author, key in zip(authors, keys, strict=True)
        )
    parsed = parse_title(title, text_of(doc.get("subtitle")), [author.name for author in authors])
    isbns = isbns_of(list_of(doc.get("isbn")), 2000)
    languages = tuple(dict.fromkeys(code for one in list_of(doc.get("language")) if (code := language_code(one))))
    return [
        Record(
            provider=OpenLibrary.name,
            title=parsed.title,
            subtitle=parsed.subtitle,
            authors=authors,
            subjects=tuple(texts_of(doc.get("subject"), 60)),
            first_year=parse_year(doc.get("first_publish_year")),
            languages=languages,
            openlibrary_work_id=openlibrary_id(doc.get("key"), "work"),
            work_isbns=isbns,
            edition=edition,
            popularity=_popularity(doc),
        )
        for edition in _editions(question, doc, isbns, languages)
    ]


def _editions(
    question: Question, doc: dict[str, Any], isbns: tuple[str, ...], languages: tuple[str, ...]
) -> list[Edition]:
    """The edition that the doc speaks of, as far as it does: its own sub-document, its only one, or merely an ISBN."""
    asked = [isbn for isbn in question.isbns if isbn in isbns]
    inner = [dict_of(one) for one in list_of(dict_of(doc.get("editions")).get("docs"))]
    if inner:
        found = [_inner(one, doc) for one in inner]
        if not question.isbns:
            return found[:1]
        fitting = [edition for edition in found if set(edition.isbns) & set(question.isbns)]
        if fitting:
            return fitting
    if len(isbns) == 1:
        return [_only(doc, isbns, languages)]
    cover, covers = _cover(doc.get("cover_i"))
    if question.isbns:
        return [Edition(isbns=(isbn,), cover_url=cover, cover_urls=covers) for isbn in asked]
    best = _best_isbn(question, doc, isbns)
    return [Edition(isbns=(best,) if best else (), cover_url=cover, cover_urls=covers)]


def _inner(edition: dict[str, Any], doc: dict[str, Any]) -> Edition:
    """An edition of the `editions` sub-document."""
    title = text_of(edition.get("title"))
    parsed = parse_title(title, text_of(edition.get("subtitle"))) if title else None
    published = next((date for one in list_of(edition.get("publish_date")) if (date := parse_date(one))), None)
    cover, covers = _cover(edition.get("cover_i"))
    if cover is None:
        cover, covers = _cover(doc.get("cover_i"))
    return Edition(
        isbns=isbns_of(list_of(edition.get("isbn")), 10),
        title=parsed.title if parsed else None,
        subtitle=parsed.subtitle if parsed else None,
        publisher=next(iter(texts_of(edition.get("publisher"))), None),
        published=published.iso if published else None,
        page_count=page_count(edition.get("number_of_pages")),
        format=binding_format(edition.get("physical_format")),
        language=next((code for one in list_of(edition.get("language")) if (code := language_code(one))), None),
        cover_url=cover,
        cover_urls=covers,
        note=parsed.edition_note if parsed else None,
        openlibrary_id=openlibrary_id(edition.get("key"), "edition"),
    )


def _only(doc: dict[str, Any], isbns: tuple[str, ...], languages: tuple[str, ...]) -> Edition:
    """A work with one ISBN: what the doc says of editions is said of this one, where it says one thing only."""
    publishers, dates = texts_of(doc.get("publisher")), [parse_date(one) for one in list_of(doc.get("publish_date"))]
    keys = list_of(doc.get("edition_key"))
    cover, covers = _cover(doc.get("cover_i"))
    return Edition(
        isbns=isbns,
        publisher=publishers[0] if len(publishers) == 1 else None,
        published=dates[0].iso if len(dates) == 1 and dates[0] else None,
        page_count=page_count(doc.get("number_of_pages_median")),
        language=languages[0] if len(languages) == 1 else None,
        cover_url=cover,
        cover_urls=covers,
        openlibrary_id=openlibrary_id(keys[0], "edition") if len(keys) == 1 else None,
        goodreads_ids=_ids(doc, "id_goodreads"),
        librarything_ids=_ids(doc, "id_librarything"),
        asins=tuple(found for one in list_of(doc.get("id_amazon"))[:5] if (found := asin(one))),
    )


def _ids(doc: dict[str, Any], name: str) -> tuple[str, ...]:
    return tuple(found for one in list_of(doc.get(name))[:5] if (found := digits_id(one)))


def _best_isbn(question: Question, doc: dict[str, Any], isbns: tuple[str, ...]) -> str | None:
    """One ISBN to stand for the work: of a group in the language asked, or of the title's script."""
    script = dominant_script(question.text or question.title or str(doc.get("title")))
    wanted = question.lang or _SCRIPT_LANGUAGE.get(script or "", "en")
    parsed = [isbn for text in isbns[:200] if (isbn := find_isbn(text))]
    fitting = next((isbn.isbn13 for isbn in parsed if wanted in isbn.languages), None)
    return fitting or (isbns[0] if isbns else None)


def _cover(number: Any) -> tuple[str | None, tuple[str, str, str] | None]:
    """Addresses of a cover by its number; numbers of -1 mean none."""
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        return None, None
    small, medium, large = (f"https://covers.openlibrary.org/b/id/{number}-{size}.jpg?default=false" for size in "SML")
    return large, (small, medium, large)


def _popularity(doc: dict[str, Any]) -> float:
    """0..1 out of ratings, wishes and editions: half of it at about 200 of them."""
    counts = [doc.get(name) for name in ("ratings_count", "want_to_read_count", "edition_count")]
    total = sum(count for count in counts if isinstance(count, int) and not isinstance(count, bool) and count > 0)
    return total / (total + 200)
