"""Fields of catalogue rows corrected by staff, and corrections taken back. Search words and keys follow at once."""

from typing import Any

from django.utils import timezone

from search.catalogue.keys import Letter, olid_of
from search.catalogue.title_follow import reindexed
from search.catalogue.title_words import words_of
from search.curation import facts
from search.curation.alone import Refused, curating
from search.curation.changes import AT_ONCE, row_of
from search.curation.merging import KINDS, MODELS, touched_works
from search.curation.shown import forget_answers, shown_by, shown_by_authors
from search.models import Author, Correction, Edition, Work


def correct(letter: Letter, key: int, values: dict[str, Any], user: Any) -> list[str]:
    """Give columns of a row other values, which loads then keep; the columns that have changed.

    The values must be fit for the row (curation/forms.py). One that is what the source says is a correction taken back.

    Raises: Refused
    """
    with curating():
        row = _row(letter, key)
        changed = {name: value for name, value in values.items() if name in facts.FIELDS[letter] and getattr(row, name) != value}
        for name, value in changed.items():
            _remember(letter, key, name, getattr(row, name), value, user)
        _write(letter, row, changed)
        return list(changed)


def take_back(correction: Correction) -> None:
    """Restore what the source says of a field: its newest word, or what stood there.

    Raises: Refused
    """
    with curating():
        letter: Letter = correction.letter  # type: ignore[assignment]
        if MODELS[letter]._default_manager.filter(pk=correction.key).exists():
            correction.refresh_from_db()
            _write(letter, _row(letter, correction.key), {correction.field: correction.source_value})
        correction.delete()


def _row(letter: Letter, key: int) -> Any:
    row = MODELS[letter]._default_manager.filter(pk=key).first()
    if row is None:
        raise Refused(f"The {KINDS[letter]} is not there any more: it was merged or deleted.")
    return row


def _remember(letter: Letter, key: int, name: str, before: Any, value: Any, user: Any) -> None:
    row = Correction.objects.filter(key=key, letter=letter, field=name).first()
    if row is None:
        row = Correction(key=key, letter=letter, field=name, source_value=before)
    row.value, row.by, row.at = value, user, timezone.now()
    if row.value != row.source_value:
        row.save()
    elif row.pk:
        row.delete()


def _write(letter: Letter, row: Any, changed: dict[str, Any]) -> None:
    """Write the columns with all that follows from them."""
    if not changed:
        return
    works = touched_works(letter, [row.pk])
    before = [shown_by(works), shown_by_authors([row.pk] if letter == "A" else [])]
    old = row_of(row)
    new = old | changed
    columns = changed | facts.derived(letter, old, new)
    with reindexed(works):
        MODELS[letter]._default_manager.filter(pk=row.pk).update(**columns)
        if isinstance(row, Author) and "name" in changed:
            _rename_in(works, row.name, changed["name"])
        if isinstance(row, Edition) and changed.get("title") and row.title:
            _retitle_in(works, row.title, changed["title"])
    after = [shown_by(works), shown_by_authors([row.pk] if letter == "A" else [])]
    forget_answers(*before, *after, olids=[olid_of(row.pk, letter)])


def _rename_in(works: list[int], old: str, new: str) -> None:
    for start in range(0, len(works), AT_ONCE):
        rows = list(Work.objects.filter(pk__in=works[start : start + AT_ONCE]).only("author_words"))
        for work in rows:
            work.author_words = facts.renamed(work.author_words, old, new)
        Work.objects.bulk_update(rows, ["author_words"])


def _retitle_in(works: list[int], old: str, new: str) -> None:
    """Some works have the words of their editions' titles behind their own; under its own title a work is found still."""
    for work in Work.objects.filter(pk__in=works):
        own = facts.own_words(work.title, work.subtitle)
        if work.title_words.startswith(own):
            rest = facts.swapped(work.title_words[len(own) :], [" ".join(words_of(old))], " ".join(words_of(new)))
            Work.objects.filter(pk=work.pk).update(title_words=own + rest)
