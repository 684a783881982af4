"""What is to be thought of an answer, given what was asked and who could have known. Pure.

Source: spec 02 "Envelope", spec 08 "Endurance".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from harvest.drill.faults import CATALOGUES, Health
from harvest.drill.library import Book, book, books_of, neighbour
from harvest.drill.load import Ask, Group, Kind

FAILURES = frozenset({502, 503, 504})
PICTURE_FAILURES = FAILURES | {415}  # what the host gave is no picture
Healths = Mapping[str, Health]


class Outcome(StrEnum):
    """Whether somebody who asked was served."""

    ANSWERED = "answered"
    REFUSED = "refused"  # 502, 503 or 504 with the reason, and nobody who was well could have been asked: right, and counted apart
    UNAVAILABLE = "unavailable"  # a failure although somebody was well, or no answer at all
    LATE = "late"  # an answer, but after those who asked have gone


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer as it came. `status` is None where none came; `body` the decoded JSON, None where it is none."""

    status: int | None
    elapsed_s: float
    body: Any = None
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer judged. `wrong` says what is wrong with it, empty where nothing is; `degraded` names who it says failed."""

    ask: Ask
    outcome: Outcome
    elapsed_s: float
    status: int | None = None
    wrong: str = ""
    stale: bool = False
    cached: bool = False
    degraded: tuple[str, ...] = ()
    forgotten: bool = False  # nothing, although it was known before: who knows it failed, and others said that they do not


def judged(ask: Ask, seen: Seen, healths: Healths, *, within_s: float) -> Verdict:
    """One answer to a search or for a picture; `within_s` is how long those who ask wait."""
    if seen.status is None:
        return Verdict(ask, Outcome.UNAVAILABLE, seen.elapsed_s)
    metadata = _object(_object(seen.body).get("metadata"))
    degraded = metadata.get("degraded")
    refusable = _all_failing(ask, healths) and ask.group is not Group.KEPT
    outcome, wrong = Outcome.ANSWERED, ""
    if seen.status in (PICTURE_FAILURES if ask.kind is Kind.COVER else FAILURES):
        outcome = Outcome.REFUSED if refusable else Outcome.UNAVAILABLE
        wrong = _wrong_refusal(ask, seen, healths) if refusable else ""
    elif ask.kind is Kind.COVER:
        wrong = _wrong_picture(ask, seen, healths)
    elif seen.status != 200:
        outcome, wrong = Outcome.UNAVAILABLE, f"status {seen.status}"
    else:
        wrong = _wrong_search(ask, seen, healths)
    return Verdict(
        ask,
        Outcome.LATE if seen.elapsed_s > within_s else outcome,
        seen.elapsed_s,
        seen.status,
        wrong,
        stale=bool(metadata.get("staleBecause")),
        cached=bool(metadata.get("cached")),
        degraded=tuple(name for name in degraded if isinstance(name, str)) if isinstance(degraded, list) else (),
        forgotten=ask.group is Group.KEPT and ask.kind is not Kind.COVER and _says_nothing(seen.body),
    )


def judged_item(ask: Ask, item: Any, healths: Healths) -> Verdict:
    """One item of an enrichment's results; None where it is not among them. A job has no time-out."""
    found, one = _object(item), book(ask.number)
    status, enriched = found.get("status"), _object(found.get("enriched"))
    knowers = [healths[name] for name in one.known_to]
    outcome, wrong = Outcome.ANSWERED, ""
    if status == "success":
        wrong = _strange([enriched.get("work")], [enriched.get("edition")], one)
    elif status == "not_found":
        if Health.WELL in knowers:
            wrong = "not found, although somebody knows it and is well"
        elif Health.DEAD in knowers:
            wrong = "a failure shown as absence"
    else:
        outcome = Outcome.REFUSED if status in ("error", "circuit_open") and Health.WELL not in knowers else Outcome.UNAVAILABLE
    return Verdict(ask, outcome, 0.0, wrong=wrong, cached=bool(found.get("cached")))


def _all_failing(ask: Ask, healths: Healths) -> bool:
    """Whether nobody who could be asked is surely able to answer."""
    asked = ("covers",) if ask.kind is Kind.COVER else CATALOGUES
    return all(healths[name] in (Health.DEAD, Health.LIMPING) for name in asked)


def _wrong_refusal(ask: Ask, seen: Seen, healths: Healths) -> str:
    error = _object(_object(seen.body).get("error"))
    if not error.get("code"):
        return f"{seen.status} without a reason"
    if ask.kind is Kind.COVER:
        return ""
    told = _object(_object(error.get("details")).get("providers"))
    silent = [name for name in CATALOGUES if healths[name] is Health.DEAD and told.get(name) in (None, "ok", "empty")]
    return f"{seen.status} that says nothing of {', '.join(silent)}" if silent else ""


def _wrong_picture(ask: Ask, seen: Seen, healths: Healths) -> str:
    one, health = book(ask.number), healths["covers"]
    if seen.status == 200:
        if not seen.content_type.startswith("image/webp"):
            return f"a picture of type {seen.content_type[:40] or 'unsaid'}"
        return "" if one.pictured else "a picture of a book that has none"
    if seen.status != 404:
        return f"status {seen.status}"
    if ask.group is Group.KEPT:
        return "a kept picture was lost"
    if health is Health.DEAD:
        return "a failure shown as absence"
    return "no picture, although there is one" if one.pictured and health is Health.WELL else ""


def _wrong_search(ask: Ask, seen: Seen, healths: Healths) -> str:
    data, metadata = (_object(_object(seen.body).get(name)) for name in ("data", "metadata"))
    works, editions = data.get("works"), data.get("editions")
    if not isinstance(works, list) or not isinstance(editions, list):
        return "no lists of works and editions"
    one = book(ask.number)
    failed = metadata.get("degraded") or []
    if not works:
        return _wrong_absence(ask, one, failed, healths, cached=bool(metadata.get("cached")))
    if not one.known_to:
        return "a book that nobody knows"
    if ask.kind is Kind.AUTHOR:
        wrong = _wrong_bibliography(works, one)
    elif ask.kind is Kind.ISBN:
        wrong = _strange(works, editions, one)
    else:
        others = [work for work in works[1:] if _title(work) != neighbour(one).title.casefold()]
        wrong = _strange(works[:1], editions[:1], one) or ("another book among those found" if others else "")
    statuses = _object(metadata.get("providers"))
    unsaid = [name for name in CATALOGUES if healths[name] is Health.DEAD and name not in failed and statuses.get(name) != "off"]
    if not wrong and unsaid and not metadata.get("cached"):
        wrong = f"the failure of {', '.join(unsaid)} is not said"
    return wrong


def _wrong_absence(ask: Ask, one: Book, failed: list[Any], healths: Healths, *, cached: bool) -> str:
    """What is wrong with "nothing found"."""
    if ask.group is Group.KEPT and not one.known_to <= set(failed):
        return "a kept answer was lost"
    if cached and failed:
        return "a failure was cached"
    if cached and ask.group is Group.COLD and any(healths[name] is Health.DEAD for name in one.known_to):
        return "a failure was cached as absence"
    if any(healths[name] is Health.DEAD and name not in failed for name in CATALOGUES) and not cached:
        return "a failure shown as absence"
    if any(healths[name] is Health.WELL and name not in failed for name in one.known_to):
        return "nothing found, although somebody knows it and did not fail"
    return ""


def _wrong_bibliography(works: list[Any], one: Book) -> str:
    titles = {other.title.casefold() for other in books_of(one.author_number)}
    if any(_title(work) not in titles for work in works):
        return "another author's book"
    return "" if all(one.author.casefold() in _names(work) for work in works) else "another author"


def _strange(works: list[Any], editions: list[Any], one: Book) -> str:
    """What shows that these are not this one book; empty where nothing does."""
    if any(_title(work) != one.title.casefold() for work in works):
        return "another book's title"
    if any(_names(work) != {one.author.casefold()} for work in works):
        return "another author"
    isbns = [_object(edition).get("isbn") for edition in editions if edition]
    return "another book's ISBN" if any(isbn not in (None, one.isbn13) for isbn in isbns) else ""


def _says_nothing(body: Any) -> bool:
    """Whether it is an answer that found nothing."""
    return _object(_object(body).get("data")).get("works") == []


def _title(work: Any) -> str:
    return str(_object(work).get("title")).casefold()


def _names(work: Any) -> set[str]:
    authors = _object(work).get("authors")
    return {str(_object(author).get("name")).casefold() for author in authors} if isinstance(authors, list) else set()


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
