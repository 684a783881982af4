"""The sample catalogue: a few hundred well-known books, so that a first search needs no network."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from search.catalogue import title_index
from search.catalogue.keys import hashed, key_of_author, key_of_edition
from search.catalogue.title_words import author_key_words, hash_of
from search.models import Author, Authorship, Edition, Identifier, Work

SOURCE = "sample"


def load(path: Path | None = None) -> int:
    """Load `samples/catalogue.jsonl` unless works of it are there already; the number of works loaded.

    Raises: OSError, ValueError when the file is not what samples/README.md describes.
    """
    if Work.objects.filter(source_id__startswith=f"{SOURCE}:").exists():
        return 0
    file = path or settings.BASE_DIR / "samples" / "catalogue.jsonl"
    works = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    with transaction.atomic():
        _insert(works)
        title_index.rebuild()
    return len(works)


def _insert(works: list[dict[str, Any]]) -> None:
    authors = _authors(works)
    rows = Work.objects.bulk_create([_work(work) for work in works])
    Authorship.objects.bulk_create(
        Authorship(work=row, author=authors[_author_id(author)], position=place)
        for work, row in zip(works, rows, strict=True)
        for place, author in enumerate(work["authors"])
    )
    editions = [
        (facts, Edition(pk=key_of_edition(row.pk, place), work=row, position=place, **_edition(facts, work)))
        for work, row in zip(works, rows, strict=True)
        for place, facts in enumerate(work.get("editions", []))
    ]
    saved = Edition.objects.bulk_create([edition for _, edition in editions])
    Identifier.objects.bulk_create(
        Identifier(scheme=Identifier.Scheme.ISBN, value=facts["isbn"], edition=edition)
        for (facts, _), edition in zip(editions, saved, strict=True)
        if "isbn" in facts
    )


def _author_id(author: dict[str, Any]) -> tuple[str, int | None]:
    return author_key_words(author["name"]), author.get("birthYear")


def _authors(works: list[dict[str, Any]]) -> dict[tuple[str, int | None], Author]:
    found = {_author_id(author): author for work in works for author in work["authors"]}
    rows = Author.objects.bulk_create(
        [
            Author(pk=key_of_author(*key), name=author["name"], name_key=key[0], birth_year=key[1], death_year=author.get("deathYear"))
            for key, author in found.items()
        ],
        ignore_conflicts=True,  # another file of ours may have brought the same person
    )
    return dict(zip(found, rows, strict=True))


def _work(work: dict[str, Any]) -> Work:
    series = work.get("series", {})
    edition_titles = [edition["title"] for edition in work.get("editions", []) if "title" in edition]
    source_id = f"{SOURCE}:{work['id']}"
    return Work(
        pk=hashed(source_id),
        source_id=source_id,
        title=work["title"],
        subtitle=work.get("subtitle", ""),
        other_titles=work.get("titles", []),
        first_year=work.get("firstPublicationYear"),
        original_language=work.get("originalLanguage", ""),
        subjects=work.get("subjects", []),
        title_hash=hash_of(work["title"]),
        series_name=series.get("name", ""),
        series_position=series.get("position"),
        title_words=title_index.stored(
            work["title"], work.get("subtitle", ""), *work.get("titles", []), *edition_titles
        ),
        author_words=title_index.stored(*(name for author in work["authors"] for name in (author["name"], *author.get("otherNames", [])))),
    )


def _edition(facts: dict[str, Any], work: dict[str, Any]) -> dict[str, Any]:
    title = facts.get("title", "")
    return {
        "title": "" if title == work["title"] else title,
        "language": facts.get("language", ""),
        "publisher": facts.get("publisher", ""),
        "published": facts.get("publicationDate", ""),
        "page_count": facts.get("pageCount"),
        "format": facts.get("format", ""),
    }
