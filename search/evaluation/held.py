"""What the catalogue holds, as the makers of labelled sets see it. Values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeldEdition:
    """An edition of the catalogue; what is not known is empty."""

    isbns: tuple[str, ...] = ()  # ISBN-13
    title: str = ""
    subtitle: str = ""
    language: str = ""  # ISO 639-1
    publisher: str = ""
    published: str = ""  # YYYY, YYYY-MM or YYYY-MM-DD
    page_count: int | None = None


@dataclass(frozen=True, slots=True)
class HeldWork:
    """A work of the catalogue with its editions. `ids` are what results call it."""

    ids: frozenset[str]
    title: str
    subtitle: str = ""
    authors: tuple[str, ...] = ()
    other_titles: tuple[str, ...] = ()
    language: str = ""  # ISO 639-1, of the original
    series: str = ""
    place: float | None = None  # in the series
    year: int | None = None
    editions: tuple[HeldEdition, ...] = ()

    @property
    def isbns(self) -> tuple[str, ...]:
        """Every ISBN-13 of its editions."""
        return tuple(dict.fromkeys(isbn for edition in self.editions for isbn in edition.isbns))
