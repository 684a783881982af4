"""Text: cleaned for showing, folded for comparing, cut into words for finding. Letters of every script stay.

Source: spec 04, "Normalising" (search key, descriptions).
"""

import html
import re
import unicodedata
from functools import lru_cache

import nh3

CACHED_UP_TO_CHARS = 300  # longer texts are worked out anew, so that hostile ones do not fill the memory
_FOLDED_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´ʻʾʿ′", "'"))
# French and Italian: the elided word is a word of its own. Two letters must follow: "C's" is English.
_ELISION = re.compile(
    r"(?<![^\W\d_])(?<![^\W\d_]')(l|d|qu|j|n|s|c|m|t|dell|all|nell|sull|dall|quell|un)'(?=[^\W\d_]{2})"
)
_ASCII_WORDS = str.maketrans({code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)})
_NOT_PLAIN = re.compile(r"['`#+]")  # signs that make words, or join them
_NO_ASCII_WORD = re.compile(r"[^a-z0-9]+")
ARTICLES = frozenset(
    {
        *("the", "a", "an"),
        *("le", "la", "les", "l", "un", "une"),
        *("der", "die", "das", "ein", "eine"),
        *("el", "los", "las", "una"),
        *("il", "lo", "i", "gli", "uno"),
        *("o", "os", "as", "um", "uma"),
    }
)
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff]"
)
_FOLDED_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")
_SHORT_SIGN = "\u0306"  # makes й of и: another letter, not an accent
_JOINERS = "\u200c\u200d"  # some scripts need them
_SCRIPTS = {  # first word of a letter's Unicode name -> script
    "LATIN": "Latin", "CYRILLIC": "Cyrillic", "GREEK": "Greek", "ARABIC": "Arabic", "HEBREW": "Hebrew", "CJK": "Han",
    "IDEOGRAPHIC": "Han", "BOPOMOFO": "Han", "HIRAGANA": "Kana", "KATAKANA": "Kana", "KATAKANA-HIRAGANA": "Kana",
    "HANGUL": "Hangul", "DEVANAGARI": "Devanagari", "THAI": "Thai", "GEORGIAN": "Georgian", "ARMENIAN": "Armenian",
    "BENGALI": "Bengali", "TAMIL": "Tamil", "TELUGU": "Telugu", "GUJARATI": "Gujarati", "GURMUKHI": "Gurmukhi",
    "KANNADA": "Kannada", "MALAYALAM": "Malayalam", "SINHALA": "Sinhala", "KHMER": "Khmer", "LAO": "Lao",
    "MYANMAR": "Myanmar", "ETHIOPIC": "Ethiopic", "TIBETAN": "Tibetan",
}  # fmt: skip


def clean_line(text: str) -> str:
    """One line fit for showing and asking: composed, single spaces, nothing that is invisible or turns the writing."""
    if text.isprintable():  # most of all text: nothing to take out
        return " ".join((text if text.isascii() else unicodedata.normalize("NFC", text)).split())
    kept = "".join(
        " " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign
        for sign in text
        if sign in _JOINERS or unicodedata.category(sign) not in ("Cf", "Cs", "Co", "Cn")
    )
    return " ".join(unicodedata.normalize("NFC", kept).split())


def search_key(text: str) -> str:
    """The form for cache keys and comparison: NFKC, case and accents folded, punctuation to spaces, leading article dropped.

    Never empty for a text that shows anything. Idempotent. Not for showing, and never sent to a provider.
    """
    return _cached_key(text) if len(text) <= CACHED_UP_TO_CHARS else _key(text)


def folded_words(text: str) -> list[str]:
    """The words of a text as the search key has them, leading article included; none for punctuation alone."""
    if text.isascii() and not _NOT_PLAIN.search(text):  # most titles: the same, and several times as fast
        return text.translate(_ASCII_WORDS).split()
    return _folded(text)


def _folded(text: str) -> list[str]:
    folded = _fold(_caseless(text).translate(_APOSTROPHES))
    elided = _ELISION.sub(r"\1 ", folded).replace("'", "")
    named = re.sub(r"(?<=\b[a-z])#(?!\d)", " sharp", elided).replace("++", " plus plus")  # C, C# and C++ are three
    return unicodedata.normalize("NFC", _words_only(named)).split()


def tokens(text: str) -> list[str]:
    """Words of the search key; writing without spaces (Chinese, Japanese, Thai, …) is cut into its characters."""
    key = search_key(text)
    return (key if key.isascii() else _UNSPACED.sub(lambda found: f" {found[0]} ", key)).split()


def dominant_script(text: str) -> str | None:
    """The script of most letters ("Latin", "Han", …), "Kana" as soon as there is any kana; None without letters."""
    return _cached_script(text) if len(text) <= CACHED_UP_TO_CHARS else _script(text)


def _script(text: str) -> str | None:
    if text.isascii():
        return "Latin" if any(map(str.isalpha, text)) else None
    counts: dict[str, int] = {}
    for sign in unicodedata.normalize("NFKC", text):
        if sign.isalpha():
            name = _SCRIPTS.get(unicodedata.name(sign, "").split(" ")[0], "Other")
            counts[name] = counts.get(name, 0) + 1
    if not counts:
        return None
    return "Kana" if "Kana" in counts else max(counts, key=lambda name: counts[name])


def _key(text: str) -> str:
    words = folded_words(text)
    last = len(words) - 1
    first = next((place for place, word in enumerate(words) if place == last or word not in ARTICLES), 0)
    return " ".join(words[first:]) or _caseless(text)


_cached_key = lru_cache(maxsize=5_000)(_key)
_cached_script = lru_cache(maxsize=5_000)(_script)


def _caseless(text: str) -> str:
    """NFKC and casefold, twice, since each may undo the other."""
    line = clean_line(text)
    if line.isascii():
        return line.lower()
    line = line.replace("´", "'")  # NFKC would make a space of it
    for _ in range(2):
        line = clean_line(unicodedata.normalize("NFKC", line).casefold())
    return unicodedata.normalize("NFKC", line)


def _fold(text: str) -> str:
    """Accents off Latin, Greek and Cyrillic letters, and off what is no letter; marks of other scripts are letters' parts."""
    if text.isascii():
        return text
    folded: list[str] = []
    script = ""  # of the letter that a mark belongs to
    for sign in unicodedata.normalize("NFD", text.translate(_FOLDED_LETTERS)):
        if unicodedata.category(sign) not in ("Mn", "Mc"):
            script = unicodedata.name(sign, "").split(" ")[0] if sign.isalnum() else ""
            folded.append(sign)
        elif (script and script not in _FOLDED_SCRIPTS) or (script == "CYRILLIC" and sign == _SHORT_SIGN):
            folded.append(sign)
    return unicodedata.normalize("NFKC", "".join(folded)).translate(_FOLDED_LETTERS).casefold()


def _words_only(text: str) -> str:
    """Everything but letters, digits and their marks to spaces: a vowel sign must not split its word."""
    if text.isascii():
        return _NO_ASCII_WORD.sub(" ", text)
    return "".join(
        sign if sign.isalnum() or unicodedata.category(sign) in ("Mn", "Mc") else " "
        for sign in text
        if sign not in _JOINERS
    )


_READ_TIMES = 8  # so much more of a description is read than kept: markup takes room
_TAG = re.compile(r"<[a-zA-Z/!]")
_BLOCKS = re.compile(r"</?(?:p|br|div|li|ul|ol|h[1-6]|tr|table|blockquote)\b[^<>]*>", re.IGNORECASE)
_SILENT = {"script", "style", "head", "template", "noscript", "iframe", "object"}
_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\](?:\([^()\s]{1,1000}\)|\[[^\[\]\n]{0,50}\])")
_LINK_TARGET = re.compile(r"^[ \t]*\[[^\[\]\n]{1,50}\]:[ \t]*\S+[ \t]*$", re.MULTILINE)
# signs around words, never inside them: 2*3*4, snake_case and addresses stay
_EMPHASIS = re.compile(
    r"(?<![^\s(\[{\"'“‘«—–*_-])(\*{1,3}|_{1,3})(?=[^\s*_])([^*_\n]{1,500}?)(?<=\S)\1(?![\w*_])|"
    r"(?<![^\s(\[{\"'“‘«—–-])(\*\*|__)(?=\S)([^\n]{1,500}?)(?<=\S)\3(?![\w*_])"
)
_LINE_START = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|(?:>[ \t]?)+|[-*_]{3,}[ \t]*$)", re.MULTILINE)


def plain_text(text: str, max_chars: int = 10_000) -> str:
    """HTML or Markdown as plain text with its paragraphs, at most so many characters, cut between words."""
    bare = _without_markdown(_without_html(text[: max_chars * _READ_TIMES]))
    lines = [clean_line(line) for line in re.split(r"\r\n|\r|\n", bare)]
    whole = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if len(whole) <= max_chars:
        return whole
    return whole[:max_chars].rsplit(None, 1)[0].rstrip()


def _without_html(source: str) -> str:
    """By a real parser where there are tags, be they written as entities; entities escaped twice are read twice."""
    if not _TAG.search(source):
        source = html.unescape(source)
    if _TAG.search(source):
        source = html.unescape(nh3.clean(_BLOCKS.sub("\n", source), tags=set(), clean_content_tags=_SILENT))
    return html.unescape(source)


def _without_markdown(text: str) -> str:
    unlinked = _LINK_TARGET.sub("", _LINK.sub(r"\1", text))
    for _ in range(2):  # emphasis within emphasis
        unlinked = _EMPHASIS.sub(lambda found: found[2] or found[4], unlinked)
    return _LINE_START.sub("", unlinked)
