"""Changes of rows, written down as they are made, so that they can be taken back exactly, or not at all where somebody changed them since.

As JSON: `{"table", "keys", "before", "after"}`; `before` and `after` are the columns that changed, the same for all keys. A row that came
has no `before`, one that went no `after`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model

from search.curation.facts import Row
from search.models import Author, Authorship, Correction, Edition, Identifier, Redirect, Work

Change = dict[str, Any]
AT_ONCE = 500
_ALL: tuple[type[Model], ...] = (Work, Edition, Author, Authorship, Identifier, Redirect, Correction)
_MODELS = {str(model._meta.model_name): model for model in _ALL}


class Changes:
    """What was done, in its order."""

    def __init__(self) -> None:
        self.made: list[Change] = []

    @property
    def rows(self) -> int:
        return sum(len(change["keys"]) for change in self.made)

    def update(self, model: type[Model], keys: Sequence[int], before: Row, after: Row) -> None:
        """Give rows other values in some columns; they all had the same."""
        changed = {name for name in after if after[name] != before[name]}
        if not keys or not changed:
            return
        old, new = ({name: values[name] for name in changed} for values in (before, after))
        for start in range(0, len(keys), AT_ONCE):
            model._default_manager.filter(pk__in=keys[start : start + AT_ONCE]).update(**new)
        self._note(model, list(keys), old, new)

    def delete(self, rows: Iterable[Model]) -> None:
        """Delete rows; what hangs on them must have been moved or deleted before."""
        for row in rows:
            self._note(type(row), [row.pk], row_of(row), None)
            type(row)._default_manager.filter(pk=row.pk).delete()

    def insert(self, row: Model) -> None:
        """Put a row in."""
        row.save(force_insert=True)
        self._note(type(row), [row.pk], None, row_of(row))

    def _note(self, model: type[Model], keys: list[int], before: Row | None, after: Row | None) -> None:
        self.made.append({"table": model._meta.model_name, "keys": keys, "before": before, "after": after})


def row_of(row: Model) -> Row:
    """A row's columns, as JSON has them."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def changed_since(made: Sequence[Change]) -> list[str]:
    """What is no longer as the changes left it, in words; empty when all of it can be taken back."""
    told: dict[str, None] = {}
    left: dict[tuple[str, int], Row | None] = {}  # of a row that was changed twice the last counts
    for change in made:
        for key in change["keys"]:
            place = (change["table"], key)
            before = left.get(place) or {}
            left[place] = None if change["after"] is None else {**before, **change["after"]}
    for table in dict.fromkeys(table for table, _ in left):
        wanted = {key: row for (its, key), row in left.items() if its == table}
        there = _there(_MODELS[table], list(wanted))
        for key, row in wanted.items():
            for what in _differing(row, there.get(key)):
                told[f"{table}: {what}"] = None
    return list(told)


def take_back(made: Sequence[Change]) -> None:
    """Undo the changes, the last one first; `changed_since` must have found nothing."""
    for change in reversed(made):
        model, before = _MODELS[change["table"]], change["before"]
        if change["after"] is None:
            model._default_manager.bulk_create([_made(model, before)])
            continue
        keys = change["keys"]
        for start in range(0, len(keys), AT_ONCE):
            rows = model._default_manager.filter(pk__in=keys[start : start + AT_ONCE])
            if before is None:
                rows.delete()
            else:
                rows.update(**before)


def _made(model: type[Model], values: Row) -> Model:
    return model(**{field.attname: field.to_python(values[field.attname]) for field in model._meta.concrete_fields})


def _there(model: type[Model], keys: list[int]) -> dict[int, Row]:
    found: dict[int, Row] = {}
    for start in range(0, len(keys), AT_ONCE):
        found |= {row.pk: row_of(row) for row in model._default_manager.filter(pk__in=keys[start : start + AT_ONCE])}
    return found


def _differing(wanted: Row | None, there: Row | None) -> list[str]:
    if wanted is None:
        return ["a row that was merged is there again"] if there else []
    if there is None:
        return ["a row is not there any more"]
    return [f"{name} is another" for name in wanted if _comparable(name, wanted[name]) != _comparable(name, there[name])]


def _comparable(name: str, value: Any) -> Any:
    """A load that puts an author's words together anew may put them in another order."""
    return sorted(value.split()) if name == "author_words" else value
