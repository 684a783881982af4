"""The search page: one box, its results, and every state in words.

It works without a script. With one, static/bookstrack/search.js fills the same markup from the API; the words it needs
are those of WORDS below, so that each is written once.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf.locale import LANG_INFO
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bookstrack.lib.errors import ApiError, BadInput, InvalidIsbnGiven
from search import services
from search.normalisers.text import clean_line

PAGE_SIZE = 20
MAX_OFFSET = 1000
MAX_TYPED_CHARS = 1000  # repeated in the box; no search takes more

LEVELS = {
    "exact_edition": "exact edition",
    "same_work": "same work",
    "work_only": "words agree",
    "guess": "a guess",
}
PROVIDERS = {
    "catalogue": "Local catalogue",
    "openlibrary": "Open Library",
    "google-books": "Google Books",
    "isbndb": "ISBNdb",
}
FAILURES = {
    "late": "did not answer in time",
    "timeout": "did not answer in time",
    "throttled": "takes no more questions for now",
    "open": "is left alone for a while after repeated failures",
    "error": "failed",
}
WORDS = {
    "pageSize": PAGE_SIZE,
    "maxOffset": MAX_OFFSET,
    "levels": LEVELS,
    "providers": PROVIDERS,
    "failures": FAILURES,
    "asIsbn": "This was read as an ISBN. ",
    "incomplete": "Results may be incomplete.",
    "stale": "No catalogue answers just now. These results are from an earlier search and may be out of date.",
    "retry": "Trying again in {} may help.",
    "noRetry": "Trying the same again will not help.",
}
MORE_LANGUAGES = {  # of books, where Django's own list is of web sites
    "am": "Amharic", "bo": "Tibetan", "gu": "Gujarati", "ha": "Hausa", "ku": "Kurdish", "la": "Latin", "lo": "Lao", "mg": "Malagasy",
    "mi": "Māori", "mt": "Maltese", "or": "Odia", "ps": "Pashto", "sa": "Sanskrit", "sd": "Sindhi", "si": "Sinhala", "so": "Somali",
    "tl": "Tagalog", "xh": "Xhosa", "yi": "Yiddish", "yo": "Yoruba", "zh": "Chinese", "zu": "Zulu",
}  # fmt: skip
EXAMPLES = (
    ("The Left Hand of Darkness", "en", "a title"),
    ("ノルウェイの森", "ja", "in any script"),
    ("Ursula K. Le Guin", "en", "an author"),
    ("978-0-441-17271-9", "", "an ISBN"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One result as the page shows it; unknown is an empty text."""

    id: str = ""
    title: str = ""
    subtitle: str = ""
    language: str = ""  # of the title, ISO 639-1
    authors: Sequence[str] = ()
    author: str = ""  # the first, to ask for editions
    facts: Sequence[str] = ()  # year, publisher, pages, format
    cover: str = ""
    level: str = ""
    level_words: str = ""
    reasons: Sequence[str] = ()
    found_by: str = ""
    isbns: Sequence[str] = ()

    @property
    def initial(self) -> str:
        """What stands on the placeholder of a cover."""
        return self.title[:1].upper()


@dataclass(frozen=True, slots=True)
class Page:
    """What the template fills in; `state` is one of welcome, invalid, books, nothing, failed."""

    query: str = ""
    offset: int = 0
    state: str = "welcome"
    status: int = 200
    problem: str = ""  # what is wrong with the input, or what failed
    advice: str = ""  # whether a retry helps
    retryable: bool = False
    summary: str = ""
    notes: str = ""
    books: Sequence[Shown] = ()
    by_isbn: bool = False
    next_offset: int | None = None
    words: Mapping[str, Any] = field(default_factory=lambda: WORDS)
    examples: Sequence[tuple[str, str, str]] = EXAMPLES
    blank: Shown = Shown()

    @property
    def previous_offset(self) -> int | None:
        """None on the first page."""
        return max(0, self.offset - PAGE_SIZE) if self.offset else None


@require_safe
async def index(request: HttpRequest) -> HttpResponse:
    """The page at `/`: `q` is what was typed, `offset` 0..1000 where its results begin."""
    typed = clean_line(request.GET.get("q", ""))
    page = await _page(typed, _offset(request.GET.get("offset", "")))
    response = render(request, "search/index.html", {"page": page}, status=page.status)
    response.headers["Cache-Control"] = "private, max-age=0"
    return response


async def _page(typed: str, offset: int) -> Page:
    shown = typed[:MAX_TYPED_CHARS]
    if not typed:
        return Page()
    try:
        answer = await services.search_any(typed, limit=PAGE_SIZE, offset=offset)
    except BadInput as error:
        read_as = str(WORDS["asIsbn"]) if isinstance(error, InvalidIsbnGiven) else ""
        return Page(query=shown, state="invalid", status=error.status, problem=read_as + error.message)
    except ApiError as error:
        return _failed(shown, offset, error)
    data, about = answer.data, answer.metadata
    works, total = data["works"], data["totalResults"]
    following = offset + PAGE_SIZE
    return Page(
        query=shown,
        offset=offset,
        state="books" if works or offset else "nothing",
        summary=summary(offset, len(works), total),
        notes=notes(about),
        books=[shown_book(work, edition) for work, edition in zip(works, data["editions"], strict=True)],
        by_isbn=data.get("detected", {}).get("kind") == "isbn",
        next_offset=following if works and following < total and following <= MAX_OFFSET else None,
    )


def _failed(shown: str, offset: int, error: ApiError) -> Page:
    failures = failures_in_words(error.details.get("providers", {}))
    retry = str(WORDS["retry"]).format(wait_in_words(error.retry_after_ms))
    return Page(
        query=shown,
        offset=offset,
        state="failed",
        status=error.status,
        problem=" ".join(filter(None, [error.message, failures])),
        advice=retry if error.retryable else str(WORDS["noRetry"]),
        retryable=error.retryable,
    )


def _offset(text: str) -> int:
    """0..1000; whatever else was in the address means the beginning."""
    return min(int(text), MAX_OFFSET) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def shown_book(work: Mapping[str, Any], edition: Mapping[str, Any]) -> Shown:
    """A work and its edition, as on the wire, in words."""
    title = work["title"]
    authors = [author["name"] for author in work["authors"]]
    of_edition = edition.get("language") if edition.get("title") == title else None
    match = work["match"]
    return Shown(
        id=work["id"],
        title=title,
        subtitle=work.get("subtitle", ""),
        language=of_edition or work.get("originalLanguage", ""),
        authors=authors,
        author=authors[0] if authors else "",
        facts=facts(work, edition),
        cover=cover_url(edition, work),
        level=match["level"],
        level_words=LEVELS[match["level"]],
        reasons=match["reasons"],
        found_by=", ".join(PROVIDERS.get(name, name) for name in work["providers"]),
        isbns=work["isbn"],
    )


def facts(work: Mapping[str, Any], edition: Mapping[str, Any]) -> list[str]:
    """Year of the work, and what is known of the edition, as short texts."""
    first, own, pages = work.get("firstPublicationYear"), edition.get("publicationYear"), edition.get("pageCount")
    known = [
        year_in_words(first) if first else "",
        edition.get("publisher", ""),
        f"edition of {own}" if own and own != first else "",
        f"{pages} pages" if pages else "",
        edition.get("format", ""),
        language_name(edition.get("language", "")),
    ]
    return [fact for fact in known if fact]


def year_in_words(year: int) -> str:
    """1965, or 750 BCE."""
    return str(year) if year > 0 else f"{-year} BCE"


def language_name(code: str) -> str:
    """The English name of a language; the code itself where we know none."""
    return MORE_LANGUAGES.get(code) or str(LANG_INFO.get(code, {}).get("name", code))


def cover_url(edition: Mapping[str, Any], work: Mapping[str, Any]) -> str:
    """The medium cover, where its address is one that a page may load; else nothing."""
    url = (edition.get("coverUrls") or {}).get("medium") or edition.get("coverImageURL") or work.get("coverImageURL") or ""
    return url if url.startswith(("https://", "/covers/")) else ""


def summary(offset: int, count: int, total: int) -> str:
    """How many books are shown, of how many."""
    if not count:
        return "There are no more books."
    if offset == 0 and count >= total:
        return "1 book" if count == 1 else f"{count} books"
    if offset == 0:
        return f"The first {count} of about {total} books"
    return f"Books {offset + 1} to {offset + count} of about {max(total, offset + count)}"


def notes(about: Mapping[str, Any]) -> str:
    """What keeps the answer from being whole and fresh; empty when it is both."""
    if about.get("staleBecause"):
        return str(WORDS["stale"])
    failures = failures_in_words(about["providers"])
    return f"{failures} {WORDS['incomplete']}" if failures else ""


def failures_in_words(statuses: Mapping[str, str]) -> str:
    """One sentence that names who failed, and how."""
    failed = [f"{PROVIDERS.get(name, name)} {FAILURES[status]}" for name, status in statuses.items() if status in FAILURES]
    return f"{'; '.join(failed)}." if failed else ""


def wait_in_words(wait_ms: int | None) -> str:
    """Roughly how long: "a moment", "40 seconds", "5 minutes", "7 hours"."""
    seconds = math.ceil((wait_ms or 0) / 1000)
    if seconds <= 5:
        return "a moment"
    if seconds <= 90:
        return f"{seconds} seconds"
    if seconds <= 90 * 60:
        return f"{math.ceil(seconds / 60)} minutes"
    return f"{math.ceil(seconds / 3600)} hours"
