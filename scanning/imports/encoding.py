"""In what encoding a file of text is: by its mark, by its bytes, and else by the letters that its languages write. Pure.

A file that is UTF-8 but for a few bytes stays UTF-8 (spec 06); a code page is believed by evidence, never because it happens to decode.
"""

import codecs
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

from scanning.imports.letters import FREQUENCIES, LATIN_1, PAGES
from scanning.imports.table import Note, Unreadable

UTF8 = "utf-8"
CHUNK_BYTES = 1 << 20
SAMPLE_BYTES = 1 << 16
SAMPLE_LINES = 400  # with letters beyond ASCII: more say nothing new

_MARKS = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_LINE_ENDS = re.compile(rb"[\r\n]+")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_LETTER_RUN = re.compile(r"[^\W\d_]+")
_SIGNS = frozenset("«»„“”‘’‚–—…€£§°©®™ºª¿¡·•\u00a0´`²³½¼×†‹›№¶")  # at home in every page, beside words rather than in them
_JOINING = frozenset("’\u00a0·´`")
_FRACTIONS = frozenset("²³½¼")
_SIGN = math.log(0.01)
_STRANGE = math.log(1e-6)
_IN_WORD = math.log(1e-3)  # a sign between two letters
_CAPITAL_INSIDE = math.log(0.02)
_LONE = math.log(0.01)  # a letter of another script between Latin ones
_CROWDED = math.log(0.2)  # accent beside accent, where a language writes few


@dataclass(frozen=True, slots=True)
class Encoding:
    """How bytes become text: the codec, how many bytes of mark come first, and how many bytes are broken."""

    name: str
    skip: int = 0
    broken: int = 0
    notes: tuple[Note, ...] = ()


def find_encoding(file: BinaryIO, wanted: str | None = None) -> Encoding:
    """The encoding of a seekable file, or the wanted one.

    Raises: Unreadable, when the wanted encoding is none that is known here
    """
    file.seek(0)
    head = file.read(4)
    marked = next((Encoding(name, len(mark)) for mark, name in _MARKS if head.startswith(mark)), None)
    if wanted:
        name = _known(wanted)
        return Encoding(name, marked.skip if marked and marked.name == name else 0)
    if marked and marked.name != UTF8:
        return marked
    skip = marked.skip if marked else 0
    good, broken = _utf8_counts(file, skip)
    if not broken:
        return _wide_without_mark(file) or Encoding(UTF8, skip)
    if marked or good >= broken:
        return Encoding(UTF8, skip, broken, (_broken_note(broken),))
    return _wide_without_mark(file) or _page(file)


def _known(wanted: str) -> str:
    try:
        name = codecs.lookup(wanted.strip()).name
    except (LookupError, ValueError):
        name = ""
    known = {codecs.lookup(each).name: each for each in (UTF8, *_WIDE, *PAGES, LATIN_1, "utf-16", "utf-32")}
    if name == codecs.lookup("utf-8-sig").name:
        return UTF8
    if name not in known:
        told = f"The encoding asked for is not known. Known are: {', '.join(sorted(known.values()))}."
        raise Unreadable("INVALID_FILE", told, field="encoding")
    return {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(known[name], known[name])


def _utf8_counts(file: BinaryIO, skip: int) -> tuple[int, int]:
    """Characters of several bytes that are whole, and places that are broken."""
    file.seek(skip)
    decoder = codecs.getincrementaldecoder(UTF8)("replace")
    good = broken = 0
    while chunk := file.read(CHUNK_BYTES):
        if chunk.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(chunk)
        bad = text.count("\ufffd") - chunk.count(b"\xef\xbf\xbd")
        broken += max(bad, 0)
        good += len(text) - len(text.encode("ascii", "ignore")) - max(bad, 0)
    return good, broken + len(decoder.decode(b"", final=True))


def _broken_note(broken: int) -> Note:
    places = "one place" if broken == 1 else f"{broken} places"
    return Note("BROKEN_BYTES", f"The file is UTF-8 but for {places}, where a character is lost and shown as \ufffd.")


def _wide_without_mark(file: BinaryIO) -> Encoding | None:
    """UTF-16 without a mark: zero bytes in every other place, and hardly any in the places between."""
    file.seek(0)
    sample = file.read(SAMPLE_BYTES)
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(len(sample) // 2, 1)
    few, many = sorted((even, odd))
    if many < 0.1 * half or few > 0.02 * many:
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    text = sample[: len(sample) // 2 * 2].decode(name, "replace")
    if text.count("\ufffd") > 0.01 * len(text):
        return None
    return Encoding(name, notes=(Note("ENCODING_GUESSED", "The file was read as UTF-16, which it does not say of itself."),))


def _page(file: BinaryIO) -> Encoding:
    lines = _telling_lines(file)
    name = max(PAGES, key=lambda page: _evidence(page, lines))
    if name == "cp1252" and _undecodable(file, name):
        name = LATIN_1
    label = PAGES[name][1] if name in PAGES else "ISO 8859-1"
    told = f"The file is not UTF-8. By its letters it was read as {label}; save it as UTF-8 where a letter looks wrong."
    return Encoding(name, notes=(Note("ENCODING_GUESSED", told),))


def _telling_lines(file: BinaryIO) -> list[bytes]:
    """The first lines with bytes beyond ASCII, as short pieces around them."""
    file.seek(0)
    found: list[bytes] = []
    size = 0
    while chunk := file.read(CHUNK_BYTES):
        for line in _LINE_ENDS.split(chunk):
            if line.isascii():
                continue
            first = _BEYOND_ASCII.search(line)
            start = max(first.start() - 40, 0) if first else 0
            found.append(line[start : start + 1000])
            size += len(found[-1])
            if len(found) >= SAMPLE_LINES or size >= SAMPLE_BYTES:
                return found
    return found


def _undecodable(file: BinaryIO, page: str) -> bool:
    undefined = bytes(byte for byte in range(256) if bytes([byte]).decode(page, "ignore") == "")
    file.seek(0)
    return any(len(chunk.translate(None, undefined)) < len(chunk) for chunk in iter(lambda: file.read(CHUNK_BYTES), b""))


def _evidence(page: str, lines: list[bytes]) -> float:
    """Logarithm of how likely the lines are, read in that page, each by the language that suits it best."""
    doubt, _, languages = PAGES[page]
    tables = [_table(language) for language in languages.split()]
    total = -doubt
    for line in lines:
        text = line.decode(page, "replace")
        letters, elsewhere = _counted(text)
        total += elsewhere
        if letters:
            total += max(sum(count * table.get(letter, _STRANGE) for letter, count in letters.items()) for table in tables)
    return total


def _counted(text: str) -> tuple[Counter[str], float]:
    """Letters beyond ASCII in lower case, and what the other characters and their places say."""
    letters: Counter[str] = Counter()
    said = 0.0
    for place, char in enumerate(text):
        if char < "\x80":
            continue
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if not char.isalpha() or char in "ºªˆƒ":
            said += _SIGN if char in _SIGNS else _STRANGE
            beside = before.isalpha() + after.isalpha()
            if (beside == 2 and char not in _JOINING) or (beside and char in _FRACTIONS):
                said += _IN_WORD
            continue
        small = char.lower()
        letters[small if len(small) == 1 else char] += 1
        if char != small and before.isalpha() and before == before.lower():
            said += _CAPITAL_INSIDE
        if char < "\u0250":
            said += _CROWDED if "\x80" <= before < "\u0250" and before.isalpha() else 0.0
        elif _is_latin(before) or _is_latin(after):
            said += _LONE
    return letters, said


def _is_latin(char: str) -> bool:
    return char.isalpha() and char < "\u0250"


@cache
def _table(language: str) -> dict[str, float]:
    """Logarithm of each letter's share among the language's letters beyond ASCII."""
    shares = {entry[0]: float(entry[1:]) for entry in FREQUENCIES[language].split()}
    whole = sum(shares.values())
    return {letter: math.log(share / whole) for letter, share in shares.items()}
