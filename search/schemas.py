"""Shapes of the search routes for validation and for the OpenAPI document; rendering itself is wire.py's."""

from typing import Annotated, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from search.bibliography import Sort
from search.dto import MatchLevel

Lang = Annotated[str | None, Field(pattern=r"^[a-z]{2}$", description="ISO 639-1", examples=["en"])]
Offset = Annotated[int, Field(ge=0, le=1000)]
Limit = Annotated[int, Field(ge=1, le=40)]
MAX_WORKS = 20_000  # of a bibliography: no writer has more
Floor = Annotated[
    MatchLevel | None, Field(description="drop what matches less surely than this", examples=["work_only"])
]


class Strict(Schema):
    model_config = ConfigDict(extra="forbid")


class IsbnQuery(Strict):
    isbn: str = Field(max_length=200, description="ISBN-10 or 13 in any spelling", examples=["978-0-441-17271-9"])
    minMatch: Floor = None


class WordsQuery(Strict):
    q: str = Field("", description="2 to 500 characters, any script", examples=["Dune"])
    limit: Limit = 20
    offset: Offset = 0
    lang: Lang = None
    minMatch: Floor = None


class TitleQuery(WordsQuery):
    title: str = Field("", description="the same as q")
    maxResults: Limit | None = Field(None, description="the same as limit")


class AdvancedQuery(Strict):
    title: str = Field("", max_length=1000, examples=["The Left Hand of Darkness"])
    author: str = Field("", max_length=1000, examples=["Ursula K. Le Guin"])
    isbn: str = Field("", max_length=200, examples=["9780441478125"])
    limit: Limit = 20
    offset: Offset = 0
    lang: Lang = None
    minMatch: Floor = None


class AuthorQuery(Strict):
    q: str = Field("", description="a name, 2 to 500 characters, or Open Library's id of the author", examples=["Ursula K. Le Guin"])
    author: str = Field("", description="the same as q")
    minMatch: Floor = None
    limit: int = Field(50, ge=1, le=100)
    offset: int = Field(0, ge=0, le=MAX_WORKS)
    sortBy: Sort = Field(Sort.YEAR, description="newest first, oldest first, by title, best known first", examples=["title"])


class PageQuery(Strict):
    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=MAX_WORKS)


class NoQuery(Strict):
    """Nothing is asked but what the path says."""


class EditionsQuery(Strict):
    workTitle: str = Field("", description="2 to 500 characters, any script", examples=["The Dispossessed"])
    author: str = Field("", description="has to agree where it is given", examples=["Ursula K. Le Guin"])
    limit: int = Field(20, ge=1, le=100)


class MatchDto(Schema):
    level: Literal["exact_edition", "same_work", "work_only", "guess"]
    score: float = Field(ge=0, le=1)
    reasons: list[str]


Region = Literal[
    "Africa", "Asia", "Europe", "North America", "South America", "Oceania", "Middle East", "Caribbean", "Central Asia", "Indigenous",
    "International",
]  # fmt: skip


class DemographicsSource(Schema):
    provider: Literal["wikidata"]
    retrievedAt: str
    confidence: float = Field(ge=0, le=1, description="how sure it is that this person is meant")


class AuthorDto(Schema):
    id: str | None = None
    name: str
    gender: Literal["Female", "Male", "Non-binary", "Other", "Unknown"]
    culturalRegion: Region | None = None
    nationality: str | None = Field(None, description="the country that they are, or were, a citizen of")
    birthYear: int | None = None
    deathYear: int | None = None
    birthDate: str | None = Field(None, description="YYYY-MM-DD")
    openLibraryID: str | None = None
    isbndbID: str | None = None
    wikidataID: str | None = None
    biography: str | None = None
    bookCount: int | None = Field(None, description="works that a catalogue counts; of /v1/authors only")
    demographicsSource: DemographicsSource | None = Field(None, description="where gender, region, nationality and dates come from")


class SeriesDto(Schema):
    name: str
    position: float | None = None


class WorkDto(Schema):
    id: str
    title: str
    subtitle: str | None = None
    authors: list[AuthorDto]
    subjectTags: list[str]
    genres: list[str]
    contributors: list[str]
    isbn: list[str]
    goodreadsWorkIDs: list[str]
    amazonASINs: list[str]
    librarythingIDs: list[str]
    googleBooksVolumeIDs: list[str]
    isbndbQuality: int = Field(ge=0, le=100)
    reviewStatus: Literal["verified", "needsReview", "userEdited"]
    synthetic: bool
    primaryProvider: str | None = None
    providers: list[str]
    originalLanguage: str | None = None
    firstPublicationYear: int | None = None
    publicationDate: str | None = None
    description: str | None = None
    coverImageURL: str | None = None
    cover: str | None
    pageCount: int | None = None
    series: SeriesDto | None = None
    openLibraryID: str | None = None
    openLibraryWorkID: str | None = None
    isbndbID: str | None = None
    googleBooksVolumeID: str | None = None
    goodreadsID: str | None = None
    quality: int = Field(ge=0, le=100)
    match: MatchDto
    sources: dict[str, str] = Field(description="which provider each field came from")


class CoverUrls(Schema):
    small: str
    medium: str
    large: str


class EditionDto(Schema):
    isbn: str | None = None
    isbns: list[str]
    format: Literal["Hardcover", "Paperback", "E-book", "Audiobook", "Mass Market"] | None = None
    title: str | None = None
    subtitle: str | None = None
    publisher: str | None = None
    publicationDate: str | None = Field(None, description="YYYY, YYYY-MM or YYYY-MM-DD")
    publicationYear: int | None = None
    pageCount: int | None = None
    language: str | None = None
    coverImageURL: str | None = None
    coverUrls: CoverUrls | None = None
    editionTitle: str | None = None
    contributors: list[str]
    amazonASINs: list[str]
    googleBooksVolumeIDs: list[str]
    librarythingIDs: list[str]
    isbndbQuality: int = Field(ge=0, le=100)
    primaryProvider: str | None = None
    openLibraryID: str | None = None
    openLibraryEditionID: str | None = None
    isbndbID: str | None = None
    googleBooksVolumeID: str | None = None
    goodreadsID: str | None = None
    quality: int = Field(ge=0, le=100)


class Detected(Schema):
    kind: Literal["isbn", "title", "author"]
    confidence: float = Field(ge=0, le=1)


class SearchData(Schema):
    works: list[WorkDto]
    editions: list[EditionDto] = Field(description="editions[i] is of works[i]")
    authors: list[AuthorDto]
    resultCount: int
    totalResults: int = Field(description="the providers' own estimate")
    expiresAt: str
    detected: Detected | None = Field(None, description="of /v1/search only")


class Pagination(Schema):
    total: int
    limit: int
    offset: int
    hasMore: bool
    nextOffset: int | None = Field(None, description="left out on the last page")


class PagedData(SearchData):
    pagination: Pagination


class OneBook(Schema):
    work: WorkDto
    edition: EditionDto = Field(description="the edition that stands for the work; of an edition's route, the one asked for")
    authors: list[AuthorDto]
    expiresAt: str


class OneAuthor(Schema):
    author: AuthorDto
    otherNames: list[str]
    expiresAt: str


class Resolved(Schema):
    """Of an author: `author` and `otherNames`; else works, editions and authors as a search has them."""

    scheme: str
    value: str = Field(description="the id in its canonical form")
    kind: Literal["work", "edition", "author"]
    identifiers: dict[str, list[str]] = Field(description="all ids of the same, by scheme")
    author: AuthorDto | None = None
    otherNames: list[str] | None = None
    works: list[WorkDto] | None = None
    editions: list[EditionDto] | None = None
    authors: list[AuthorDto] | None = None
    resultCount: int | None = None
    totalResults: int | None = None
    expiresAt: str


class Metadata(Schema):
    timestamp: str
    processingTime: float = Field(description="ms")
    provider: str = Field(description="who answered, joined by +; none where nothing was found")
    source: str
    cached: bool
    cacheSource: Literal["memory", "redis", "cold"] | None
    cacheAge: float | None = Field(None, description="s")
    ttl: float | None = Field(None, description="s left")
    providers: dict[str, str] = Field(description="name: ok, empty, late, throttled, open, timeout, error or off")
    degraded: list[str] | None = Field(None, description="providers that failed to answer")
    staleBecause: str | None = None
    traceId: str


class SearchReply(Schema):
    success: Literal[True]
    data: SearchData
    metadata: Metadata


class PagedReply(Schema):
    success: Literal[True]
    data: PagedData
    metadata: Metadata


class BookReply(Schema):
    success: Literal[True]
    data: OneBook
    metadata: Metadata


class PersonReply(Schema):
    success: Literal[True]
    data: OneAuthor
    metadata: Metadata


class ResolvedReply(Schema):
    success: Literal[True]
    data: Resolved
    metadata: Metadata
