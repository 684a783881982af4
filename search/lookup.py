"""Use-cases of looking something up by an identifier: a work, an edition, the editions of a work, whatever an id of any scheme names.

Raises, all of them: NotFound where nobody has it; ApiError (bad input by field; ProvidersFailed and its kinds when nobody could answer).
"""

import asyncio
from dataclasses import replace
from typing import Any

from bookstrack.lib import exact_json
from bookstrack.lib.db import in_db
from bookstrack.lib.errors import InvalidQuery, NotFound
from search import conf, services
from search.acceptance import same_title
from search.author_lookup import find_author
from search.catalogue import crosswalk
from search.catalogue.answering import followed
from search.catalogue.crosswalk import Lead
from search.entries import Rendered, etag_of
from search.identifiers import find_isbn, openlibrary_id
from search.provider import Kind, Question
from search.schemes import Scheme, canonical, scheme_of
from search.services import Answer
from search.whole_work import search_whole_work
from search.wire import Dto

GOOGLE, OPENLIBRARY = "google-books", "openlibrary"


async def find_work(work_id: str) -> Answer:
    """A work by the id that an answer gave it, an Open Library id, or an ISBN: `{work, edition, authors, expiresAt}`."""
    return _of_one(await search_work(work_id))


async def find_edition(isbn: str) -> Answer:
    """The edition of an ISBN in any spelling: `{edition, work, authors, expiresAt}`; another edition of its work is not it."""
    asked = services.isbn_of(isbn).isbn13
    answer = _found(await services.answer(_by_isbn(asked)), "edition", asked)
    if answer.data["works"][0]["match"]["level"] != "exact_edition":
        raise _not_found("edition", asked)
    return _of_one(answer)


async def resolve(scheme_name: str, text: str) -> Answer:
    """What an id of any scheme names: a search's data, or `author`; with `kind`, `scheme`, `value` and all its `identifiers`."""
    scheme = scheme_of(scheme_name)
    if scheme is None:
        raise InvalidQuery("There is no such scheme.", details={"field": "scheme", "known": [known.value for known in Scheme]})
    value = services.isbn_of(text, "id").isbn13 if scheme is Scheme.ISBN else canonical(scheme, text)
    if value is None:
        raise InvalidQuery(f"This is no id of {scheme.value}.", details={"field": "id"})
    about = {"scheme": scheme.value, "value": value}
    if scheme is Scheme.OPENLIBRARY and value.endswith("A"):
        told = await find_author(await followed(value))
        return with_data(told, {**told.data, **about, "kind": "author", "identifiers": {scheme.value: [told.data["author"]["id"]]}})
    lead = await _lead(scheme, value)
    named = await in_db(crosswalk.identifiers, lead) if lead.known else {}
    question = await _question_of(scheme, value, named, lead)
    if question is None:
        raise _not_found("book", value)
    told = await _searched(question, value)
    data = told.data
    kind = "edition" if data["works"][0]["match"]["level"] == "exact_edition" or lead.editions else "work"
    return with_data(told, {**data, **about, "kind": kind, "identifiers": _joined(named, data, kind)})


async def search_work(work_id: str) -> Answer:
    """A work by any id that names one, as a search of one result."""
    question = question_of(work_id)
    if question is None:
        raise _not_found("work", work_id)
    return await _searched(question, work_id)


def question_of(work_id: str) -> Question | None:
    """What to ask for an id that answers give to works, or for an ISBN; None where it is neither."""
    text = work_id.strip()
    if olid := openlibrary_id(text.upper(), "work") or openlibrary_id(text.upper(), "edition"):
        return Question(Kind.PROVIDER_ID, provider=OPENLIBRARY, provider_id=olid, limit=1)
    head, _, rest = text.partition("-")
    if head == "google" and canonical(Scheme.GOOGLE, rest):
        return Question(Kind.PROVIDER_ID, provider=GOOGLE, provider_id=rest, limit=1)
    if head == conf.CATALOGUE:
        return Question(Kind.PROVIDER_ID, provider=conf.CATALOGUE, provider_id=text, limit=1)
    found = find_isbn(text)
    return _by_isbn(found.isbn13) if found else None


async def own_work(work_id: str) -> str | None:
    """What the local catalogue calls the work of an id that names one; None where it does not have it."""
    question = question_of(work_id)
    if question is None or not conf.with_catalogue():
        return None
    if question.provider == conf.CATALOGUE:
        return question.provider_id
    scheme = Scheme.ISBN if question.isbns else Scheme.GOOGLE if question.provider == GOOGLE else Scheme.OPENLIBRARY
    lead = await in_db(crosswalk.lead, scheme, question.isbns[0] if question.isbns else question.provider_id)
    return crosswalk.catalogue_id(lead.works[0]) if lead.works else None


def with_data(answer: Answer, data: Dto) -> Answer:
    """The answer with other data, under its own tag."""
    shown = exact_json.dumps(data)
    return replace(answer, entry=replace(answer.entry, data=shown, etag=etag_of(shown)))


async def _searched(question: Question, shown_id: str) -> Answer:
    if question.provider == OPENLIBRARY:
        question = replace(question, provider_id=await followed(question.provider_id))
    whole = question.provider == OPENLIBRARY and question.provider_id.endswith("W")
    answer = await (search_whole_work(question) if whole else services.answer(question))
    return await _with_authors(_found(answer, "work", shown_id))


async def _with_authors(answer: Answer) -> Answer:
    """Open Library names an edition's authors by id only: the edition's ISBN, else its work, tells who they are."""
    data = answer.data
    work, edition = data["works"][0], data["editions"][0]
    if work["authors"]:
        return answer
    if edition.get("isbn"):
        other = _by_isbn(edition["isbn"])
    elif work.get("openLibraryWorkID"):
        other = Question(Kind.PROVIDER_ID, provider=OPENLIBRARY, provider_id=work["openLibraryWorkID"], limit=1)
    else:
        return answer
    told = await asyncio.gather(services.answer(other), return_exceptions=True)  # without it the book is shown as it is
    fuller = told[0].data["works"][:1] if isinstance(told[0], Answer) else []
    if not fuller or not same_title(work, fuller[0]):
        return answer
    names = ("authors", "firstPublicationYear")
    completed = work | {name: fuller[0][name] for name in names if not work.get(name) and fuller[0].get(name)}
    return with_data(answer, data | {"works": [completed], "authors": fuller[0]["authors"]})


async def _lead(scheme: Scheme, value: str) -> Lead:
    return await in_db(crosswalk.lead, scheme, value) if conf.with_catalogue() else Lead(scheme, value)


async def _question_of(scheme: Scheme, value: str, named: dict[str, list[str]], lead: Lead) -> Question | None:
    """What to ask for an id: itself where outside catalogues know it too, else what the local one calls the same edition."""
    if scheme is Scheme.ISBN:
        return _by_isbn(value)
    if scheme in (Scheme.OPENLIBRARY, Scheme.GOOGLE):
        provider = OPENLIBRARY if scheme is Scheme.OPENLIBRARY else GOOGLE
        return Question(Kind.PROVIDER_ID, provider=provider, provider_id=value, limit=1)
    if named.get("isbn"):
        return _by_isbn(named["isbn"][0])
    own = [*named.get("openlibrary", []), *(crosswalk.catalogue_id(key) for key in lead.works)]
    return question_of(own[0]) if own else None


def _joined(named: dict[str, list[str]], data: Dto, kind: str) -> dict[str, list[str]]:
    """What the catalogue and the answer together know of ids, each once."""
    work, edition = data["works"][0], data["editions"][0]
    told: dict[str, list[Any]] = {
        "isbn": edition["isbns"] if kind == "edition" else [],
        "openlibrary": [edition.get("openLibraryID") if kind == "edition" else None, work.get("openLibraryWorkID")],
        "goodreads": [edition.get("goodreadsID")],
        "librarything": edition["librarythingIDs"],
        "asin": edition["amazonASINs"],
        "google": edition["googleBooksVolumeIDs"],
    }
    every = {scheme: dict.fromkeys([*named.get(scheme, []), *filter(None, told.get(scheme, []))]) for scheme in {**told, **named}}
    return {scheme: list(ids) for scheme, ids in every.items() if ids}


def _of_one(answer: Answer) -> Answer:
    data = answer.data
    one: Dto = {"work": data["works"][0], "edition": data["editions"][0], "authors": data["authors"], "expiresAt": data["expiresAt"]}
    return with_data(answer, one)


def _found(answer: Answer, what: str, asked: str) -> Answer:
    """The answer, unless it is empty: absence only where everybody who may know it could be heard."""
    if answer.entry.found:
        return answer
    if answer.entry.degraded:
        raise Rendered(None, answer.entry.providers).error()
    raise _not_found(what, asked)


def _not_found(what: str, asked: str) -> NotFound:
    shown = "".join(sign for sign in asked[:64] if sign.isprintable())
    return NotFound(f"No catalogue has such {'an' if what == 'edition' else 'a'} {what}.", details={"id": shown})


def _by_isbn(isbn13: str) -> Question:
    return Question(Kind.ISBN, isbns=(isbn13,), limit=1)
