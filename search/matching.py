"""How surely a book is what was asked, and in which order books are shown.

A wrong book is worse than none: agreement has to be shown by an identifier, or by title and author together; everything else is
a guess and says so. Source: spec 04, "DTOs" (match levels) and "Merging providers" (order of results).
"""

from dataclasses import replace

from rapidfuzz import fuzz

from search.dto import Book, Match, MatchLevel
from search.identifiers import Isbn
from search.normalisers.names import author_similarity
from search.normalisers.text import dominant_script, search_key, tokens
from search.normalisers.titles import OTHER_VOLUME_AT_MOST, parse_title, title_similarity
from search.normalisers.volumes import numbers_of
from search.provider import Kind, Question

AGREES = 0.85  # similarity from which a title or an author is taken for the same
LEVELS = tuple(MatchLevel)  # surest first


def at_least(level: MatchLevel, floor: MatchLevel) -> bool:
    """Whether a level is as sure as the floor, or surer."""
    return LEVELS.index(level) <= LEVELS.index(floor)


def judge(question: Question, book: Book) -> Match | None:
    """The match of a book to a question; None when it is no answer to it at all (another ISBN, another language)."""
    if question.kind in (Kind.ISBN, Kind.MANY_ISBNS):
        return _by_isbn(question, book)
    if question.kind in (Kind.PROVIDER_ID, Kind.EDITIONS):
        return _by_id(question.provider_id, book)
    if question.lang and book.edition.language and book.edition.language != question.lang:
        return None
    if question.kind is Kind.ADVANCED:
        return _by_title_and_author(question, book)
    return _by_words(question.text, book)


def ranked(question: Question, books: list[Book]) -> list[Book]:
    """The books that answer the question with their match set, best first: match, then quality, then how well known they are."""
    judged = [replace(book, match=match) for book in books if (match := judge(question, book)) is not None]
    words = " ".join(sorted(tokens(question.text or question.title or question.author)))
    return sorted(judged, key=lambda book: _order(book, words))


def _order(book: Book, words: str) -> tuple[int, float, float, float]:
    if book.match is None:
        raise ValueError("a book is judged before it is ranked")
    guessed = words and book.match.level is MatchLevel.GUESS
    return (
        LEVELS.index(book.match.level),
        -round(book.match.score, 2),
        -_words_alike(words, book) if guessed else 0.0,
        -(book.quality + 30 * book.popularity),
    )


def _words_alike(words: str, book: Book) -> float:
    """Of guesses that are equally unsure: how alike the sorted words are, 0..1 in steps that leave small differences to quality."""
    names = {book.title, book.edition.title or book.title, *book.other_titles, *(author.name for author in book.authors)}
    return max(round(fuzz.ratio(words, " ".join(sorted(tokens(name)))) / 100, 1) for name in names)


def _by_isbn(question: Question, book: Book) -> Match | None:
    asked = set(question.isbns)
    if asked & set(book.edition.isbns):
        doubt = language_doubt(book)
        if doubt:
            return Match(MatchLevel.EXACT_EDITION, 0.8, ("ISBN agrees", doubt))
        return Match(MatchLevel.EXACT_EDITION, 1.0, ("ISBN agrees",))
    if asked & set(book.work_isbns):
        return Match(MatchLevel.SAME_WORK, 0.9, ("the ISBN is of another edition of this work",))
    return None


def _by_id(asked: str, book: Book) -> Match | None:
    if asked in (book.edition.openlibrary_id, book.edition.google_id):
        return Match(MatchLevel.EXACT_EDITION, 1.0, ("id agrees",))
    if asked in (book.openlibrary_work_id, book.catalogue_id):
        return Match(MatchLevel.SAME_WORK, 1.0, ("id of the work agrees",))
    return None


def language_doubt(book: Book) -> str | None:
    """What speaks against the book being in the language that its ISBN was given out for, in words; None when nothing does.

    ISBN group, script of the title and language of the record have to agree. It lowers the score and is shown; it does not drop
    the book, since publishers do print in other languages under their own group.
    """
    if not book.edition.isbns:
        return None
    customary = Isbn(book.edition.isbns[0]).languages
    if not customary:
        return None
    if book.edition.language and book.edition.language not in customary:
        return f"its language ({book.edition.language}) is unusual for this ISBN group"
    script = dominant_script(book.edition.title or book.title)
    if script and not any(script in SCRIPTS_OF.get(language, ("Latin",)) for language in customary):
        return f"its title's script ({script}) is unusual for this ISBN group"
    return None


SCRIPTS_OF: dict[str, tuple[str, ...]] = {
    "ja": ("Kana", "Han", "Latin"), "zh": ("Han", "Latin"), "ko": ("Hangul", "Han", "Latin"),
    "ru": ("Cyrillic", "Latin"), "uk": ("Cyrillic", "Latin"), "be": ("Cyrillic", "Latin"), "bg": ("Cyrillic", "Latin"),
    "sr": ("Cyrillic", "Latin"), "mk": ("Cyrillic", "Latin"), "kk": ("Cyrillic", "Latin"),
    "el": ("Greek", "Latin"), "ar": ("Arabic", "Latin"), "fa": ("Arabic", "Latin"), "ur": ("Arabic", "Latin"),
    "he": ("Hebrew", "Latin"), "hi": ("Devanagari", "Latin"), "th": ("Thai", "Latin"),
    "ka": ("Georgian", "Latin"), "hy": ("Armenian", "Latin"), "bn": ("Bengali", "Latin"), "ta": ("Tamil", "Latin"),
}  # fmt: skip


def _title_score(asked: str, book: Book) -> float:
    full = f"{book.title}: {book.subtitle}" if book.subtitle else book.title
    names = {book.title, full, book.edition.title or book.title, *book.other_titles}
    best = max(title_similarity(asked, name) for name in names)
    return min(best, OTHER_VOLUME_AT_MOST) if "(" in asked and _is_other_volume(asked, book) else best


def _is_other_volume(asked: str, book: Book) -> bool:
    """Whether a later volume of a series that is called as its first is asked, and the book is not that one: "Naruto (Naruto, #5)"."""
    parsed = parse_title(asked)
    series, place = parsed.series or ("", None)
    if place is None or place <= 1 or search_key(series) != search_key(parsed.title):
        return False
    return (book.series is None or book.series.position != place) and place not in numbers_of(search_key(book.title))


def _author_score(asked: str, book: Book) -> float:
    return max((author_similarity(asked, author.name) for author in book.authors), default=0.0)


def _by_title_and_author(question: Question, book: Book) -> Match:
    title = _title_score(question.title, book) if question.title else None
    author = _author_score(question.author, book) if question.author else None
    scores = [score for score in (title, author) if score is not None]
    agreed = all(score >= AGREES for score in scores)
    reasons = [
        f"{word} {'agrees' if score >= AGREES else 'differs'} ({score:.2f})"
        for word, score in (("title", title), ("author", author))
        if score is not None
    ]
    # the weaker of the two decides: a right title by another author is another book
    score = min(scores) * 0.6 + max(scores) * 0.4
    return Match(MatchLevel.WORK_ONLY if agreed else MatchLevel.GUESS, round(score, 3), tuple(reasons))


def _by_words(asked: str, book: Book) -> Match:
    title = _title_score(asked, book)
    if title >= AGREES:
        return Match(MatchLevel.WORK_ONLY, round(title, 3), (f"title agrees ({title:.2f})", "no author was asked"))
    author = _author_score(asked, book)
    if author >= AGREES:
        return Match(
            MatchLevel.WORK_ONLY, round(0.9 * author, 3), (f"author agrees ({author:.2f})", "no title was asked")
        )
    covered = _words_covered(asked, book)
    if covered is not None:
        return Match(MatchLevel.WORK_ONLY, covered, ("all words are in title and author",))
    # a guess is as good as what agrees best
    return Match(MatchLevel.GUESS, round(max(title, 0.9 * author), 3), (f"title differs ({title:.2f})", f"author differs ({author:.2f})"))


def _words_covered(asked: str, book: Book) -> float | None:
    """0.85..0.95 when every word asked is of the title or an author, at least one of each, and they are most of the title."""
    words = set(tokens(asked))
    by_author = {word for author in book.authors for word in tokens(author.name)}
    for name in (book.title, *book.other_titles):
        by_title = set(tokens(name))
        if not by_title or not words <= by_title | by_author or not words & (by_author - by_title):
            continue
        share = len(words & by_title) / len(by_title)
        if share >= 0.6:
            return round(0.85 + 0.1 * share, 3)
    return None
