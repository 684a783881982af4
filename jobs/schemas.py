"""Shapes of the routes of jobs, for validation and for the OpenAPI document."""

from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

STATES = Literal["queued", "running", "waiting_on_quota", "canceling", "canceled", "completed", "failed"]


class JobMetadata(Schema):
    timestamp: str
    processingTime: float = Field(description="ms")
    traceId: str


class StartedData(Schema):
    """What every start of a job answers."""

    model_config = ConfigDict(extra="allow")

    jobId: str
    token: str = Field(description="needed to see, follow and end the job; shown only here")
    authToken: str = Field(description="the same as token")
    expiresIn: int = Field(description="s")
    websocketUrl: str
    sseUrl: str
    statusUrl: str
    resultsUrl: str


class StartedReply(Schema):
    success: Literal[True]
    data: StartedData
    metadata: JobMetadata


class JobError(Schema):
    code: str
    message: str
    retryable: bool
    details: dict[str, Any] | None = None


class StateData(Schema):
    jobId: str
    pipeline: str
    status: STATES
    progress: float = Field(ge=0, le=1)
    processedCount: int
    totalCount: int
    currentItem: str
    startTime: str
    lastUpdate: str
    endTime: str | None
    version: str
    error: JobError | None
    lastSeq: int = Field(description="seq of the newest event")
    waitsUntil: str | None = Field(None, description="while it waits for a quota or its next attempt")


class StateReply(Schema):
    success: Literal[True]
    data: StateData
    metadata: JobMetadata


class FlatStateReply(StateReply, StateData):
    """The same, with the members of data at the top level as well."""


class Pagination(Schema):
    total: int
    limit: int
    offset: int
    hasMore: bool
    nextOffset: int | None = None


class ResultsData(Schema):
    """The items stand in the member that the pipeline names: enrichedBooks, books."""

    model_config = ConfigDict(extra="allow")

    jobId: str
    pipeline: str
    status: STATES
    partial: bool | None = Field(None, description="the job has not completed: this is what was done so far")
    summary: dict[str, Any]
    pagination: Pagination


class ResultsReply(Schema):
    success: Literal[True]
    data: ResultsData
    metadata: JobMetadata


class CancelData(Schema):
    jobId: str
    status: STATES
    processedCount: int


class CancelReply(Schema):
    success: Literal[True]
    data: CancelData
    metadata: JobMetadata


class RefreshData(Schema):
    jobId: str
    token: str
    expiresIn: int
    expiresAt: str


class RefreshReply(Schema):
    success: Literal[True]
    data: RefreshData
    metadata: JobMetadata
    jobId: str
    token: str
    expiresIn: int
    expiresAt: str


class CancelBody(Schema):
    jobId: str = Field("", max_length=200)
    token: str = Field("", max_length=200)


class RefreshBody(Schema):
    jobId: str = Field(max_length=200)
    oldToken: str = Field(max_length=200)


class DeadLetterItem(Schema):
    id: int
    jobId: str
    kind: str
    error: str
    attempts: int
    failedAt: str


class DeadLettersData(Schema):
    depth: int
    items: list[DeadLetterItem]


class DeadLettersReply(Schema):
    success: Literal[True]
    data: DeadLettersData
    metadata: JobMetadata


class RetriedData(Schema):
    jobId: str
    status: STATES


class RetriedReply(Schema):
    success: Literal[True]
    data: RetriedData
    metadata: JobMetadata
