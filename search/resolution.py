"""What a batch asks for, and what it gets: which book an item is, how sure that is, and why. Values only.

Source: spec 06, "Batch enrichment" (members of an item).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Dto = dict[str, Any]
Status = Literal["success", "not_found", "error", "circuit_open"]
By = Literal["isbn", "openlibrary_id", "google_id", "goodreads", "librarything", "asin", "lccn", "oclc", "title_author", "title"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A book as somebody described it, in any spelling; what is not known is empty. A bad ISBN is this item's error only."""

    title: str = ""
    author: str = ""
    isbn: str = ""
    google_id: str = ""  # of a volume of Google Books
    openlibrary_id: str = ""  # OL…W or OL…M
    ids: Mapping[str, str] = field(default_factory=dict)  # by scheme, of those that the local catalogue alone knows: goodreads, asin, …


@dataclass(frozen=True, slots=True)
class Resolution:
    """Which book it is. `edition` is None where only the work is known; `quota_until` (unix seconds) is when providers that are
    all out of quota answer again, None otherwise; `cached` is whether nobody was asked outside for it.

    `candidates` is the ledger: at most five books considered, {title, author?, isbn?, score, titleScore, authorScore?, chosen, reason}.
    """

    wanted: Wanted
    status: Status
    error: str | None = None  # a sentence for clients
    error_code: str | None = None
    match: Dto | None = None  # {score: 0..1, by}
    work: Dto | None = None
    edition: Dto | None = None
    authors: tuple[Dto, ...] = ()
    provider: str = "none"  # "openlibrary+isbndb", "catalogue", "none"
    cached: bool = False
    quota_until: float | None = None
    candidates: tuple[Dto, ...] = ()

    @property
    def success(self) -> bool:
        return self.status == "success"

    def of(self, wanted: Wanted) -> "Resolution":
        """The same book for a duplicate, which may be spelt otherwise."""
        return replace(self, wanted=wanted)

    def as_item(self) -> Dto:
        """The members of an item of the result; its index is the pipeline's."""
        item: Dto = {
            "title": self.wanted.title,
            "author": self.wanted.author,
            "isbn": self.wanted.isbn,
            "success": self.success,
            "status": self.status,
            "provider": self.provider,
            "cached": self.cached,
            "candidates": list(self.candidates),
        }
        if self.error:
            item["error"] = self.error
        if self.match:
            item["match"] = self.match
        if self.work:
            edition = {"edition": self.edition} if self.edition else {}
            item["enriched"] = {"work": self.work, **edition, "authors": list(self.authors)}
        return item


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch would cost, as well as that can be known without asking.

    `calls` counts outside calls by provider, a call for each title or id that is not cached included; `waits_until` (unix seconds)
    is when somebody can be asked again, None when somebody can be now, or nobody needs to.
    """

    items: int
    cached: int  # items whose answer is kept
    calls: Mapping[str, int] = field(default_factory=dict)
    budget_left: Mapping[str, int] = field(default_factory=dict)  # of providers with a daily budget
    seconds_p50: float = 0.0
    seconds_p90: float = 0.0
    waits_until: float | None = None


def found(
    wanted: Wanted, by: By, score: float, work: Dto, edition: Dto | None, *, cached: bool, candidates: tuple[Dto, ...] = ()
) -> Resolution:
    """A book that was found, with what is to be shown of it."""
    return Resolution(
        wanted,
        "success",
        match={"score": round(score, 3), "by": by},
        work=work if edition else work_alone(work),
        edition=edition,
        authors=tuple(work["authors"]),
        provider="+".join(work.get("providers", ())) or "none",
        cached=cached,
        candidates=candidates,
    )


_OF_AN_EDITION = ("publicationDate", "pageCount", "isbndbID", "googleBooksVolumeID", "goodreadsID")
_LISTS_OF_AN_EDITION = ("amazonASINs", "librarythingIDs", "googleBooksVolumeIDs")


def work_alone(work: Dto) -> Dto:
    """A work without the facts of the edition that happened to stand for it: they may not be those of the one that was asked for."""
    bare = {name: value for name, value in work.items() if name not in _OF_AN_EDITION}
    return bare | {name: [] for name in _LISTS_OF_AN_EDITION}
