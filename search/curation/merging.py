"""Duplicates merged into one row, and merges undone. The old key leads to the staying row from then on, in look-ups and in later loads."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Model, Q
from django.utils import timezone

from search.catalogue.keys import Letter, olid_of
from search.catalogue.title_follow import reindexed
from search.curation import facts
from search.curation.alone import Refused, curating
from search.curation.changes import Changes, changed_since, row_of, take_back
from search.curation.shown import forget_answers, shown_by
from search.models import Author, Authorship, Correction, Edition, Identifier, Merge, Redirect, Work

MODELS: dict[Letter, type[Model]] = {"W": Work, "M": Edition, "A": Author}
KINDS: dict[Letter, str] = {"W": "work", "M": "edition", "A": "author"}
AT_ONCE = 10  # rows merged in one go
MOST_ROWS = 10_000  # that one merge may touch: "Anonymous" is not merged by hand
Rows = dict[int, Any]


def chosen(letter: Letter, keys: Sequence[int]) -> Rows:
    """The rows that are to become one, in the order of the keys.

    Raises: Refused when they cannot: too many, too few, or not there
    """
    keys = list(dict.fromkeys(keys))
    kind = KINDS[letter]
    if len(keys) < 2:
        raise Refused(f"Choose at least two {kind}s: a row is not merged into itself.")
    if len(keys) > AT_ONCE:
        raise Refused(f"At most {AT_ONCE} {kind}s are merged at once.")
    there = MODELS[letter]._default_manager.in_bulk(keys)
    if len(there) < len(keys):
        raise Refused(f"{len(keys) - len(there)} of the {kind}s is not there any more: it was merged or deleted.")
    return {key: there[key] for key in keys}


def merge(letter: Letter, kept: int, gone: Sequence[int], user: Any) -> list[Merge]:
    """Merge rows into one that stays; one `Merge` for each, all of them or none.

    Raises: Refused
    """
    with curating():
        if kept in gone:
            raise Refused("A row cannot be merged into itself.")
        rows = chosen(letter, [kept, *gone])
        if Redirect.objects.filter(letter=letter, old=kept).exists():
            raise Refused("The row that should stay was merged into another by its source; a load has yet to follow that.")
        works = touched_works(letter, list(rows))
        before = shown_by(works)
        with reindexed(works):
            merges = [_merged(letter, rows[kept], rows[key], user) for key in gone]
        forget_answers(before, shown_by(works), olids=[olid_of(key, letter) for key in rows])
        return merges


def undo(merge: Merge, user: Any) -> list[str]:
    """Put everything back as it was before a merge; remarks on what cannot be known.

    Raises: Refused, with what has changed since
    """
    with curating():
        merge = Merge.objects.get(pk=merge.pk)
        letter: Letter = merge.letter  # type: ignore[assignment]
        if merge.undone_at:
            raise Refused("This merge is undone already.")
        _refuse_if_later(merge)
        if changed := changed_since(merge.changes):
            raise Refused(f"Not undone, because things have changed since: {'; '.join(changed[:5])}.")
        works = {*touched_works(letter, [merge.kept]), *_works_in(merge)}
        before = shown_by(works)
        with reindexed(works):
            take_back(merge.changes)
        merge.undone_at, merge.undone_by = timezone.now(), user
        merge.save(update_fields=["undone_at", "undone_by"])
        forget_answers(before, shown_by(works), olids=[olid_of(key, letter) for key in (merge.kept, merge.gone)])
        return _remarks(letter, merge)


def touched_works(letter: Letter, keys: Sequence[int]) -> list[int]:
    """Works whose facts or words change with these rows.

    Raises: Refused when there are too many
    """
    if letter == "W":
        return list(keys)
    of = Edition.objects.filter(pk__in=keys) if letter == "M" else Authorship.objects.filter(author_id__in=keys)
    works = list(of.values_list("work_id", flat=True).distinct()[: MOST_ROWS + 1])
    if len(works) > MOST_ROWS:
        raise Refused(f"More than {MOST_ROWS:,} works would change: that is not done by hand.")
    return works


def _merged(letter: Letter, kept: Any, gone: Any, user: Any) -> Merge:
    changes = Changes()
    locked = set(Correction.objects.filter(letter=letter, key=kept.pk).values_list("field", flat=True))
    old, other = row_of(kept), row_of(gone)
    new = facts.gaps_filled(letter, old, other, locked)
    given: dict[str, Any] = {"gaps": dict(new)}
    if letter == "W":
        given["editions"] = Edition.objects.filter(work_id=kept.pk).count()
        given |= {name: other[name] for name in ("title", "other_titles", "title_words")}
        new |= facts.titles_united(old, other)
        _move_editions(changes, kept.pk, gone.pk)
    elif letter == "M":
        given["identifiers"] = _move_identifiers(changes, kept, gone, new.get("isbn"))
    else:
        _move_authorships(changes, kept, gone)
    changes.update(type(kept), [kept.pk], old, new)
    for name, value in new.items():
        setattr(kept, name, value)  # the next one is merged into what it is now
    changes.delete(Correction.objects.filter(letter=letter, key=gone.pk))
    changes.delete([gone])
    changes.delete(Redirect.objects.filter(letter=letter, old=gone.pk))
    changes.insert(Redirect(letter=letter, old=gone.pk, new=kept.pk))
    if changes.rows > MOST_ROWS:
        raise Refused(f"More than {MOST_ROWS:,} rows would change: that is not done by hand.")
    names = {"kept_name": str(kept)[:300], "gone_name": str(gone)[:300]}
    return Merge.objects.create(letter=letter, kept=kept.pk, gone=gone.pk, changes=changes.made, given=given, by=user, **names)


def _move_editions(changes: Changes, kept: int, gone: int) -> None:
    editions = list(Edition.objects.filter(work_id=gone).order_by("pk").values_list("pk", flat=True)[: MOST_ROWS + 1])
    changes.update(Edition, editions, {"work_id": gone}, {"work_id": kept})
    changes.delete(Authorship.objects.filter(work_id=gone))


def _move_identifiers(changes: Changes, kept: Edition, gone: Edition, filled: int | None) -> list[list[str]]:
    """What names the merged edition names the staying one; all of it, for loads to come."""
    has = {(each.scheme, each.value) for each in kept.identifiers.all()}
    first = kept.isbn or filled
    given: list[list[str]] = []
    for each in gone.identifiers.all():
        if (each.scheme, each.value) in has or (each.scheme == "isbn" and first and each.value == f"{first:013d}"):
            changes.delete([each])
            continue
        changes.update(Identifier, [each.pk], {"edition_id": gone.pk}, {"edition_id": kept.pk})
        given.append([each.scheme, each.value])
    if gone.isbn and gone.isbn != first and ("isbn", f"{gone.isbn:013d}") not in has:
        changes.insert(Identifier(scheme="isbn", value=f"{gone.isbn:013d}", edition=kept))
    return [*given, *([["isbn", f"{gone.isbn:013d}"]] if gone.isbn else [])]


def _move_authorships(changes: Changes, kept: Author, gone: Author) -> None:
    named = set(Authorship.objects.filter(author=kept).values_list("work_id", flat=True))
    theirs = list(Authorship.objects.filter(author=gone))
    works = Work.objects.in_bulk([each.work_id for each in theirs])  # a work that is not loaded yet may have authors
    for each in theirs:
        if work := works.get(each.work_id):
            _rename(changes, work, gone.name, None if each.work_id in named else kept.name)
        if each.work_id in named:
            changes.delete([each])
        else:
            changes.update(Authorship, [each.pk], {"author_id": gone.pk}, {"author_id": kept.pk})


def _rename(changes: Changes, work: Work, old: str, new: str | None) -> None:
    words = {"author_words": work.author_words}
    changes.update(Work, [work.pk], words, {"author_words": facts.renamed(work.author_words, old, new)})


def _refuse_if_later(merge: Merge) -> None:
    both = [merge.kept, merge.gone]
    later = Merge.objects.filter(Q(kept__in=both) | Q(gone__in=both), letter=merge.letter, pk__gt=merge.pk, undone_at=None).first()
    if later is not None:
        raise Refused(f"Undo the later merge “{later}” first: it builds on this one.")


def _works_in(merge: Merge) -> list[int]:
    if merge.letter == "W":
        return [merge.gone]
    return [change["before"]["work_id"] for change in merge.changes if change["table"] == "edition" and change["after"] is None]


def _remarks(letter: Letter, merge: Merge) -> list[str]:
    """Whose an edition was that came since, no row says."""
    if letter != "W":
        return []
    came = Edition.objects.filter(work_id=merge.kept).count() - merge.given["editions"]
    return [f"{came} editions came to “{merge.kept_name}” since; they stay with it."] if came > 0 else []
