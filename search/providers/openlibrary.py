"""Open Library's search. Source: openlibrary.org/dev/docs/api/search; spec 05, "Open Library".

An entry of a search speaks of a work: its lists of ISBNs, publishers, dates and languages are of all editions together.
A fact is taken for an edition only when it surely is that edition's: from the `editions` sub-document, which holds the one
edition that fits the question best, or from an entry whose work has one edition.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from search.dto import Author, Edition, Record
from search.identifiers import archive_id, asin, digits_id, find_isbn, openlibrary_id
from search.normalisers.dates import parse_year
from search.normalisers.genres import canonical_genres
from search.normalisers.languages import language_code
from search.normalisers.numbers import binding_format, page_count
from search.normalisers.text import dominant_script
from search.provider import AuthorList, Call, Kind, Page, Provider, Question
from search.providers import _openlibrary_authors
from search.providers._openlibrary_pictures import NAME, cover_urls, pictured
from search.providers._shapes import (
    answer_object,
    count_of,
    ids_of,
    isbns_of,
    list_of,
    object_of,
    objects_in,
    people_of,
    popularity_of,
    published_of,
    publisher_of,
    series_of,
    title_of,
)
from search.providers.openlibrary_records import read_author_of_id, read_edition_of_id, read_editions, read_work_of_id

__all__ = ["NAME", "OpenLibrary", "cover_urls"]
_WORK_FIELDS = """
    key title subtitle author_name author_key first_publish_year isbn publisher publish_date publish_year language subject cover_i
    number_of_pages_median edition_count edition_key ratings_count want_to_read_count id_goodreads id_librarything id_amazon editions
"""
_EDITION_FIELDS = """
    key title subtitle isbn publisher publish_date language cover_i number_of_pages format physical_format
"""
FIELDS = ",".join([*_WORK_FIELDS.split(), *(f"editions.{name}" for name in _EDITION_FIELDS.split())])
PART = 20  # works read at once: 6 ms
POINTS_FOR_HALF = 200  # popularity 0.5
_LUCENE = re.compile(r"[-+&|!(){}\[\]^\"~*?:\\/<>]")
_OPERATORS = re.compile(r"\b(?:AND|OR|NOT)\b")
_LANGUAGES_OF = {
    "Kana": {"ja"}, "Han": {"zh", "ja"}, "Hangul": {"ko"}, "Cyrillic": {"ru", "uk", "bg", "sr", "be", "mk", "kk"},
    "Greek": {"el"}, "Arabic": {"ar", "fa", "ur"}, "Hebrew": {"he"}, "Devanagari": {"hi", "ne"}, "Thai": {"th"},
    "Georgian": {"ka"}, "Armenian": {"hy"}, "Bengali": {"bn"}, "Tamil": {"ta"},
}  # fmt: skip


class OpenLibrary(Provider):
    """Works with all their ISBNs, the year of first publication, and one fitting edition each."""

    name = NAME
    label = "Open Library"
    setting = "OPENLIBRARY"
    default_base_url = "https://openlibrary.org"
    default_rate = 3.0
    default_daily_budget = None
    many_isbns = 100
    knows_people = True
    author_lists = (AuthorList(Kind.AUTHOR, page_size=500, max_calls=4), AuthorList(Kind.AUTHOR_WORKS, page_size=1000, max_calls=10))

    def call(self, question: Question) -> Call | None:
        if question.kind in (Kind.PROVIDER_ID, Kind.STORED_WORK, Kind.EDITIONS):
            return _by_id(question)
        if question.kind in _openlibrary_authors.KINDS:
            return _openlibrary_authors.call(question)
        asked = _asked(question)
        if not asked:
            return None
        many = question.kind is Kind.MANY_ISBNS
        params = [*asked, ("fields", FIELDS), ("limit", str(len(question.isbns) if many else max(1, question.limit)))]
        if question.offset and question.kind is not Kind.ISBN and not many:
            params.append(("offset", str(question.offset)))
        if question.lang:
            params.append(("lang", question.lang))
        return Call("/search.json", tuple(params))

    def read(self, question: Question, payload: Any) -> Page:
        return Page.joined(self.parts(question, payload))

    def parts(self, question: Question, payload: Any) -> Iterator[Page]:
        if question.kind is Kind.EDITIONS:
            records = read_editions(payload)
            yield Page(records, max(count_of(answer_object(payload).get("size")), len(records)))
            return
        if question.kind is Kind.STORED_WORK:
            records = tuple(work for work in read_work_of_id(payload) if work.openlibrary_work_id == question.provider_id)
            yield Page(records, len(records))
            return
        if question.kind is Kind.PROVIDER_ID and _edition_id(question):
            records = read_edition_of_id(payload)
            yield Page(records, len(records))
            return
        if question.kind is Kind.PERSON:
            people = tuple(person for person in read_author_of_id(payload) if person.author.openlibrary_id == question.provider_id)
            yield Page(total=len(people), people=people)
            return
        if question.kind is Kind.AUTHORS:
            yield _openlibrary_authors.read_people(payload)
            return
        if question.kind is Kind.AUTHOR_WORKS:
            yield from _openlibrary_authors.read_works(question, payload)
            return
        answer = answer_object(payload)
        docs = objects_in(answer, "docs")
        total = max(count_of(answer.get("numFound")) or count_of(answer.get("num_found")), len(docs))
        if question.kind is Kind.PROVIDER_ID:
            docs = [doc for doc in docs if openlibrary_id(doc.get("key"), "work") == question.provider_id]
        for start in range(0, len(docs) or 1, PART):
            records = tuple(record for doc in docs[start : start + PART] for record in _records(question, doc))
            yield Page(records, total)


def _by_id(question: Question) -> Call | None:
    """The call for an id of ours: a work by the search, which knows authors and ISBNs; an edition, or a work's editions, as stored."""
    work_id, edition_id = openlibrary_id(question.provider_id, "work"), _edition_id(question)
    if question.provider != NAME or not (work_id or edition_id):
        return None
    if question.kind is Kind.EDITIONS:
        window = (("limit", str(question.limit)), *((("offset", str(question.offset)),) if question.offset else ()))
        return Call(f"/works/{work_id}/editions.json", window) if work_id else None
    if question.kind is Kind.STORED_WORK:
        return Call(f"/works/{work_id}.json") if work_id else None
    if edition_id:
        return Call(f"/books/{edition_id}.json")
    return Call("/search.json", (("q", f'key:"/works/{work_id}"'), ("fields", FIELDS), ("limit", "1")))


def _edition_id(question: Question) -> str | None:
    return openlibrary_id(question.provider_id, "edition")


def _asked(question: Question) -> list[tuple[str, str]]:
    """The parameters that ask; empty where there is nothing to ask."""
    if question.kind in (Kind.ISBN, Kind.MANY_ISBNS):
        if not question.isbns:
            return []
        many = question.kind is Kind.MANY_ISBNS
        return [("q", f"isbn:({' OR '.join(question.isbns)})" if many else f"isbn:{question.isbns[0]}")]
    if question.kind is Kind.ANY:
        pairs = [("q", _neutral(question.text))]
    elif question.kind is Kind.TITLE:
        pairs = [("title", question.text.strip())]
    else:
        pairs = [("title", question.title.strip()), ("author", question.author.strip())]
    return [(name, text) for name, text in pairs if text]


def _neutral(text: str) -> str:
    """Words alone: signs and operators of the query language mean nothing to who typed a title. Every script stays."""
    words = _OPERATORS.sub(lambda found: found[0].lower(), _LUCENE.sub(" ", text))
    return " ".join(words.split())


def _records(question: Question, doc: dict[str, Any]) -> list[Record]:
    """An entry as records: one for each edition asked for, or one with the edition that fits; none without a title."""
    work = _work(doc)
    return [_speaking_of(work, edition) for edition in _editions(question, doc, work)] if work else []


def _work(doc: dict[str, Any]) -> Record | None:
    """What an entry says of the work; None where it has no usable title."""
    authors, contributors = people_of(doc.get("author_name"), doc.get("author_key"))
    parsed = title_of(doc.get("title"), doc.get("subtitle"), authors)
    if parsed is None:
        return None
    languages = (language_code(raw) for raw in list_of(doc.get("language")))
    return Record(
        provider=NAME,
        title=parsed.title,
        subtitle=parsed.subtitle,
        authors=authors,
        contributors=contributors,
        subjects=tuple(canonical_genres(list_of(doc.get("subject")))),
        series=series_of(parsed),
        first_year=parse_year(doc.get("first_publish_year")),
        languages=tuple(dict.fromkeys(code for code in languages if code)),
        openlibrary_work_id=openlibrary_id(doc.get("key"), "work"),
        work_isbns=isbns_of(doc.get("isbn")),
        popularity=_popularity(doc),
    )


def _speaking_of(work: Record, edition: Edition) -> Record:
    """The work under the name of one of its editions, where that is known: a translation has another one."""
    named: dict[str, Any] = {}
    if edition.title == work.title:
        named = {"subtitle": edition.subtitle or work.subtitle}
    elif edition.title is not None:
        named = {"title": edition.title, "subtitle": edition.subtitle, "other_titles": (work.title,)}
    return replace(work, edition=edition, work_isbns=tuple(dict.fromkeys((*work.work_isbns, *edition.isbns))), **named)


def _editions(question: Question, doc: dict[str, Any], work: Record) -> list[Edition]:
    """The editions that an entry answers the question with; at least one."""
    sub, single = _sub_document(doc, work.authors), _only_edition(doc, work)
    if question.isbns:
        known = [edition for edition in (sub, single) if edition]
        listed = {*work.work_isbns, *(isbn for edition in known for isbn in edition.isbns)}
        asked = [isbn for isbn in question.isbns if isbn in listed]
        # of an edition of which only the number is known, nothing more is said: the rest may be its siblings'
        editions = [next((edition for edition in known if isbn in edition.isbns), Edition((isbn,))) for isbn in asked]
        return list(dict.fromkeys(editions)) or [sub or single or Edition()]
    if sub and sub.isbns:
        chosen = sub
    elif single or not work.work_isbns:
        chosen = single or sub or Edition()
    else:
        chosen = Edition((_fitting(question, work),))
    return [pictured(chosen, doc.get("cover_i"))]


def _sub_document(doc: dict[str, Any], authors: tuple[Author, ...]) -> Edition | None:
    """The edition that Open Library itself holds to fit the question best; None where it names none."""
    entries = list_of(object_of(doc.get("editions")).get("docs"))
    found = object_of(entries[0]) if entries else {}
    edition_id = openlibrary_id(found.get("key"), "edition")
    parsed = title_of(found.get("title"), found.get("subtitle"), authors)
    if edition_id is None or parsed is None:
        return None
    codes = list_of(found.get("language"))
    bindings = (*list_of(found.get("physical_format")), *list_of(found.get("format")))
    edition = Edition(
        isbns=isbns_of(found.get("isbn")),
        title=parsed.title,
        subtitle=parsed.subtitle,
        publisher=publisher_of(found.get("publisher")),
        published=published_of(found.get("publish_date")),
        page_count=page_count(found.get("number_of_pages")),
        format=next((name for raw in bindings if (name := binding_format(raw))), None),
        language=language_code(codes[0]) if len(codes) == 1 else None,
        note=parsed.edition_note,
        openlibrary_id=edition_id,
        archive_ids=ids_of(found.get("ia"), archive_id),
    )
    return pictured(edition, found.get("cover_i"))


def _only_edition(doc: dict[str, Any], work: Record) -> Edition | None:
    """The edition of a work that has no other; None where there are several, or nothing says how many."""
    keys = list_of(doc.get("edition_key"))
    if len(work.work_isbns) > 1 or (len(keys) or count_of(doc.get("edition_count"))) != 1:
        return None
    edition = Edition(
        isbns=work.work_isbns,
        publisher=publisher_of(doc.get("publisher")),
        published=published_of(doc.get("publish_date")) or published_of(doc.get("publish_year")),
        page_count=page_count(doc.get("number_of_pages_median")),
        language=work.languages[0] if len(work.languages) == 1 else None,
        openlibrary_id=openlibrary_id(keys[0], "edition") if keys else None,
        goodreads_ids=ids_of(doc.get("id_goodreads"), digits_id),
        librarything_ids=ids_of(doc.get("id_librarything"), digits_id),
        asins=ids_of(doc.get("id_amazon"), asin),
        archive_ids=ids_of(doc.get("ia"), archive_id),
    )
    return pictured(edition, doc.get("cover_i"))


def _fitting(question: Question, work: Record) -> str:
    """Of a work's ISBNs the one to show: of a group whose language is asked for, else likely meant; else the first."""
    wanted = {question.lang} if question.lang else _languages_meant(question, work)
    fitting = (isbn for isbn in work.work_isbns if (found := find_isbn(isbn)) and found.languages & wanted)
    return next(fitting, work.work_isbns[0])


def _languages_meant(question: Question, work: Record) -> set[str]:
    """Languages of the script that was typed; for Latin letters English, unless the work is known not to be in it."""
    script = dominant_script(f"{question.text}{question.title}") or dominant_script(work.title)
    if script in _LANGUAGES_OF:
        return _LANGUAGES_OF[script]
    return {"en"} if "en" in work.languages or not work.languages else set(work.languages)


def _popularity(doc: dict[str, Any]) -> float:
    ratings, wanted, editions = (count_of(doc.get(name)) for name in ("ratings_count", "want_to_read_count", "edition_count"))
    return popularity_of(ratings + wanted / 10 + editions, POINTS_FOR_HALF)
