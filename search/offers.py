"""Books that somebody may mean, as they are offered to whoever decides: of the catalogue, or of all who were asked. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from search.acceptance import Meant
from search.asked import MAX_CHARS
from search.entries import FAILED, Lookup
from search.normalisers.text import clean_line
from search.provider import Kind, Question
from search.resolution import Dto, Resolution, Status

LEAST_CHARS = 2  # letters or digits of bare words: one alone is asked of nobody


@dataclass(frozen=True, slots=True)
class Offer:
    """A work with the edition that stands for it, as search answers have them. Offers of one work share their `key`, the work's id."""

    key: str
    work: Dto
    edition: Dto


@dataclass(frozen=True, slots=True)
class Offers:
    """What everybody said to some words, best first. `status` is success where there is an offer; else it and its fields are as in
    Resolution. `absent` names who could not answer; `cached` is whether nobody was asked."""

    found: tuple[Offer, ...] = ()
    status: Status = "not_found"
    error: str | None = None  # a sentence for clients
    error_code: str | None = None
    quota_until: float | None = None  # unix seconds
    absent: tuple[str, ...] = ()
    cached: bool = False

    @classmethod
    def of(cls, told: Lookup) -> "Offers":
        """What a look-up that has an entry found."""
        if told.entry is None:
            raise ValueError("there is no answer")
        data: Dto = orjson.loads(told.entry.data)
        found = tuple(offer(work, edition) for work, edition in zip(data["works"], data["editions"], strict=True))
        return cls(found, "success" if found else "not_found", absent=tuple(told.entry.degraded), cached=told.cached)

    @classmethod
    def without(cls, why: Resolution, statuses: Mapping[str, str]) -> "Offers":
        """None, for the reason that a resolution has; `statuses` by provider."""
        absent = tuple(name for name, status in statuses.items() if status in FAILED)
        return cls((), why.status, why.error, why.error_code, why.quota_until, absent, why.cached)


def offer(work: Dto, edition: Dto) -> Offer:
    """The offer of a work as a search shows it."""
    return Offer(work["id"], work, edition)


def words_question(meant: Meant, text: str) -> Question | None:
    """How words are asked: title and author apart where they are told apart, as a search asks them; None without any."""
    if meant.authors:
        return Question(Kind.ADVANCED, title=meant.asked if meant.title else "", author=meant.authors[0])
    if meant.title:
        return Question(Kind.TITLE, text=meant.asked)
    words = clean_line(text[: 2 * MAX_CHARS])[:MAX_CHARS].strip()
    return Question(Kind.ANY, text=words) if sum(map(str.isalnum, words)) >= LEAST_CHARS else None
