"""The contract of a provider: what to ask it, and how to read what it says. No I/O: the gateway asks.

Adding one is one file in `providers/` and its test. A provider never sees another's answer.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar

from search.dto import Author, Record


class Kind(StrEnum):
    """What a question asks for."""

    ISBN = "isbn"  # one edition by its ISBN
    MANY_ISBNS = "many_isbns"  # many editions in one call
    TITLE = "title"  # words of a title
    ADVANCED = "advanced"  # title and author, or one of them
    ANY = "any"  # words of a title, an author, or both
    PROVIDER_ID = "provider_id"  # one work or edition by the id that a provider gave it
    STORED_WORK = "stored_work"  # a work by its id as the provider stores it: what its search leaves out
    EDITIONS = "editions"  # the editions of a work by the id that a provider gave it
    AUTHORS = "authors"  # the people of a name
    PERSON = "person"  # one of them by the id that a provider gave
    AUTHOR = "author"  # what somebody wrote as a search gives it: by the provider's id of the author where it has one, else by name
    AUTHOR_WORKS = "author_works"  # what somebody wrote as the provider lists it, by its id of the author


@dataclass(frozen=True, slots=True)
class Question:
    """One question to all providers. `text`, `title` and `author` are what the user typed, cleaned of control characters only."""

    kind: Kind
    isbns: tuple[str, ...] = ()  # ISBN-13
    text: str = ""  # TITLE and ANY
    title: str = ""  # ADVANCED
    author: str = ""  # ADVANCED, AUTHORS and AUTHOR
    limit: int = 20
    offset: int = 0
    lang: str | None = None  # ISO 639-1
    provider: str = ""  # PROVIDER_ID, STORED_WORK, EDITIONS, PERSON, AUTHOR and AUTHOR_WORKS: whose id it is
    provider_id: str = ""

    def as_json(self) -> dict[str, Any]:
        """Its kind and the members that say something, to be kept."""
        told = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}
        return {**told, "kind": self.kind.value, **({"isbns": list(self.isbns)} if self.isbns else {})}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> "Question":
        """The question that was kept. Raises: ValueError for what is none, of another version for one."""
        try:
            return cls(**{**kept, "kind": Kind(kept["kind"]), "isbns": tuple(kept.get("isbns", ()))})
        except (TypeError, KeyError) as error:
            raise ValueError(f"no question: {error}") from None


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request to the provider; `path` is below its base URL, with every value in it already quoted."""

    path: str
    params: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    form: tuple[tuple[str, str], ...] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a provider knows by an id; `works` is its own count of what they wrote."""

    author: Author
    other_names: tuple[str, ...] = ()
    works: int = 0
    biography: str | None = None  # plain text
    wikidata_id: str | None = None  # Q…


@dataclass(frozen=True, slots=True)
class Page:
    """What a provider answered: the records asked for, and its own estimate of how many there are in all.

    `people` is the answer to AUTHORS and PERSON alone.
    """

    records: tuple[Record, ...] = ()
    total: int = 0
    people: tuple[Person, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it holds nothing that was asked for."""
        return not self.records and not self.people

    @classmethod
    def joined(cls, parts: "Iterable[Page]") -> "Page":
        """The parts of one answer as a whole."""
        pages = list(parts)
        if len(pages) == 1:
            return pages[0]
        records = tuple(record for page in pages for record in page.records)
        return cls(records, max((page.total for page in pages), default=0))


@dataclass(frozen=True, slots=True)
class AuthorList:
    """A question that a provider answers page by page with what somebody wrote.

    `page_size` is how many one call gives, `max_calls` how many calls one bibliography is worth.
    """

    kind: Kind
    page_size: int
    max_calls: int


class BadShape(Exception):
    """The answer is not of the form that the provider documents: a failure of the provider, never 'no such book'."""


class Refusal(StrEnum):
    """What an answer with an error status means."""

    ABSENT = "absent"  # it does not know the book
    QUOTA = "quota"  # too many calls, or today's are used up
    FAULT = "fault"  # its fault, a retry may help
    REJECTED = "rejected"  # it did not accept the call, a retry does not help


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """Settings of one provider. `rate` is calls per second, `daily_budget` calls per UTC day; None is unlimited."""

    base_url: str
    key: str | None = None
    contact: str = ""
    rate: float = 1.0
    daily_budget: int | None = None
    timeout_s: float = 5.0


class Provider(ABC):
    """One outside catalogue."""

    name: ClassVar[str]  # as shown in metadata: "openlibrary"
    label: ClassVar[str]  # for people: "Open Library"
    setting: ClassVar[str]  # prefix of its settings: "OPENLIBRARY"
    default_base_url: ClassVar[str]
    default_rate: ClassVar[float]  # calls per second
    default_daily_budget: ClassVar[int | None]  # calls per UTC day; None: unlimited
    needs_key: ClassVar[bool] = False
    many_isbns: ClassVar[int] = 0  # ISBNs that one call takes; 0: it has no such call
    knows_people: ClassVar[bool] = False  # it tells people of one name apart by ids, and is asked for those first
    author_lists: ClassVar[tuple[AuthorList, ...]] = ()  # what to ask for a bibliography

    def __init__(self, config: ProviderConfig) -> None:
        self.config = config

    @property
    def enabled(self) -> bool:
        """Whether it can be asked at all: the key it needs is there."""
        return not self.needs_key or bool(self.config.key)

    @abstractmethod
    def call(self, question: Question) -> Call | None:
        """The one call that answers the question, or None where this provider cannot."""

    @abstractmethod
    def read(self, question: Question, payload: Any) -> Page:
        """Read a decoded JSON answer of status 200.

        Raises: BadShape when it is not what the API documents. A single broken record is left out, not an error.
        """

    def parts(self, question: Question, payload: Any) -> Iterator[Page]:
        """The same answer in parts, so that whoever reads a long one can do something else in between. Raises: BadShape."""
        yield self.read(question, payload)

    def refusal(self, status: int, payload: Any) -> Refusal:
        """What an answer with this error status says; `payload` is the decoded JSON, or None where it is none."""
        if status == 404:
            return Refusal.ABSENT
        if status == 429:
            return Refusal.QUOTA
        return Refusal.FAULT if status >= 500 else Refusal.REJECTED
