"""The XML parts of an Excel workbook, read as they stream by: no tree is built, and every size is bounded. Pure.

Source: ECMA-376 part 1, 18 (SpreadsheetML). Why no library: python-calamine ends the whole process on a sheet with one far cell (it makes
room for all between); openpyxl builds a tree of each row, however long a hostile one is.
"""

import re
from collections.abc import Callable, Iterator
from typing import IO
from xml.parsers import expat

from scanning.imports.table import MAX_CELL_CHARS, MAX_COLUMNS, Unreadable

CHUNK_BYTES = 1 << 16
MAX_TOKEN_BYTES = 1 << 22  # of one tag, before expat has seen its end
MAX_STRINGS_BYTES = 80_000_000
STRING_BYTES = 60  # of an empty one
MAX_ELEMENTS = 6_000_000  # of one part: 50,000 rows of forty cells; empty ones cost time as well
_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
_ESCAPE = re.compile(r"_x00(0[9AD])_")  # how line breaks and tabs are written in strings
_TEXT = frozenset(("t", "v"))

Cell = tuple[str, str, str]  # type, style, text, as they are written
Attributes = dict[str, str]


def damaged() -> Unreadable:
    """What is said of a workbook that breaks its own rules."""
    return Unreadable(
        "INVALID_FILE", "The Excel workbook is damaged, or is built in a way that no book list is. Save it as CSV, and upload that file."
    )


class _Listener:
    """Feeds a part to expat; `started`, `ended` and `text` are told of local names."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self._left = MAX_ELEMENTS
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._started
        self.parser.EndElementHandler = lambda name: self.ended(name.rpartition(":")[2])
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self._no_doctype  # entities: no workbook has any

    def started(self, name: str, attributes: Attributes) -> None: ...

    def ended(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...

    def _started(self, name: str, attributes: Attributes) -> None:
        self._left -= 1
        if self._left < 0:
            raise damaged()
        self.started(name.rpartition(":")[2], attributes)

    def _no_doctype(self, *_: object) -> None:
        raise damaged()

    def chunks(self, part: IO[bytes]) -> Iterator[None]:
        """Parses the part, chunk by chunk.

        Raises: Unreadable, expat.ExpatError
        """
        fed = 0
        while chunk := part.read(CHUNK_BYTES):
            self.parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - self.parser.CurrentByteIndex > MAX_TOKEN_BYTES:
                raise damaged()
            yield
        self.parser.Parse(b"", True)
        yield


class _Elements(_Listener):
    def __init__(self, seen: Callable[[str, Attributes], None]) -> None:
        super().__init__()
        self._seen = seen

    def started(self, name: str, attributes: Attributes) -> None:
        self._seen(name, attributes)


def each_element(part: IO[bytes], seen: Callable[[str, Attributes], None]) -> None:
    """Tells of every element of a small part, in order."""
    for _ in _Elements(seen).chunks(part):
        pass


class _Strings(_Listener):
    """Text of `<si>`: its `<t>`, but not those of `<rPh>` (how it is pronounced)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._inside = self._phonetic = False
        self._size = 0

    def started(self, name: str, attributes: Attributes) -> None:
        if name == "si":
            self._pieces = []
        elif name == "rPh":
            self._phonetic = True
        self._inside = name == "t" and not self._phonetic

    def ended(self, name: str) -> None:
        self._inside = False
        if name == "rPh":
            self._phonetic = False
        elif name == "si":
            self.found.append(_unescaped("".join(self._pieces)))
            self._size += len(self.found[-1]) + STRING_BYTES
            if self._size > MAX_STRINGS_BYTES:
                raise damaged()

    def text(self, data: str) -> None:
        if self._inside:
            self._pieces.append(data)


def shared_strings(part: IO[bytes]) -> list[str]:
    """The texts that cells refer to by number."""
    strings = _Strings()
    for _ in strings.chunks(part):
        pass
    return strings.found


class _Rows(_Listener):
    def __init__(self) -> None:
        super().__init__()
        self.ready: list[dict[int, Cell]] = []
        self._row: dict[int, Cell] = {}
        self._column = -1
        self._type = self._style = ""
        self._pieces: list[str] = []
        self._size = 0
        self._inside = self._phonetic = False

    def started(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            reference = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = _column(reference.group(1)) if reference else self._column + 1
            self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._pieces, self._size = [], 0
        elif name == "row":
            self._row, self._column = {}, -1
        elif name == "rPh":
            self._phonetic = True
        self._inside = name in _TEXT and not self._phonetic

    def ended(self, name: str) -> None:
        self._inside = False
        if name == "c" and self._pieces:
            if self._column >= MAX_COLUMNS:
                raise Unreadable("INVALID_FILE", f"The sheet has more than {MAX_COLUMNS} columns.", most=MAX_COLUMNS)
            self._row[self._column] = (self._type, self._style, _unescaped("".join(self._pieces)))
        elif name == "row":
            self.ready.append(self._row)
        elif name == "rPh":
            self._phonetic = False

    def text(self, data: str) -> None:
        if self._inside and self._size <= MAX_CELL_CHARS:  # one character more than is allowed is enough to tell
            self._pieces.append(data)
            self._size += len(data)


def sheet_rows(part: IO[bytes]) -> Iterator[dict[int, Cell]]:
    """The rows of a sheet: their cells that hold something, by column from 0.

    Raises: Unreadable, expat.ExpatError
    """
    rows = _Rows()
    for _ in rows.chunks(part):
        yield from rows.ready
        rows.ready.clear()


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text) if "_x00" in text else text
