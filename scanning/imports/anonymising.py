"""An export without what is its owner's affair, byte for byte as it was otherwise: for tests with real files. Pure.

Structure, ISBNs, titles and authors stay. Of reviews, notes, names of people who lent or recommended, and prose in any other column
letters become x and digits 0; signs, markup and lines stay. E-mail addresses go wherever they stand.
"""

import io
import re
from collections.abc import Collection, Sequence
from itertools import islice

from scanning.csv_format import ColumnMap, Field
from scanning.imports.content import kind_of
from scanning.imports.encoding import find_encoding
from scanning.imports.header import find_head
from scanning.imports.headers import folded_header
from scanning.imports.records import Record, records_of
from scanning.imports.sniffing import find_dialect
from scanning.imports.table import Unreadable
from scanning.imports.understanding import understand

SAMPLE_LINES, SAMPLE_ROWS = 2_000, 200
PROSE_WORDS = 8  # in a cell of a column that means nothing to us: somebody wrote it
_PRIVATE = frozenset({Field.REVIEW, Field.NOTES})
# Columns about other people or the owner's affairs, in seven languages; as folded headers have them.
_PERSONAL = re.compile(
    r"\b(?:private|spoiler|comments?|lend\w*|lent|loan\w*|borrow\w*|patron|recommended (?:by|for)|friends?|owner|user\w*|purchase\w*|"
    r"acquired|from where|source|verliehen|geliehen|verleih\w*|"
    r"ausleih\w*|entleih\w*|empfohlen|besitzer|prete|emprunt\w*|recommande|proprietaire|"
    r"prest\w*|emprest\w*|recomendad\w*|dueno|proprietari\w*|consigliat\w*|uitgeleend|geleend|leen\w*|aanbevolen|eigenaar|e ?mail|phone|"
    r"address|telefon\w*)\b"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_KEPT = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});|\\[nrt]")  # tags, entities, line ends as text
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")


def anonymised(data: bytes) -> bytes:
    """The same file of rows without private words.

    Raises: Unreadable, also for sheets and JSON: save them as CSV first
    """
    file = io.BytesIO(data)
    if kind_of(file) in ("xlsx", "json"):
        raise Unreadable("UNSUPPORTED_MEDIA_TYPE", "Only files of text can be made anonymous. Save the sheet as CSV first.")
    encoding = find_encoding(file)
    # what cannot be decoded is given back as it was, but in UTF-16, where such bytes have no place
    errors = "replace" if encoding.name.startswith("utf-16") or encoding.name.startswith("utf-32") else "surrogateescape"
    text = data[encoding.skip :].decode(encoding.name, errors)
    return data[: encoding.skip] + _without_private(text).encode(encoding.name, errors)


def _without_private(text: str) -> str:
    lines = list(islice(io.StringIO(text, newline=""), SAMPLE_LINES))
    dialect = find_dialect(lines)
    records = records_of(lines[dialect.declared :], dialect)
    sample = [record.cells for record in islice(records, SAMPLE_ROWS) if record.problem is None]
    if not sample:
        raise Unreadable("EMPTY_BATCH", "The file has no rows.")
    head = find_head(sample)
    private = private_columns(understand(head.columns, sample[head.first_row :]), sample[head.first_row :])
    source = islice(io.StringIO(text, newline=""), dialect.declared, None)
    kept: list[str] = []
    done = 0
    for number, record in enumerate(records_of(source, dialect, len(head.columns))):
        whole = "".join(record.lines)
        start = text.index(whole, done)
        kept += [text[done:start], whole if number < head.first_row else _masked_record(record, private, len(head.columns))]
        done = start + len(whole)
    return _EMAIL.sub(lambda found: masked(found[0]), "".join([*kept, text[done:]]))


def private_columns(columns: ColumnMap, rows: Sequence[Sequence[str]]) -> frozenset[int]:
    """Places of the columns that nobody else should read."""
    unknown = {column.index: folded_header(column.header) for column in columns.columns if column.field is None}
    found = {column.index for column in columns.columns if column.field in _PRIVATE}
    return frozenset(found | {place for place, name in unknown.items() if _PERSONAL.search(name) or _is_prose(place, rows)})


def _is_prose(place: int, rows: Sequence[Sequence[str]]) -> bool:
    cells = [row[place] for row in rows if place < len(row) and row[place].strip()]
    return sum(len(cell.split()) >= PROSE_WORDS for cell in cells) * 4 > len(cells)


def _masked_record(record: Record, private: Collection[int], width: int) -> str:
    """The record's text with its private cells masked where they stand; all of what cannot be cut surely, and what is beyond the header."""
    whole = "".join(record.lines)
    if record.problem is not None:
        return masked(whole)
    kept: list[str] = []
    done = 0
    for place, cell in enumerate(record.cells):
        forms = (cell, cell.replace('"', '""'), cell.replace('"', '\\"'))
        written = next((form for form in forms if whole.find(form, done) >= 0), None)
        if written is None:
            return "".join(kept) + masked(whole[done:])
        start = whole.index(written, done)
        kept += [whole[done:start], masked(written) if place in private or place >= width else written]
        done = start + len(written)
    return "".join([*kept, whole[done:]])


def masked(text: str) -> str:
    """The text with x for its letters and 0 for its digits; markup and signs stay."""
    parts, done = [], 0
    for found in _KEPT.finditer(text):
        parts += [_crossed(text[done : found.start()]), found[0]]
        done = found.end()
    return "".join([*parts, _crossed(text[done:])])


def _crossed(text: str) -> str:
    return _DIGIT.sub("0", _LETTER.sub("x", text))
