"""What staff corrected and merged is kept when a load brings a row anew: corrected fields stay, and what was merged into it stays with it.

The source's own values are noted with the corrections, for the day when one is taken back. Where nobody curated anything this is two
queries of empty tables for each kind of row.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from search.catalogue.keys import Letter
from search.curation import facts
from search.models import Correction, Merge, Redirect

JSON_TEXTS = ("subjects", "other_titles")  # columns that a batch has as JSON
Identifiers = dict[int, tuple[tuple[str, str], ...]]


def kept(letter: Letter, rows: dict[int, Any], identifiers: Identifiers | None = None) -> dict[int, Any]:
    """The rows as they are to be written; identifiers of editions are added to in place."""
    if not rows:
        return rows
    # all of them are few, and a batch has thousands of keys
    corrections = [each for each in Correction.objects.filter(letter=letter) if each.key in rows]
    active = Merge.objects.filter(letter=letter, undone_at=None).defer("changes").order_by("pk")
    merges = [each for each in active if each.kept in rows]
    if not corrections and not merges:
        return rows
    rows = dict(rows)
    of_key: dict[int, dict[str, Correction]] = {}
    for correction in corrections:
        of_key.setdefault(correction.key, {})[correction.field] = correction
    for key, fields in of_key.items():
        rows[key] = _corrected(letter, rows[key], fields)
    for merge in merges:
        rows[merge.kept] = _given(letter, rows[merge.kept], merge.given, of_key.get(merge.kept, {}))
        if identifiers is not None:
            identifiers[merge.kept] = _united(rows[merge.kept].isbn, identifiers[merge.kept], merge.given["identifiers"])
    return rows


def not_against_ours(redirects: Mapping[tuple[Letter, int], int]) -> None:
    """Where a source merges two rows the other way round than staff did, the source's word counts: both together would be a circle."""
    if not redirects:
        return
    for merge in Merge.objects.filter(undone_at=None).only("letter", "kept", "gone"):
        if redirects.get((merge.letter, merge.kept)) == merge.gone:  # type: ignore[arg-type]
            Redirect.objects.filter(letter=merge.letter, old=merge.gone, new=merge.kept).delete()


def _corrected(letter: Letter, row: Any, fields: Mapping[str, Correction]) -> Any:
    old = _read(row)
    for name, correction in fields.items():
        correction.source_value = old[name]
    Correction.objects.bulk_update(fields.values(), ["source_value"])
    new = old | {name: correction.value for name, correction in fields.items()}
    return _written(row, new | facts.derived(letter, old, new))


def _given(letter: Letter, row: Any, given: Mapping[str, Any], locked: Mapping[str, Correction]) -> Any:
    return _written(row, facts.given(letter, _read(row), given, set(locked)))


def _united(isbn: int | None, own: tuple[tuple[str, str], ...], more: list[list[str]]) -> tuple[tuple[str, str], ...]:
    first = ("isbn", f"{isbn:013d}") if isbn else None
    return tuple(dict.fromkeys(each for each in [*own, *((scheme, value) for scheme, value in more)] if each != first))


def _read(row: Any) -> facts.Row:
    columns: facts.Row = row._asdict()
    return columns | {name: orjson.loads(columns[name]) for name in JSON_TEXTS if name in columns}


def _written(row: Any, columns: facts.Row) -> Any:
    return row._replace(**{name: orjson.dumps(value).decode() if name in JSON_TEXTS else value for name, value in columns.items()})
