"""Whether what an import made of a row is right: its fields, and the book that was found for it. Pure."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from scanning.evaluation.copies import Copy, Group
from scanning.evaluation.labelled import RowLabel
from scanning.evaluation.shelf import names_of, written_by
from search.evaluation.held import HeldWork
from search.normalisers.text import search_key

Dto = Mapping[str, Any]


class Verdict(StrEnum):
    """Of what was found for a row."""

    RIGHT = "right"  # the book; or rightly none
    MISSED = "missed"
    WRONG = "wrong"  # another book, or any for a row whose book the catalogue has not


def fields_of(label: RowLabel, book: Dto | None) -> Iterator[tuple[str, bool]]:
    """Every field that is labelled, and whether it is right; of a row that is no book, whether it was taken for none."""
    if label.book is None:
        yield "error", book is None
    for member, right in (label.book or {}).items():
        read = (book or {}).get(member)
        yield member, (read or None) == (right or None) if not isinstance(right, bool | int | float) else read == right


def matched(copy: Copy, enrich: Dto) -> Verdict:
    """The verdict on a look-up's result."""
    work = enrich.get("work")
    if not enrich.get("success") or work is None:
        return Verdict.MISSED if copy.group in (Group.ISBN, Group.WORDS) else Verdict.RIGHT
    return Verdict.RIGHT if copy.work and is_work(copy.work, work, enrich.get("edition")) else Verdict.WRONG


def edition_claimed_wrongly(copy: Copy, enrich: Dto) -> bool:
    """Whether an edition is said to be the row's which has not the row's ISBN."""
    claimed = (enrich.get("match") or {}).get("level") == "exact_edition"
    return claimed and copy.isbn13 not in (enrich.get("edition") or {}).get("isbns", ())


def is_work(meant: HeldWork, work: Dto, edition: Dto | None) -> bool:
    """Whether a result is the work that was meant, or one that nobody can tell from it: same title, author and place in the series."""
    ids = {work.get("id"), work.get("openLibraryWorkID")}
    if ids & meant.ids or set(work["isbn"]) & set(meant.isbns):
        return True
    shown = [(work["title"], work.get("subtitle")), ((edition or {}).get("title"), (edition or {}).get("subtitle"))]
    names = {search_key(form) for title, subtitle in shown if title for form in (title, f"{title}: {subtitle}" if subtitle else title)}
    place = (work.get("series") or {}).get("position")
    if not names & names_of(meant) or (place is not None and meant.place is not None and place != meant.place):
        return False
    authors = [author["name"] for author in work["authors"]]
    return written_by(meant.authors, authors) or not (meant.authors or authors)
