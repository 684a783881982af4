"""Google Books. Source: Google Books API v1, volumes.list and the Volume resource; spec 05, "Google Books"."""

import re
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from search.dto import Edition, Record
from search.identifiers import find_isbn
from search.normalisers.genres import canonical_genres
from search.normalisers.languages import language_code
from search.normalisers.numbers import page_count
from search.provider import AuthorList, BadShape, Call, Kind, Page, Provider, Question, Refusal
from search.providers._shapes import (
    answer_object,
    count_of,
    list_of,
    long_text_of,
    object_of,
    objects_in,
    people_of,
    picture_of,
    popularity_of,
    published_of,
    publisher_of,
    series_of,
    title_of,
)

NAME = "google-books"
MAX_RESULTS = 40  # of one call
RATINGS_FOR_HALF = 50  # popularity 0.5
_ISBN_TYPES = ("ISBN_13", "ISBN_10")  # OTHER is a library's shelf mark, ISSN a journal's
_ID = re.compile(r"[\w-]{4,40}", re.ASCII)
_HOSTS = re.compile(r"(?:[a-z0-9-]+\.)*(?:google\.(?:com|[a-z]{2}|com?\.[a-z]{2})|googleusercontent\.com)")
_LINKS = ("thumbnail", "smallThumbnail", "small", "medium", "large", "extraLarge")
_ZOOMS = ("1", "2", "3")  # small, medium, large
_QUOTA = re.compile(r"quota|rate_?limit_?exceeded|daily_?limit_?exceeded|resource_exhausted", re.IGNORECASE)


class GoogleBooks(Provider):
    """Volumes, which are editions: every fact is that edition's, the date too."""

    name = NAME
    label = "Google Books"
    setting = "GOOGLE_BOOKS"
    default_base_url = "https://www.googleapis.com/books/v1"
    default_rate = 10.0
    default_daily_budget = 1000
    needs_key = True
    # its word for an author is a guess and its calls are paid: the first forty complete what others list
    author_lists = (AuthorList(Kind.AUTHOR, MAX_RESULTS, max_calls=1),)

    def call(self, question: Question) -> Call | None:
        headers = {"X-Goog-Api-Key": self.config.key} if self.config.key else {}
        if question.kind is Kind.PROVIDER_ID:
            own = question.provider == NAME and _ID.fullmatch(question.provider_id)
            return Call(f"/volumes/{quote(question.provider_id, safe='')}", headers=headers) if own else None
        asked = _query(question)
        if not asked:
            return None
        params = [
            ("q", asked),
            ("maxResults", str(max(1, min(question.limit, MAX_RESULTS)))),
            ("startIndex", str(question.offset)),
            ("printType", "books"),
        ]
        if question.lang and question.kind is not Kind.ISBN:
            params.append(("langRestrict", question.lang))
        return Call("/volumes", tuple(params), headers=headers)

    def read(self, question: Question, payload: Any) -> Page:
        answer = answer_object(payload)
        if question.kind is Kind.PROVIDER_ID:
            return Page((read_volume(payload),), 1)
        if not ("totalItems" in answer or "items" in answer or answer.get("kind") == "books#volumes"):
            raise BadShape("neither totalItems nor items")
        if "items" not in answer:
            if count_of(answer.get("totalItems")):
                raise BadShape("totalItems without items")
            return Page()
        records = tuple(record for volume in objects_in(answer, "items") if (record := _record(volume)))
        return Page(records, max(count_of(answer.get("totalItems")), len(records)))

    def refusal(self, status: int, payload: Any) -> Refusal:
        return Refusal.QUOTA if _speaks_of_quota(payload) else super().refusal(status, payload)


def read_volume(payload: Any) -> Record:
    """The answer to `/volumes/{id}`.

    Raises: BadShape when it is no volume, or one without a usable title.
    """
    record = _record(answer_object(payload))
    if record is None:
        raise BadShape("no volume with a title")
    return record


def _query(question: Question) -> str:
    """The `q` of a question; empty where there is nothing to ask."""
    if question.kind is Kind.ISBN:
        return f"isbn:{question.isbns[0]}" if question.isbns else ""
    if question.kind in (Kind.MANY_ISBNS, Kind.EDITIONS, Kind.AUTHORS, Kind.AUTHOR_WORKS):
        return ""
    if question.kind in (Kind.ADVANCED, Kind.AUTHOR):
        fields = (("intitle", question.title), ("inauthor", question.author))
        bare = [(field, " ".join(text.replace('"', " ").split())) for field, text in fields]
        return " ".join(f'{field}:"{text}"' for field, text in bare if text)
    return question.text.strip()


def _record(volume: dict[str, Any]) -> Record | None:
    """A volume as a record; None for a magazine, and where there is no usable title."""
    info = object_of(volume.get("volumeInfo"))
    authors, contributors = people_of(info.get("authors"))
    parsed = title_of(info.get("title"), info.get("subtitle"), authors)
    if parsed is None or info.get("printType") == "MAGAZINE":
        return None
    language = language_code(info.get("language"))
    isbns = _isbns(info.get("industryIdentifiers"))
    covers = _covers(info.get("imageLinks"))
    google_id = volume.get("id")
    edition = Edition(
        isbns=isbns,
        title=parsed.title,
        subtitle=parsed.subtitle,
        publisher=publisher_of(info.get("publisher")),
        published=published_of(info.get("publishedDate")),
        page_count=page_count(info.get("pageCount")) or page_count(info.get("printedPageCount")),
        format="E-book" if object_of(volume.get("saleInfo")).get("isEbook") is True else None,
        language=language,
        cover_url=covers[0] if covers else None,  # the one size that is surely there
        cover_urls=covers,
        note=parsed.edition_note,
        google_id=google_id if isinstance(google_id, str) and _ID.fullmatch(google_id) else None,
    )
    return Record(
        provider=NAME,
        title=parsed.title,
        subtitle=parsed.subtitle,
        authors=authors,
        contributors=contributors,
        subjects=tuple(canonical_genres(list_of(info.get("categories")))),
        description=long_text_of(info.get("description")),
        series=series_of(parsed),
        languages=(language,) if language else (),
        work_isbns=isbns,
        edition=edition,
        popularity=popularity_of(count_of(info.get("ratingsCount")), RATINGS_FOR_HALF),
    )


def _isbns(identifiers: object) -> tuple[str, ...]:
    """The ISBN-13s of the identifiers that are ISBNs, those given with 13 digits first."""
    pairs = [(entry.get("type"), entry.get("identifier")) for entry in map(object_of, list_of(identifiers))]
    valid = [
        isbn.isbn13
        for wanted in _ISBN_TYPES
        for kind, text in pairs
        if kind == wanted and isinstance(text, str) and (isbn := find_isbn(text))
    ]
    return tuple(dict.fromkeys(valid))


def _covers(links: object) -> tuple[str, str, str] | None:
    """Small, medium and large picture; the query stays, since it is what names the picture."""
    given = object_of(links)
    url = next((found for name in _LINKS if (found := picture_of(given.get(name), _HOSTS))), None)
    if url is None:
        return None
    small, medium, large = (_sized(url, zoom) for zoom in _ZOOMS)
    return small, medium, large


def _sized(url: str, zoom: str) -> str:
    """The same picture in another size, without the curled corner. A signed address (`imgtk`) is good for one size."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "edge"]
    signed = any(name == "imgtk" for name, _ in query)
    resized = [(name, zoom if name == "zoom" and not signed else value) for name, value in query]
    return urlunsplit(parts._replace(query=urlencode(resized)))


def _speaks_of_quota(payload: object) -> bool:
    """Whether an error says that there were too many calls, in any of the places where Google says so."""
    error = object_of(payload).get("error", payload)
    details = object_of(error)
    entries = [*list_of(details.get("errors")), *list_of(details.get("details"))]
    said = [
        error,
        details.get("message"),
        details.get("status"),
        *(object_of(entry).get(name) for entry in entries for name in ("reason", "message")),
    ]
    return any(isinstance(text, str) and _QUOTA.search(text) for text in said)
