"""Google Books: https://developers.google.com/books/docs/v1/using

`publishedDate` is that edition's, never the work's first; no binding is given; `totalItems` is an estimate.
"""

import re
from typing import Any

from search.dto import Edition, Record, Series
from search.normalisers.dates import parse_date
from search.normalisers.languages import language_code
from search.normalisers.numbers import page_count
from search.normalisers.titles import parse_title
from search.provider import BadShape, Call, Kind, Page, Provider, Question, Refusal
from search.providers._shapes import authors_of, description_of, dict_of, https, isbns_of, list_of, text_of, texts_of

MAX_RESULTS = 40
_QUOTA = {
    "rateLimitExceeded",
    "dailyLimitExceeded",
    "quotaExceeded",
    "userRateLimitExceeded",
    "RESOURCE_EXHAUSTED",
    "rateLimitExceededUnreg",
}


class GoogleBooks(Provider):
    name = "google-books"
    label = "Google Books"
    setting = "GOOGLE_BOOKS"
    default_base_url = "https://www.googleapis.com/books/v1"
    default_rate = 10.0
    default_daily_budget = 1000
    needs_key = True  # without one its quota is zero nowadays

    def call(self, question: Question) -> Call | None:
        asked = _query(question)
        if not asked:
            return None
        params = [("q", asked), ("maxResults", str(min(question.limit, MAX_RESULTS))), ("printType", "books")]
        if question.kind is Kind.ISBN:
            params[1] = ("maxResults", "5")  # it answers with other ISBNs too; ours may not be the first
        if question.offset:
            params.append(("startIndex", str(question.offset)))
        if question.lang:
            params.append(("langRestrict", question.lang))
        return Call("/volumes", tuple(params), headers={"X-Goog-Api-Key": self.config.key or ""})

    def read(self, question: Question, payload: Any) -> Page:
        if not isinstance(payload, dict) or "error" in payload or not ("totalItems" in payload or "items" in payload):
            raise BadShape
        items = payload.get("items", [])
        if not isinstance(items, list):
            raise BadShape
        records = tuple(record for item in items if (record := read_volume(item)))
        total = payload.get("totalItems")
        return Page(
            records, total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else len(records)
        )

    def refusal(self, status: int, payload: Any) -> Refusal:
        error = dict_of(dict_of(payload).get("error"))
        reasons = {dict_of(one).get("reason") for one in list_of(error.get("errors"))} | {error.get("status")}
        reasons = {reason for reason in reasons if isinstance(reason, str)}
        if status == 429 or reasons & _QUOTA or (status < 500 and "quota" in str(error.get("message", "")).lower()):
            return Refusal.QUOTA
        return super().refusal(status, payload)


def _query(question: Question) -> str | None:
    if question.kind is Kind.ISBN:
        return f"isbn:{question.isbns[0]}"
    if question.kind in (Kind.TITLE, Kind.ANY):
        return question.text
    if question.kind is Kind.ADVANCED:
        parts = [
            f'{field}:"{text}"'
            for field, text in (("intitle", _unquoted(question.title)), ("inauthor", _unquoted(question.author)))
            if text
        ]
        return " ".join(parts) or None
    return None


def _unquoted(text: str) -> str:
    return text.replace('"', " ").strip()


def read_volume(item: Any) -> Record | None:
    """A volume resource; None where it has no title, or is no book."""
    volume = dict_of(item)
    info = dict_of(volume.get("volumeInfo"))
    title = text_of(info.get("title"))
    if not title or info.get("printType") == "MAGAZINE":
        return None
    authors = authors_of(info.get("authors", []))
    parsed = parse_title(title, text_of(info.get("subtitle")), [author.name for author in authors])
    published = parse_date(info.get("publishedDate"))
    cover, covers = _covers(dict_of(info.get("imageLinks")))
    ebook = dict_of(volume.get("saleInfo")).get("isEbook") is True
    identifiers = [dict_of(one) for one in list_of(info.get("industryIdentifiers"))]
    return Record(
        provider=GoogleBooks.name,
        title=parsed.title,
        subtitle=parsed.subtitle,
        authors=authors,
        subjects=tuple(texts_of(info.get("categories"), 60)),
        description=description_of(info.get("description")),
        series=Series(*parsed.series) if parsed.series else None,
        edition=Edition(
            isbns=isbns_of(one.get("identifier") for one in identifiers if one.get("type") in ("ISBN_13", "ISBN_10")),
            title=parsed.title,
            subtitle=parsed.subtitle,
            publisher=text_of(info.get("publisher"), 300),
            published=published.iso if published else None,
            page_count=page_count(info.get("pageCount")),
            format="E-book" if ebook else None,
            language=language_code(info.get("language")),
            cover_url=cover,
            cover_urls=covers,
            note=parsed.edition_note,
            google_id=text_of(volume.get("id"), 40),
        ),
        popularity=_popularity(info),
    )


def _popularity(info: dict[str, Any]) -> float:
    ratings = info.get("ratingsCount")
    count = ratings if isinstance(ratings, int) and not isinstance(ratings, bool) and ratings > 0 else 0
    return count / (count + 100)


def _covers(links: dict[str, Any]) -> tuple[str | None, tuple[str, str, str] | None]:
    """One address for all sizes, told apart by `zoom`; the rest of its query identifies the picture and stays."""
    source = next(
        (url for name in ("thumbnail", "smallThumbnail", "medium", "large") if (url := https(links.get(name)))), None
    )
    if source is None:
        return None, None
    plain = re.sub(r"&edge=curl|edge=curl&", "", source)
    if "zoom=" not in plain:
        return plain, None
    small, medium, large = (re.sub(r"zoom=\d+", f"zoom={zoom}", plain) for zoom in (5, 1, 2))
    return medium, (small, medium, large)
