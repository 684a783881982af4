"""Text: cleaned for showing, folded for comparing, cut into words for finding. Letters of every script stay.

Source: spec 04, "Normalising" (search key).
"""

import html
import re
import unicodedata
from functools import lru_cache

import nh3

_LATIN = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"})
_APOSTROPHES = "'’‘ʼ`´＇ʻ′"
_ELISION = re.compile(rf"(?<![^\W\d_])(l|d|qu|j|n|s|c|m|t|dell|all|nell|sull|dall|un)[{_APOSTROPHES}](?=[^\W\d_])")
_NO_ASCII_WORD = re.compile(r"[^a-z0-9]+")
_ENGLISH_TAIL = re.compile(rf"[{_APOSTROPHES}]")
_ARTICLES = frozenset(
    [
        "the",
        "a",
        "an",
        "le",
        "la",
        "les",
        "l",
        "un",
        "une",
        "der",
        "die",
        "das",
        "ein",
        "eine",
        "el",
        "los",
        "las",
        "una",
        "il",
        "lo",
        "i",
        "gli",
        "uno",
        "o",
        "os",
        "as",
        "um",
        "uma",
    ]
)
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_FOLDED_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")
_SCRIPT_WORDS = {
    "LATIN": "Latin", "CYRILLIC": "Cyrillic", "GREEK": "Greek", "ARABIC": "Arabic", "HEBREW": "Hebrew", "CJK": "Han", "HIRAGANA": "Kana",
    "KATAKANA": "Kana", "KATAKANA-HIRAGANA": "Kana", "HANGUL": "Hangul", "DEVANAGARI": "Devanagari", "THAI": "Thai",
    "GEORGIAN": "Georgian", "ARMENIAN": "Armenian", "BENGALI": "Bengali", "TAMIL": "Tamil", "TELUGU": "Telugu",
    "GUJARATI": "Gujarati", "GURMUKHI": "Gurmukhi", "KANNADA": "Kannada", "MALAYALAM": "Malayalam", "SINHALA": "Sinhala",
    "KHMER": "Khmer", "LAO": "Lao", "MYANMAR": "Myanmar", "ETHIOPIC": "Ethiopic", "TIBETAN": "Tibetan", "BOPOMOFO": "Han",
}  # fmt: skip


def clean_line(text: str) -> str:
    """One line fit for showing and for asking: composed, without control, format-override and surrogate characters, single spaces."""
    if text.isprintable():  # most of all text: nothing to take out
        return " ".join(unicodedata.normalize("NFC", text).split())
    kept = "".join(
        " " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign
        for sign in text
        if unicodedata.category(sign) not in ("Cs", "Co", "Cn") and not _overrides(sign)
    )
    return " ".join(unicodedata.normalize("NFC", kept).split())


def _overrides(sign: str) -> bool:
    """Characters that only turn or hide text; joiners, which some scripts need, stay."""
    return unicodedata.category(sign) == "Cf" and sign not in "\u200c\u200d"


@lru_cache(maxsize=20_000)
def search_key(text: str) -> str:
    """The form for cache keys and comparison: NFKC, case and accents folded, punctuation to spaces, leading article dropped.

    Never empty for a text that is not blank. Idempotent. Not for showing, and never sent to a provider.
    """
    plain = unicodedata.normalize("NFKC", clean_line(text)).casefold()
    folded = _fold(plain)
    elided = _ENGLISH_TAIL.sub("", _ELISION.sub(r"\1 ", folded))
    words = _words_only(elided).split()
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return " ".join(words) or " ".join(plain.split())


def _fold(text: str) -> str:
    """Accents off Latin, Greek and Cyrillic letters; marks of other scripts are part of their letters and stay."""
    if text.isascii():
        return text
    folded: list[str] = []
    base_script = ""
    for sign in unicodedata.normalize("NFD", text.translate(_LATIN)):
        if unicodedata.category(sign) != "Mn":
            base_script = unicodedata.name(sign, "").split(" ")[0]
            folded.append(sign)
        elif base_script not in _FOLDED_SCRIPTS or (base_script == "CYRILLIC" and sign == "\u0306"):
            folded.append(sign)
    return unicodedata.normalize("NFKC", "".join(folded)).translate(_LATIN).casefold()


def _words_only(text: str) -> str:
    """Everything but letters, digits and their marks to spaces: a vowel sign must not split its word."""
    if text.isascii():
        return _NO_ASCII_WORD.sub(" ", text)
    return "".join(
        sign if sign.isalnum() or unicodedata.category(sign) in ("Mn", "Mc") else " " for sign in text if sign not in "\u200c\u200d"
    )


@lru_cache(maxsize=20_000)
def _words(text: str) -> tuple[str, ...]:
    return tuple(word for part in search_key(text).split() for word in _split_unspaced(part))


def tokens(text: str) -> list[str]:
    """Words of the search key; writing without spaces (Chinese, Japanese, Thai, …) is cut into its characters."""
    return list(_words(text))


def _split_unspaced(word: str) -> list[str]:
    return _UNSPACED.sub(lambda found: f" {found[0]} ", word).split()


@lru_cache(maxsize=20_000)
def dominant_script(text: str) -> str | None:
    """The script of most letters ("Latin", "Cyrillic", "Han", …), "Kana" as soon as there is any kana; None without letters."""
    counts: dict[str, int] = {}
    for sign in text:
        if sign.isalpha():
            name = _SCRIPT_WORDS.get(unicodedata.name(sign, "").split(" ")[0], "Other")
            counts[name] = counts.get(name, 0) + 1
    if not counts:
        return None
    return "Kana" if "Kana" in counts else max(counts, key=lambda name: counts[name])


_BLOCKS = re.compile(r"</?(?:p|br|div|li|ul|ol|h[1-6]|tr|table|blockquote)\b[^<>]*>", re.IGNORECASE)
_SILENT = {"script", "style", "head", "template", "noscript", "iframe", "object"}
_MD_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\]\([^()\s]{1,1000}\)")
_MD_REF = re.compile(r"\[([^\[\]\n]{1,300})\]\[[^\[\]\n]{0,50}\]|^\s*\[[^\[\]\n]{1,50}\]:\s*\S+\s*$", re.MULTILINE)
_MD_EMPHASIS = re.compile(
    r"(?<![\w*])(\*{1,3})(?=\S)([^*\n]{1,500}?)(?<=\S)\1(?![\w*])|(?<![\w_])(_{1,2})(?=\S)([^_\n]{1,500}?)(?<=\S)\3(?![\w_])"
)
_MD_LINE = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*_]{3,}[ \t]*$)", re.MULTILINE)


def plain_text(text: str, max_chars: int = 10_000) -> str:
    """HTML or Markdown as plain text with its paragraphs, at most so many characters, cut between words."""
    source = text[: max_chars * 8]
    if "<" in source:
        source = nh3.clean(_BLOCKS.sub("\n", source), tags=set(), clean_content_tags=_SILENT)
    bare = html.unescape(html.unescape(source) if "&amp;" in source else source)
    bare = _MD_REF.sub(lambda found: found[1] or "", _MD_LINK.sub(r"\1", bare))
    bare = _MD_EMPHASIS.sub(lambda found: found[2] or found[4], bare)
    lines = [clean_line(line) for line in _MD_LINE.sub("", bare).replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    whole = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if len(whole) <= max_chars:
        return whole
    return whole[:max_chars].rsplit(None, 1)[0].rstrip()
