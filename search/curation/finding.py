"""Rows of the catalogue by whatever staff type: any identifier, or words. By keys and indexes alone: as quick at fifty million rows."""

from search.catalogue.crosswalk import end_of, leads
from search.catalogue.keys import Letter, key_of_catalogue
from search.catalogue.title_index import Words, author_works, find, words_of
from search.catalogue.title_words import author_key_words
from search.models import Author, Authorship, Edition, Work
from search.schemes import Scheme

MOST = 100  # rows that one search lists
MAX_CHARS = 500
SURE = (Scheme.ISBN, Scheme.OPENLIBRARY)  # what looks like one of these is meant as one


def keys_found(letter: Letter, text: str) -> list[int]:
    """Primary keys of the works (W), editions (M) or authors (A) that a text may mean: by identifiers, and by words where it need be none.

    An id of a work leads to its editions and authors, too; one of an edition to its work.
    """
    text = text.strip()[:MAX_CHARS]
    led = leads(text)
    works, editions, authors = ([key for lead in led for key in getattr(lead, kind)] for kind in ("works", "editions", "authors"))
    if key := key_of_catalogue(text):
        works.append(end_of("W", key))
    works += Work.objects.filter(source_id=text).values_list("pk", flat=True)  # "sample:dune"
    sure = (":" in text and bool(led)) or any(lead.scheme in SURE for lead in led)
    worded = [] if sure else find(Words(anywhere=words_of(text)))[:MOST]
    if letter == "W":
        found = [*works, *worded]
    elif letter == "M":
        found = [*(editions or _editions_of(works)), *_editions_of(worded)]
    else:
        found = [*(authors or _authors_of(works)), *([] if sure else _named(text))]
    return list(dict.fromkeys(found))[:MOST]


def _named(text: str) -> list[int]:
    """Authors of this very name, then those who have all the words in their names and have written something."""
    key = author_key_words(text)
    words = key.split()
    exact = list(Author.objects.filter(name_key=key).values_list("pk", flat=True)[:MOST]) if key else []
    works = author_works(tuple(words)) if words else []
    writers = Author.objects.filter(pk__in=Authorship.objects.filter(work_id__in=works).values("author_id"))
    having = [pk for pk, name in writers.values_list("pk", "name_key") if set(words) <= set(name.split())]
    return [*exact, *having]


def _editions_of(works: list[int]) -> list[int]:
    return list(Edition.objects.filter(work_id__in=works[:MOST]).order_by("work_id", "pk").values_list("pk", flat=True)[:MOST])


def _authors_of(works: list[int]) -> list[int]:
    return list(Authorship.objects.filter(work_id__in=works[:MOST]).values_list("author_id", flat=True).distinct()[:MOST])
