"""The contract of an engine: what it takes for books on a photo.

Local engines work on pixels, in the picture process (`scanning.picture_process`): a picture that breaks a decoder breaks no worker, and a
gigabyte of models is nobody else's. Others ask somebody outside. Adding one is one file in `engines/`, and its test. An engine's module
imports its library only when it looks, because every worker imports the module.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from scanning.detections import Box, Seen

if TYPE_CHECKING:
    from scanning.imaging import Picture


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a photo as JPEG, upright, without anything but pixels; `box` is where it lies in the whole."""

    jpeg: bytes
    box: Box


class EngineFailed(Exception):
    """The engine could not look; `code` is of the API, the message for clients, whether later may help, and what it cost all the same."""

    def __init__(
        self, code: str, message: str, *, retryable: bool = False, tokens: int = 0, facts: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.retryable = code, message, retryable
        self.tokens, self.facts = tokens, dict(facts or {})  # as in `Seen`


class Engine(ABC):
    """Sees books. `order`: who is shown first, the quickest has the least."""

    name: ClassVar[str]  # in SCAN_ENGINES, in results
    label: ClassVar[str]  # for people
    stage: ClassVar[str]  # "reading barcodes"
    order: ClassVar[int]

    @classmethod
    @abstractmethod
    def missing(cls) -> str | None:
        """Why it cannot run here, in words (no key, not installed); None when it can."""


class LocalEngine(Engine):
    """Runs in the picture process."""

    @abstractmethod
    def look(self, picture: "Picture") -> Seen:
        """See. Called one at a time in a process; what it loads stays loaded. Raises: EngineFailed."""


class RemoteEngine(Engine):
    """Asks somebody outside, from the worker."""

    @classmethod
    @abstractmethod
    def tiles(cls, width: int, height: int) -> tuple[Box, ...]:
        """Which parts of a photo of that size in pixels it is to be shown; the whole where that is enough."""

    @abstractmethod
    async def ask(self, tiles: Sequence[Tile]) -> Seen:
        """See. Boxes of what it answers are fractions of the whole photo. Raises: EngineFailed."""
