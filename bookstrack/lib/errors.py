"""The tree of errors that a client may see; each carries its code, its status and whether a retry helps.

A message is written for the client: never an exception's text, an upstream's body or a key.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class ApiError(Exception):
    """Base of all errors that become an error envelope."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        retry_after_ms: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = dict(details or {})
        self.retry_after_ms = retry_after_ms
        self.headers = dict(headers or {})


class BadInput(ApiError):
    """The request cannot be answered as it stands; `details` names the field."""

    code, status = "INVALID_REQUEST", 400


class InvalidQuery(BadInput):
    code = "INVALID_QUERY"


class InvalidIsbnGiven(BadInput):
    code = "INVALID_ISBN"


class MissingParameter(BadInput):
    code = "MISSING_PARAMETER"


class InvalidFile(BadInput):
    code = "INVALID_FILE"


class EmptyBatch(BadInput):
    code = "EMPTY_BATCH"


class BatchTooLarge(BadInput):
    code = "BATCH_TOO_LARGE"


class Unauthorized(ApiError):
    code, status = "UNAUTHORIZED", 401


class TokenExpired(Unauthorized):
    code = "TOKEN_EXPIRED"


class RefreshTooEarly(Unauthorized):
    code = "REFRESH_TOO_EARLY"


class Forbidden(ApiError):
    code, status = "FORBIDDEN", 403


class NotFound(ApiError):
    code, status = "NOT_FOUND", 404


class MethodNotAllowed(ApiError):
    code, status = "METHOD_NOT_ALLOWED", 405


class JobExists(ApiError):
    code, status = "JOB_EXISTS", 409


class TooLarge(ApiError):
    code, status = "FILE_TOO_LARGE", 413


class UnsupportedMedia(ApiError):
    code, status = "UNSUPPORTED_MEDIA_TYPE", 415


class RateLimited(ApiError):
    code, status, retryable = "RATE_LIMIT_EXCEEDED", 429, True


class InternalError(ApiError):
    retryable = True


class Unavailable(ApiError):
    """A part of ours that this request needs is away."""

    code, status, retryable = "SERVICE_UNAVAILABLE", 503, True


class ProvidersFailed(ApiError):
    """Every outside provider that was asked failed, and neither cache nor catalogue has an answer."""

    code, status, retryable = "PROVIDER_ERROR", 502, True


class ProvidersLate(ProvidersFailed):
    code, status = "PROVIDER_TIMEOUT", 504


class CircuitsOpen(ProvidersFailed):
    code, status = "CIRCUIT_OPEN", 503


class QuotaExhausted(ProvidersFailed):
    code, status = "QUOTA_EXHAUSTED", 503
