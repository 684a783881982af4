"""Dates of publication, as exact as they are known: parsed, or dropped. Never guessed.

Source: spec 04, "DTOs" (publicationDate) and "Normalising" (year 1000..next year).
"""

import re
from dataclasses import dataclass
from datetime import date

from bookstrack.lib import clock

FIRST_YEAR = 1000
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio janeiro", "feb february februar février febrero febbraio fevereiro",
            "mar march märz mars marzo março", "apr april avril abril aprile", "may mai mayo maggio maio", "jun june juni juin junio giugno junho",
            "jul july juli juillet julio luglio julho", "aug august août agosto", "sep sept september septembre septiembre settembre setembro",
            "oct okt october oktober octobre octubre ottobre outubro", "nov november novembre noviembre novembro",
            "dec dez december dezember décembre diciembre dicembre dezembro",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_ISO = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[T ]\d{2}:\d{2}.*)?\Z")
_YEAR_ONLY = re.compile(r"\[?(?:c(?:opyright|a\.?|\.)?|©|circa|ca\.?|p)?\s*(\d{4})\s*[?.\])]*\Z", re.IGNORECASE)
_WORDED = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th|\.)?\s+)?([^\W\d_]{3,10})\.?\s*(?:(\d{1,2})(?:st|nd|rd|th)?\s*,\s*|,?\s+)?(\d{4})\Z"
)
_NEGATIVE = re.compile(r"-(\d{1,4})\Z|(\d{1,4})\s*(?:b\.?\s*c\.?(?:\s*e\.?)?)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A year, perhaps with its month, perhaps with the day."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def iso(self) -> str:
        """YYYY, YYYY-MM or YYYY-MM-DD."""
        return "-".join([f"{self.year:04d}", *(f"{part:02d}" for part in (self.month, self.day) if part is not None)])


def parse_date(raw: object, *, today: date | None = None) -> PartialDate | None:
    """A date in any common form; None where it says none. An impossible month or day is dropped, the rest is kept."""
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        return None
    text = " ".join(str(raw)[:60].split())
    if found := _ISO.match(text):
        year, month, day = found[1], found[2], found[3]
    elif found := _YEAR_ONLY.match(text):
        year, month, day = found[1], None, None
    elif (found := _WORDED.match(text)) and found[2].lower() in _MONTHS:
        year, month, day = found[4], str(_MONTHS[found[2].lower()]), found[1] or found[3]
    else:
        return None
    return _possible(int(year), int(month) if month else None, int(day) if day else None, today or clock.now().date())


def _possible(year: int, month: int | None, day: int | None, today: date) -> PartialDate | None:
    if not FIRST_YEAR <= year <= today.year + 1:
        return None
    if month is None or not 1 <= month <= 12:
        return PartialDate(year)
    if day is None:
        return PartialDate(year, month)
    try:
        date(year, month, day)
    except ValueError:
        return PartialDate(year, month)
    return PartialDate(year, month, day)


def parse_year(raw: object, *, today: date | None = None) -> int | None:
    """The year of a work; before the common era negative ("-800", "8 BC"); None where it says none."""
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        return None
    found = _NEGATIVE.match(str(raw).strip()[:30])
    if found:
        year = int(found[1] or found[2])
        return -year if 0 < year <= 4000 else None
    parsed = parse_date(raw, today=today)
    return parsed.year if parsed else None
