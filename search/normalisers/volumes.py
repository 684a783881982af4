"""Numbers in titles: what tells one volume of a series from the next, however it is written."""

import re
from functools import lru_cache
from itertools import pairwise

_NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            "one first", "two second", "three third", "four fourth", "five fifth", "six sixth", "seven seventh",
            "eight eighth", "nine ninth", "ten tenth",
        ),
        1,
    )
    for word in words.split()
}  # fmt: skip
_ROMAN = re.compile(r"(?=[ivxl])(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50}
_ANNOUNCING = frozenset({
    "vol", "volume", "volumen", "book", "bk", "part", "number", "episode", "band", "bd", "teil", "buch", "tome", "tomo",
    "livre", "libro", "parte", "deel", "том", "часть", "книга",
})  # fmt: skip
_EASTERN = re.compile(r"第? ?(\d{1,4}) ?[巻卷冊册集권話话部]|([上中下]) ?[巻卷冊册]?\Z")
MAX_DIGITS = 9  # more is no number of a volume


def volume_of(key: str) -> int | None:
    """The volume that a title's search key names ("vol 2", "part two", "第3巻"); None where it names none."""
    words = key.split()
    for word, following in pairwise(words):
        if _announces(word, following) and (number := _number(following)) is not None:
            return number
    found = _EASTERN.search(key)
    if not found:
        return None
    return "上中下".index(found[2]) + 1 if found[2] else int(found[1])


def numbers_of(key: str) -> list[int]:
    """All numbers of a title's search key in their order, Roman ones among them: [2] for "rocky ii"."""
    return [int(word) for word in with_plain_numbers(key).split() if word.isdecimal()]


@lru_cache(maxsize=5_000)
def with_plain_numbers(key: str) -> str:
    """Numbers in digits and without the word before: "part two", "part ii" and "2" are all "2"."""
    words = key.split()
    plain: list[str] = []
    for place, word in enumerate(words):
        named = place > 0 and _announces(words[place - 1], word)
        number = _number(word) if named else _standing_alone(word, place, len(words))
        if number is not None and named:
            plain.pop()
        plain.append(word if number is None else str(number))
    return " ".join(plain)


def _announces(word: str, following: str) -> bool:
    """Whether a number that follows is that of a volume; "no one" is nobody, "no 1" is a number."""
    return word in _ANNOUNCING or (word == "no" and following.isdecimal())


def _standing_alone(word: str, place: int, count: int) -> int | None:
    """A number that no word announces: digits anywhere; Roman ones behind a word, of one letter only at the end."""
    if word.isdecimal():
        return _number(word)
    last = place == count - 1
    roman = place > 0 and (len(word) > 1 or last) and _ROMAN.fullmatch(word) and word not in ("l", "li", "xl")
    return _roman(word) if roman else None


def _number(word: str) -> int | None:
    if word.isdecimal():
        return int(word) if len(word) <= MAX_DIGITS else None
    return _NUMBERS.get(word) or (_roman(word) if _ROMAN.fullmatch(word) else None)


def _roman(word: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in word]
    return sum(-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True))
