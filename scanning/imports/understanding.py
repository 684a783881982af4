"""A header to what its columns are: a known export, or by names and contents, and what the client says itself. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from scanning.csv_format import Column, ColumnMap, Field
from scanning.imports.columns import MANY
from scanning.imports.formats import recognised
from scanning.imports.headers import folded_header


def understand(header: Sequence[str], sample: Sequence[Sequence[str]], *, overrides: Mapping[str, str] | None = None) -> ColumnMap:
    """What the columns are; `sample` are the first rows. `overrides`: header to the name of a field, or to "" for none of ours; a header
    that is not there and a field that is unknown change nothing."""
    found = recognised(header).column_map(header, sample)
    return _overridden(found, overrides) if overrides else found


def _overridden(found: ColumnMap, overrides: Mapping[str, str]) -> ColumnMap:
    said = {folded_header(name): field for name, field in overrides.items()} | dict(overrides)
    fields = {field.value: field for field in Field}
    columns = [_said(column, said, fields) for column in found.columns]
    given = {column.field for column in columns if column.by == "user" and column.field not in (*MANY, None)}
    if Field.AUTHOR in given:
        given |= {Field.AUTHOR_FIRST, Field.AUTHOR_LAST}
    kept = tuple(replace(column, field=None) if column.by != "user" and column.field in given else column for column in columns)
    return replace(found, columns=kept)


def _said(column: Column, said: Mapping[str, str], fields: Mapping[str, Field]) -> Column:
    name = said.get(column.header, said.get(folded_header(column.header)))
    if name is None or (name and name not in fields):
        return column
    return Column(column.index, column.header, fields.get(name), 1.0, "user")
