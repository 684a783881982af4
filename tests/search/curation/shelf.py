"""A small catalogue with duplicates, and all of its rows for comparing."""

from typing import Any

from django.db import connection

from search.catalogue import title_index
from search.catalogue.keys import FIRST
from search.catalogue.title_index import Words, find, words_of
from search.catalogue.title_words import author_key_words, hash_of, stored
from search.curation.changes import row_of
from search.models import Author, Authorship, Correction, Edition, Identifier, Redirect, Work

DUNE, DUNE_AGAIN, MESSIAH = FIRST + 1, FIRST + 2, FIRST + 3
HERBERT, F_HERBERT = FIRST + 1, FIRST + 2
PAPERBACK, HARDCOVER, PAPERBACK_AGAIN = FIRST + 1, FIRST + 2, FIRST + 3
TABLES = (Work, Edition, Author, Authorship, Identifier, Redirect, Correction)


def work(key: int, title: str, authors: tuple[int, ...], **facts: Any) -> Work:
    names = [Author.objects.get(pk=author).name_key for author in authors]
    words = {"title_words": stored(title, facts.get("subtitle", "")), "author_words": f" {' '.join(names)} "}
    row = Work.objects.create(pk=key, title=title, title_hash=hash_of(title), revision=1, **{**words, **facts})
    Authorship.objects.bulk_create(Authorship(work_id=key, author_id=author, position=place) for place, author in enumerate(authors))
    return row


def author(key: int, name: str, **facts: Any) -> Author:
    return Author.objects.create(pk=key, name=name, name_key=author_key_words(name), revision=1, **facts)


def edition(key: int, of: int, isbn: str | None = None, identifiers: tuple[tuple[str, str], ...] = (), **facts: Any) -> Edition:
    row = Edition.objects.create(pk=key, work_id=of, isbn=int(isbn) if isbn else None, revision=1, **facts)
    Identifier.objects.bulk_create(Identifier(scheme=scheme, value=value, edition=row) for scheme, value in identifiers)
    return row


def filled() -> None:
    """Dune twice, by one author under two names, and a sequel by both; an edition that is there twice."""
    author(HERBERT, "Frank Herbert", birth_year=1920)
    author(F_HERBERT, "F. P. Herbert", death_year=1986)
    work(DUNE, "Dune", (HERBERT,), subjects=["Science fiction"])
    work(DUNE_AGAIN, "Dune Chronicle", (F_HERBERT,), first_year=1965, subjects=["Deserts"], other_titles=["Der Wüstenplanet"])
    work(MESSIAH, "Dune Messiah", (HERBERT, F_HERBERT), first_year=1969, source_id="own:messiah")
    edition(PAPERBACK, DUNE, "9780441172719", (("goodreads", "234225"),), title="Dune", language="en")
    edition(HARDCOVER, DUNE_AGAIN, "9780441013593", (("isbn", "9780593098233"), ("goodreads", "44767458")), title="Dune", publisher="Ace")
    edition(PAPERBACK_AGAIN, DUNE, "9780441172719", (("goodreads", "234225"), ("asin", "B00B7NPRY8")), publisher="Berkley", page_count=535)
    title_index.rebuild()


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows of the catalogue."""
    return {model.__name__: [row_of(row) for row in model._default_manager.order_by("pk")] for model in TABLES}


def check_index() -> None:
    """Whether the title index has what the rows have, word for word: FTS5's own check raises DatabaseError where not."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_title_index(search_title_index, rank) VALUES('integrity-check', 1)")


def titled(text: str) -> set[int]:
    return set(find(Words(title=words_of(text))))


def by(text: str) -> set[int]:
    return set(find(Words(author=words_of(text))))
