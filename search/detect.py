"""What somebody meant by the text of the one search box."""

from search.identifiers import is_isbn_like
from search.normalisers.text import tokens

Detected = tuple[str, float]  # kind, confidence 0..1

# words that stand in titles but hardly ever in names
_TITLE_WORDS = frozenset(
    {"the", "a", "an", "of", "and", "in", "on", "to", "for", "with", "from", "by", "at", "is", "or", "not"}
    | {"die", "das", "und", "les", "et", "los", "las", "lo", "dans", "pour"}
)


def detected(text: str) -> Detected:
    """`isbn`, `author` or `title`, and how sure that is.

    Whatever is no ISBN is asked of titles and authors at once, so that a wrong guess here costs nothing but its label.
    """
    if is_isbn_like(text):
        return "isbn", 1.0
    words = text.split()
    lowered = set(tokens(text))
    if any(sign.isdigit() for sign in text) or lowered & _TITLE_WORDS:
        return "title", 0.9
    if 2 <= len(words) <= 4 and all(_name_like(word) for word in words):
        return "author", 0.5
    return "title", 0.7


def _name_like(word: str) -> bool:
    """`Ursula`, `K.`, `O'Brien`, `de`: how names are written in scripts that have capitals."""
    letters = word.strip(".,'’-")
    return word.lower() in {"de", "la", "del", "von", "van", "der", "da"} or (
        letters[:1].isupper() and letters.isalpha()
    )
