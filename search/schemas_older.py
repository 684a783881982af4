"""Shapes of the older routes and of one provider alone, for validation and for the OpenAPI document."""

from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from search.schemas import AuthorDto, EditionDto, Limit, Strict, WorkDto


class OlderWords(Strict):
    q: str = Field("", description="2 to 500 characters, any script", examples=["Dune"])
    maxResults: Limit = 20


class OlderIsbn(Strict):
    isbn: str = Field(max_length=200, description="ISBN-10 or 13 in any spelling", examples=["978-0-441-17271-9"])
    maxResults: Limit = Field(1, description="taken and of no effect: an ISBN is one edition's")


class OlderAdvanced(Strict):
    bookTitle: str = Field("", max_length=1000, examples=["The Left Hand of Darkness"])
    authorName: str = Field("", max_length=1000, examples=["Ursula K. Le Guin"])
    isbn: str = Field("", max_length=200, examples=["9780441478125"])
    maxResults: Limit = 20


class Volume(Schema):
    kind: Literal["books#volume"]
    id: str
    volumeInfo: dict[str, Any] = Field(description="members of Google's Volume: title, authors, industryIdentifiers, imageLinks, …")


class OlderReply(Schema):
    kind: Literal["books#volumes"]
    totalItems: int
    items: list[Volume]
    provider: str
    cached: bool
    responseTime: float = Field(description="ms")


class ExternalAuthor(Strict):
    author: str = Field("", description="2 to 500 characters", examples=["Ursula K. Le Guin"])
    maxResults: Limit = 20


class ExternalEditions(ExternalAuthor):
    title: str = Field("", description="2 to 500 characters", examples=["The Dispossessed"])


class ExternalIsbn(Strict):
    isbn: str = Field(max_length=200, description="ISBN-10 or 13 in any spelling", examples=["978-0-441-17271-9"])


class ExternalReply(Schema):
    works: list[WorkDto]
    editions: list[EditionDto] = Field(description="editions[i] is of works[i]")
    authors: list[AuthorDto]
    provider: str
    cached: bool
