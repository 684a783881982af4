"""Dates of publication, as exact as they are known: parsed, or dropped. Never guessed.

Source: spec 04, "DTOs" (publicationDate) and "Normalising" (year 1000..next year).
"""

import re
from dataclasses import dataclass
from datetime import date

from bookstrack.lib import clock

FIRST_YEAR = 1000
MAX_CHARS = 60
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar januari janvier enero gennaio janeiro styczeń stycznia leden ledna",
            "feb february februar februari février febrero febbraio fevereiro luty lutego únor února",
            "mar march märz maart mars marzo março marzec marca březen března",
            "apr april avril abril aprile kwiecień kwietnia duben dubna",
            "may mai mayo maggio maio mei maj maja květen května",
            "jun june juni juin junio giugno junho czerwiec czerwca červen června",
            "jul july juli juillet julio luglio julho lipiec lipca červenec července",
            "aug august augustus août agosto sierpień sierpnia srpen srpna",
            "sep sept september septembre septiembre settembre setembro wrzesień września září",
            "oct okt october oktober octobre octubre ottobre outubro październik października říjen října",
            "nov november novembre noviembre novembro listopad listopada listopadu",
            "dec dez december dezember décembre diciembre dicembre dezembro grudzień grudnia prosinec prosince",
        ),
        1,
    )
    for name in names.split()
}
_WEEKDAY = re.compile(r"\A[^\W\d_]{2,10},\s+(?=[^\W\d_]+\.?\s+\d|\d{1,2}\D)")
_NAME = r"(?P<name>[^\W\d_]{3,12})"
_DAY = r"(?P<d>[0-9]{1,2})(?:st|nd|rd|th|er|º|\.)?"
_YEAR = r"(?P<y>[0-9]{4})"
_FORMS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?P<y>[0-9]{4})(?:[-/.](?P<m>[0-9]{1,2})(?:[-/.](?P<d>[0-9]{1,2}))?)?(?:[T ][0-9]{2}:[0-9]{2}.*|T)?",
        r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})",
        r"\[?(?:c(?:opyright|irca|a\.?|\.)?|©|p)?\s*(?P<y>[0-9]{4})\s*[?.\])]*(?:\s*,\s*[c©p]\s*[0-9]{4}\s*[?.\])]*)?",
        rf"(?:{_DAY}\s+)?(?:de\s+|of\s+)?{_NAME}\.?,?\s+(?:de\s+|of\s+)?{_YEAR}",  # 9 July 2004, 9 de julio de 2004
        rf"{_NAME}\.?\s+{_DAY},?\s+{_YEAR}",  # July 9, 2004
        rf"{_YEAR},?\s+{_NAME}\.?(?:\s+{_DAY})?",  # 2004 Jul 9
        r"(?P<y>[0-9]{4})\s*年(?:\s*(?P<m>[0-9]{1,2})\s*月(?:\s*(?P<d>[0-9]{1,2})\s*日)?)?",
        r"(?P<m>[0-9]{1,2})[-/.](?P<y>[0-9]{4})",
    )
]
_ISO = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_DAY_FIRST = re.compile(r"(?P<d>[0-9]{1,2})\.\s?(?P<m>[0-9]{1,2})\.\s?(?P<y>[0-9]{4})")
_ONE_OR_OTHER = re.compile(r"([0-9]{1,2})[-/]([0-9]{1,2})[-/]([0-9]{4})")
_BEFORE_COMMON_ERA = re.compile(r"-([0-9]{1,4})|([0-9]{1,4})\s*b\.?\s*c\.?(?:\s*e\.?)?", re.IGNORECASE)
MAX_YEARS_BEFORE = 4000


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


def parse_date(raw: object, *, today: date | None = None, day_first: bool | None = None) -> PartialDate | None:
    """A date in any common form; None where it says none.

    An impossible month or day is dropped, the rest is kept; of 07/09/2004, which may be July or September, the year is kept unless
    `day_first` tells.
    """
    text, today = _text(raw), today or clock.now().date()
    if found := _ISO.fullmatch(text):  # most dates
        return _possible(int(found[1]), _number(found[2]), _number(found[3]), today)
    text = _WEEKDAY.sub("", text, count=1)
    if found := _ONE_OR_OTHER.fullmatch(text):
        return _day_and_month(int(found[1]), int(found[2]), int(found[3]), today, day_first)
    for form in (_DAY_FIRST, *_FORMS):
        if found := form.fullmatch(text):
            parts = found.groupdict()
            name = (parts.get("name") or "").lower()
            if name and name not in _MONTHS:
                continue
            month = _MONTHS.get(name) or _number(parts.get("m"))
            return _possible(int(parts["y"]), month, _number(parts.get("d")), today)
    return None


def parse_year(raw: object, *, today: date | None = None) -> int | None:
    """The year of a work; before the common era negative ("-800", "8 BC"); None where it says none."""
    found = _BEFORE_COMMON_ERA.fullmatch(_text(raw))
    if found:
        years = int(found[1] or found[2])
        return -years if 0 < years <= MAX_YEARS_BEFORE else None
    parsed = parse_date(raw, today=today)
    return parsed.year if parsed else None


def _text(raw: object) -> str:
    """What can be a date, spaces made single; empty for everything else."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw) if abs(raw) < 10**9 else ""
    return " ".join(raw.split()) if isinstance(raw, str) and len(raw) <= MAX_CHARS else ""


def _number(digits: str | None) -> int | None:
    return int(digits) if digits else None


def day_first_in(raw: str) -> bool | None:
    """Whether a date is written with its day before its month: True of 31/12/2004, False of 12/31/2004, None where it does not tell."""
    found = _ONE_OR_OTHER.match(raw.strip())
    one, other = (int(found[1]), int(found[2])) if found else (0, 0)
    return one > 12 if max(one, other) > 12 >= min(one, other) else None


def _day_and_month(one: int, other: int, year: int, today: date, day_first: bool | None) -> PartialDate | None:
    if one > 12 or other > 12 or one == other:
        day_first = one > 12
    if day_first is None:
        return _possible(year, None, None, today)
    return _possible(year, other, one, today) if day_first else _possible(year, one, other, today)


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
