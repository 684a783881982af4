"""Cached answers that show works which staff changed: found, and dropped, so that the next request shows them as they are.

Dropped are answers by the works' ISBNs and ids, and answers to words (of a title, an author, a bibliography, editions) that are all
words of one of the works and its authors. What was found by misspelt or half typed words, and an answer that was being made meanwhile, may
stay until it expires by itself; so may answers of works beyond the first thousand of an author.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from asgiref.sync import async_to_sync
from django.db import transaction

from bookstrack.lib import clock
from search import conf, services
from search.catalogue.keys import catalogue_id, olid_of
from search.catalogue.title_words import words_of
from search.models import Author, CacheEntry, Edition, Identifier, Work

MOST_WORKS = 1_000
AT_ONCE = 200


@dataclass
class Shown:
    """By what works are found."""

    isbns: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)  # as clients write them
    words: list[frozenset[str]] = field(default_factory=list)  # of each work


def shown_by(works: Collection[int]) -> Shown:
    """By what these works are found now."""
    shown = Shown()
    keys = sorted(works)[:MOST_WORKS]
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        for row in Work.objects.filter(pk__in=some).prefetch_related("authors"):
            names = [row.title_words, row.author_words, *(author.name_key for author in row.authors.all())]
            shown.words.append(frozenset(word for text in names for word in text.split()))
            shown.ids |= {row.openlibrary_id or "", catalogue_id(row.pk)} - {""}
        editions = Edition.objects.filter(work_id__in=some)
        for pk, isbn in editions.values_list("pk", "isbn"):
            shown.ids.add(olid_of(pk, "M") or catalogue_id(pk))
            shown.isbns |= {f"{isbn:013d}"} if isbn else set()
        for scheme, value in Identifier.objects.filter(edition__in=editions).values_list("scheme", "value"):
            (shown.isbns if scheme == "isbn" else shown.ids).add(value)
    return shown


def shown_by_authors(authors: Collection[int]) -> Shown:
    """By what authors themselves are found: their ids and names."""
    rows = Author.objects.filter(pk__in=authors)
    return Shown(ids={row.openlibrary_id for row in rows if row.openlibrary_id}, words=[frozenset(row.name_key.split()) for row in rows])


def forget_answers(*shown: Shown, olids: Iterable[str | None] = ()) -> None:
    """Drop the answers that show any of these, when the transaction has ended well."""
    ids = {olid for olid in olids if olid}.union(*(each.ids for each in shown))
    isbns = set[str]().union(*(each.isbns for each in shown))
    keys = {f"search:isbn:{isbn}" for isbn in isbns} | _keys_of_ids(ids) | _keys_of_words([words for each in shown for words in each.words])
    transaction.on_commit(partial(_forget, sorted(keys)), robust=True)  # the change is made, whatever becomes of the cache


def _forget(keys: list[str]) -> None:
    async_to_sync(services.expire)(keys)
    for start in range(0, len(keys), AT_ONCE):
        CacheEntry.objects.filter(key__in=keys[start : start + AT_ONCE]).delete()


def _keys_of_ids(ids: Collection[str]) -> set[str]:
    """Answers whose label is an id; whatever scheme it was asked in."""
    listed, found = sorted(ids), set[str]()
    for start in range(0, len(listed), AT_ONCE):
        found |= set(CacheEntry.objects.filter(label__in=listed[start : start + AT_ONCE]).values_list("key", flat=True))
    return found


def _keys_of_words(works: list[frozenset[str]]) -> set[str]:
    """Answers to words that are all words of one of the works."""
    having: dict[str, set[int]] = {}
    for place, words in enumerate(works):
        for word in words:
            having.setdefault(word, set()).add(place)
    if not having:
        return set()
    alive = CacheEntry.objects.exclude(kind="isbn").filter(expires_at__gt=clock.now() - timedelta(seconds=conf.TTL.stale))
    found = set[str]()
    for key, label in alive.values_list("key", "label").iterator(chunk_size=2_000):
        asked = [having.get(word, set()) for word in words_of(label)]
        if asked and set.intersection(*asked):
            found.add(key)
    return found
