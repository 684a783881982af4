"""A book of an import as the search is asked for it, and what it found as results show it. Pure."""

from typing import Any

from scanning.imports.imported import Draft
from search.services import Resolution, Wanted

Dto = dict[str, Any]
LEVELS = ("exact_edition", "same_work", "work_only", "guess")  # surest first
LOOKED_UP = ("openlibrary", "google")  # ids that outside catalogues know; the others are the local catalogue's crosswalk's


def wanted(book: Draft) -> Wanted:
    """The book by its first ISBN, its ids, and its words; subtitle and place in a series tell volumes apart."""
    title = f"{book.title}: {book.subtitle}" if book.title and book.subtitle else book.title or ""
    if book.series_name and book.series_position is not None and title:
        title = f"{title} ({book.series_name}, #{book.series_position:g})"
    return Wanted(
        title=title,
        author=book.author or "",
        isbn=book.isbns[0] if book.isbns else "",
        google_id=book.ids.get("google", ""),
        openlibrary_id=book.ids.get("openlibrary", ""),
        ids={scheme: value for scheme, value in book.ids.items() if scheme not in LOOKED_UP},
    )


def enriched_dto(resolution: Resolution) -> Dto:
    """`{status, success, provider, cached, match?: {level, score, by}, error?, work?, edition?, authors?, candidates}`."""
    item: Dto = resolution.as_item()
    found: Dto = item.pop("enriched", {})
    if item.get("match"):
        item["match"] = {"level": _level(item["match"]["by"], found), **item["match"]}
    return {name: item[name] for name in item if name not in ("title", "author", "isbn")} | found


def _level(by: str, found: Dto) -> str:
    """How surely the book is the row's (spec 04): by an identifier its edition, or its work; by words the work."""
    if by in ("title", "title_author"):
        return "work_only"
    return "exact_edition" if "edition" in found else "same_work"


def redecided(book: Dto, floor: str) -> Dto:
    """A book of the result as it were decided with another floor, from its own ledger: nobody is asked again.

    What is less sure than the floor is given up (`below_min_match`); with the floor `guess` the best candidate that was not accepted is
    shown as one, by what the ledger keeps of it.
    """
    enrich: Dto | None = book.get("enrich")
    if enrich is None:
        return book
    match = enrich.get("match")
    if match and LEVELS.index(match["level"]) > LEVELS.index(floor):
        kept = {name: value for name, value in enrich.items() if name not in ("work", "edition", "authors")}
        return {**book, "enrich": {**kept, "success": False, "status": "below_min_match"}}
    if not match and floor == "guess" and enrich["candidates"]:
        best = max(enrich["candidates"], key=lambda candidate: candidate["score"])
        guess = {"level": "guess", "score": best["score"], "by": "title_author" if "authorScore" in best else "title"}
        return {**book, "enrich": {**enrich, "status": "guess", "match": guess, "guess": best}}
    return book
