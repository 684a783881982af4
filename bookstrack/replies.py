"""Shapes of the envelope that all routes share, for the OpenAPI document."""

from typing import Any, Literal

from ninja import Schema


class ErrorBody(Schema):
    code: str
    message: str
    details: dict[str, Any]
    retryable: bool
    statusCode: int
    retryAfterMs: int | None = None


class ErrorMetadata(Schema):
    timestamp: str
    processingTime: float
    traceId: str


class ErrorReply(Schema):
    success: Literal[False]
    data: None
    error: ErrorBody
    metadata: ErrorMetadata
