"""Wikidata, as the gateway asks it: who authors are, by one SPARQL query, and whom a single name may mean. Pure.

No search provider: it knows people, not books, and nothing in front of a reply waits for it. Source: spec 05, "Wikidata"; the SPARQL 1.1
protocol; MediaWiki's API, wbsearchentities.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from search.demographics.answers import Candidate, candidates_in, found_ids
from search.demographics.sparql import query_of
from search.dto import Author
from search.provider import Call, Page, Provider, ProviderConfig, Question, Refusal

FOUND_AT_MOST = 7  # people of a name that are looked at
_PUBLIC, _PUBLIC_SPARQL = "https://www.wikidata.org", "https://query.wikidata.org"


@dataclass(frozen=True, slots=True)
class AboutPeople(Question):
    """Who these authors are; or, with `people` (Wikidata ids), what is known of those."""

    authors: tuple[Author, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PeoplePage(Page):
    """The answer: people with what is known of them, or the ids of some whom a name may mean."""

    candidates: Sequence[Candidate] = ()
    ids: Sequence[str] = ()

    @property
    def empty(self) -> bool:
        return not self.candidates and not self.ids


class Wikidata(Provider):
    """Its query service."""

    name: ClassVar[str] = "wikidata"
    label: ClassVar[str] = "Wikidata"
    setting: ClassVar[str] = "WIKIDATA"
    default_base_url: ClassVar[str] = _PUBLIC
    default_rate: ClassVar[float] = 5.0
    default_daily_budget: ClassVar[int | None] = None

    def __init__(self, config: ProviderConfig) -> None:
        public = config.base_url == _PUBLIC  # a stand-in has both under one address
        super().__init__(replace(config, base_url=_PUBLIC_SPARQL) if public else config)

    def call(self, question: Question) -> Call | None:
        """By POST: the query is longer than an address may be."""
        if not isinstance(question, AboutPeople):
            return None
        query = query_of(question.authors, people=question.people)
        return Call("sparql", method="POST", form=(("query", query),), headers={"Accept": "application/sparql-results+json"})

    def read(self, question: Question, payload: Any) -> Page:
        """Raises: BadShape."""
        return PeoplePage(candidates=candidates_in(payload))

    def refusal(self, status: int, payload: Any) -> Refusal:
        """No status means that somebody does not exist."""
        found = super().refusal(status, payload)
        return Refusal.FAULT if found is Refusal.ABSENT else found


class WikidataNames(Wikidata):
    """Its search by name; circuit and rate are those of the query service."""

    def __init__(self, config: ProviderConfig) -> None:
        Provider.__init__(self, config)

    def call(self, question: Question) -> Call | None:
        """Asks for the name of the only author."""
        if not isinstance(question, AboutPeople) or len(question.authors) != 1:
            return None
        wanted = {"action": "wbsearchentities", "search": question.authors[0].name, "language": "en", "uselang": "en", "type": "item"}
        return Call("w/api.php", tuple({**wanted, "limit": str(FOUND_AT_MOST), "format": "json"}.items()))

    def read(self, question: Question, payload: Any) -> Page:
        """Raises: BadShape."""
        if not isinstance(question, AboutPeople):
            raise TypeError("not its question")
        return PeoplePage(ids=found_ids(payload, question.authors[0].name))
