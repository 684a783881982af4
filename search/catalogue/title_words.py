"""Words of titles and names as the catalogue's rows keep them. Pure."""

import zlib

from anyascii import anyascii

from search.normalisers.names import author_key
from search.normalisers.text import ARTICLES, dominant_script, tokens

MAX_WORD = 64  # longer ones are no words: cut alike in rows and in questions
ROMANISED = ("Cyrillic", "Greek", "Armenian", "Georgian")  # written letter for letter in Latin by those who lack the keyboard


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text as the index knows them: normalised, writing without spaces cut into its characters."""
    return tuple(word[:MAX_WORD] for word in tokens(text))


def stored(*texts: str) -> str:
    """How the words of some texts are stored, each with a space on both sides; those of other alphabets in Latin letters too."""
    latin = [anyascii(text) for text in texts if not text.isascii() and dominant_script(text) in ROMANISED]
    return " " + " ".join(word[:MAX_WORD] for text in (*texts, *latin) for word in tokens(text)) + " "


def without_articles(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words that are no articles: rows lack the first one of a title, so that it cannot be asked for where it stands elsewhere."""
    return tuple(word for word in words if word not in ARTICLES) or words


def hash_of(title: str) -> int:
    """A number that is the same for titles of the same words; signed, 32 bits."""
    return hash_of_words(words_of(title))


def hash_of_words(words: tuple[str, ...]) -> int:
    """The same of words."""
    return zlib.crc32(" ".join(words).encode("utf-8", "surrogatepass")) - 2**31


def author_key_words(name: str) -> str:
    """A name's words for comparing and finding: turned, initials apart ("JRR Tolkien" is "j r r tolkien")."""
    return " ".join(words_of(author_key(name)))[:600]
