"""Why a file of rows cannot be used, as clients are told."""

from collections.abc import Mapping
from typing import Any

from bookstrack.lib.errors import ApiError, BadInput, BatchTooLarge, EmptyBatch, InvalidFile, UnsupportedMedia
from scanning.imports.table import Unreadable

_REFUSALS: dict[str, type[ApiError]] = {
    "INVALID_FILE": InvalidFile,
    "EMPTY_BATCH": EmptyBatch,
    "BATCH_TOO_LARGE": BatchTooLarge,
    "UNSUPPORTED_MEDIA_TYPE": UnsupportedMedia,
}


def refusal(error: Unreadable) -> ApiError:
    """What clients are told of a file that cannot be read."""
    return refused(error.code, error.message, error.details)


def refused(code: str, message: str, details: Mapping[str, Any]) -> ApiError:
    """The same of its parts, as a job that failed keeps them."""
    return _REFUSALS.get(code, BadInput)(message, details=dict(details))
