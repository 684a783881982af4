"""The export formats that are known, found by discovery in `scanning.csv_formats`. Pure."""

from collections.abc import Mapping, Sequence
from functools import cache

from bookstrack.lib.registry import implementations
from scanning.csv_format import CsvFormat

SURE = 0.8
GENERIC = "generic"


@cache
def all_formats() -> Mapping[str, CsvFormat]:
    """Formats by name."""
    found = [contract() for contract in implementations("scanning.csv_formats", CsvFormat)]  # type: ignore[type-abstract]
    return {one.name: one for one in found}


def recognised(header: Sequence[str]) -> CsvFormat:
    """The format that fits a header best, where one does surely; else the generic one."""
    fits = {name: one.fits(header) for name, one in all_formats().items() if name != GENERIC}
    best = max(fits, key=lambda name: fits[name])
    return all_formats()[best if fits[best] >= SURE else GENERIC]
