"""Shapes of starting imports and scans, for the OpenAPI document; what comes in is checked by services.py."""

from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from jobs.schemas import JobMetadata, StartedData

JobId = Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")]


class BookIn(Schema):
    """A book by whatever is known of it; an ISBN decides, then an id, then title and author."""

    title: str | None = Field(None, max_length=1000)
    author: str | None = Field(None, max_length=500)
    isbn: str | None = Field(None, max_length=100)
    googleBooksId: str | None = Field(None, max_length=100)
    openLibraryId: str | None = Field(None, max_length=100)


class EnrichmentBody(Schema):
    jobId: JobId = None
    books: list[BookIn] = Field(min_length=1, max_length=5000)


class WorkIdsBody(Schema):
    jobId: JobId = None
    workIds: list[Annotated[str, Field(max_length=1000)]] = Field(min_length=1, max_length=5000)


class Seconds(Schema):
    p50: float
    p90: float


class PlanData(Schema):
    items: int
    cached: int = Field(description="answered without a call")
    calls: dict[str, int] = Field(description="by provider")
    budgetLeft: dict[str, int] = Field(description="calls of today, by provider that has a daily budget")
    estimatedSeconds: Seconds
    waitsUntil: str | None = None


class PlanReply(Schema):
    success: Literal[True]
    data: PlanData
    metadata: JobMetadata


class ColumnDto(Schema):
    column: str
    field: str | None = Field(description="what it is taken for; null: kept under its header in extra")
    confidence: float = Field(ge=0, le=1)
    by: Literal["format", "header", "content", "gemini", "user"]


class NoteDto(Schema):
    code: str
    message: str
    row: int | None = None
    column: str | None = None


class Preview(Schema):
    header: list[str]
    rows: list[list[str]]
    books: list[dict[str, Any]]


class ImportPlanData(PlanData):
    detectedFormat: str
    kind: Literal["csv", "xlsx", "json", "list"]
    encoding: str | None
    delimiter: str | None
    totalRows: int
    mapping: list[ColumnDto]
    warnings: list[NoteDto]
    preview: Preview


class ImportPlanReply(Schema):
    success: Literal[True]
    data: ImportPlanData
    metadata: JobMetadata


class ScanPlanData(PlanData):
    tokens: int = Field(description="a guess of what Gemini would count")
    engines: list[str] = Field(description="that would look")
    enginesOff: dict[str, str] = Field(description="that cannot, with the reason")
    photos: list[dict[str, Any]]


class ScanPlanReply(Schema):
    success: Literal[True]
    data: ScanPlanData
    metadata: JobMetadata


class StageDto(Schema):
    name: Literal["quality", "detection", "enrichment"]
    typicalDuration: float = Field(description="s")
    progress: float = Field(ge=0, le=1, description="at its end")


class ScanStartedData(StartedData):
    status: Literal["started", "processing"]
    totalPhotos: int | None = Field(None, description="of a batch")
    stages: list[StageDto]
    estimatedRange: list[float] = Field(min_length=2, max_length=2, description="s")


class ScanStartedReply(Schema):
    """A single photo's start repeats the members of data at the top level."""

    model_config = ConfigDict(extra="allow")

    success: Literal[True]
    data: ScanStartedData
    metadata: JobMetadata
