"""The use-case of one author by id: what the catalogue and Open Library say of the person.

Raises: NotFound where nobody has them; ProvidersFailed and its kinds when nobody could answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bookstrack.lib import clock, exact_json
from bookstrack.lib.errors import NotFound
from search import fan_out, services
from search.cache import Entry, jittered_s, key_of
from search.conf import CATALOGUE, TTL
from search.demographics.laying import author_of, lay_over
from search.demographics.laying import key_of as key_of_author
from search.entries import FAILED, Rendered, etag_of
from search.gateway import ProviderAnswer, Status
from search.people import person_dto
from search.provider import Kind, Person, Question
from search.services import Answer

FACTS = ("birthYear", "biography", "bookCount", "wikidataID")  # of a complete entry


async def find_author(author_id: str) -> Answer:
    """An author by Open Library's id: `{author, otherNames, expiresAt}`."""
    question = Question(Kind.PERSON, provider="openlibrary", provider_id=author_id, limit=1)
    key = key_of(question)
    told = await services.looked_up(
        key, Kind.PERSON.value, lambda: fan_out.ask_everybody(services.cache, key, question, render=rendered)
    )
    if told.entry.found:
        return await _with_demographics(told)
    if told.entry.degraded:
        raise Rendered(None, told.entry.providers).error()
    raise NotFound("No catalogue has such an author.", details={"id": author_id})


async def _with_demographics(told: Answer) -> Answer:
    """The same with who the author is, where that is known within a moment; what comes later is there the next time."""
    data = told.data
    if "demographicsSource" in data["author"]:
        return told
    author = author_of(data["author"])
    known = await services.demographics_of(author)
    if known is None or not lay_over(data, {key_of_author(author): known}):
        return told
    shown = exact_json.dumps(data)
    return replace(told, entry=replace(told.entry, data=shown, etag=etag_of(shown)))


async def known_person(author_id: str) -> Person:
    """The same as somebody whose works can be asked for."""
    data = (await find_author(author_id)).data
    found = data["author"]
    author = replace(author_of(found), openlibrary_id=author_id)
    return Person(author, tuple(data["otherNames"]), works=found.get("bookCount", 0))


def rendered(question: Question, answers: Sequence[ProviderAnswer]) -> Rendered:
    """What they said, in the order of trust, as one entry; none where all failed who were asked outside, and nobody else knew."""
    statuses = {answer.provider: answer.status.value for answer in answers}
    known_by = {answer.provider: answer.page.people[0] for answer in answers if answer.page.people}
    outside = [answer.status for answer in answers if answer.provider != CATALOGUE and answer.status is not Status.OFF]
    if not known_by and outside and all(status in FAILED for status in outside):
        retry_at = min((answer.retry_at for answer in answers if answer.retry_at), default=None)
        return Rendered(None, statuses, retry_at)
    degraded = [answer.provider for answer in answers if answer.status in FAILED]
    ttl_s = jittered_s(TTL.words if known_by else TTL.nothing_words, degraded=bool(degraded))
    return Rendered(_entry(known_by, statuses, degraded, ttl_s), statuses)


def _entry(known_by: Mapping[str, Person], statuses: dict[str, str], degraded: list[str], ttl_s: float) -> Entry:
    now = clock.unix_s()
    dto = person_dto(known_by) if known_by else None
    names = dict.fromkeys(name for person in known_by.values() for name in person.other_names)
    shown = exact_json.dumps({"author": dto, "otherNames": list(names), "expiresAt": clock.iso_ms(clock.from_unix(now + ttl_s))})
    return Entry(
        data=shown,
        created_at=now,
        ttl_s=ttl_s,
        provider="+".join(known_by) or "none",
        providers=statuses,
        degraded=degraded,
        etag=etag_of(shown),
        completeness=round(100 * sum(name in dto for name in FACTS) / len(FACTS)) if dto else 0,
        found=1 if dto else 0,
    )
