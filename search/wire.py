"""Books to the members that clients know (spec 04, "DTOs"): camelCase, unknown left out, lists never null."""

import hashlib
from typing import Any

from search.dto import Author, Book, Demographics, Edition
from search.identifiers import Isbn
from search.normalisers.text import search_key

Dto = dict[str, Any]
NEEDS_REVIEW_UNDER = 50  # quality
MAX_ISBNS = 60  # of a work; a classic has thousands


def search_data(books: list[Book], total: int) -> Dto:
    """`data` of a search answer: works and editions paired by index, each author once."""
    works, editions = [work_dto(book) for book in books], [edition_dto(book) for book in books]
    authors = {author["name"].casefold(): author for work in reversed(works) for author in reversed(work["authors"])}
    ordered = {author["name"].casefold(): None for work in works for author in work["authors"]}
    return {
        "works": works,
        "editions": editions,
        "authors": [authors[name] for name in ordered],
        "resultCount": len(works),
        "totalResults": max(total, len(works)),
    }


def work_dto(book: Book) -> Dto:
    """WorkDTO."""
    edition = book.edition
    return _known(
        id=work_id(book),
        title=book.title,
        authors=[author_dto(author) for author in book.authors],
        subjectTags=list(book.subjects),
        genres=list(book.subjects),
        goodreadsWorkIDs=[],
        amazonASINs=list(edition.asins),
        librarythingIDs=list(edition.librarything_ids),
        googleBooksVolumeIDs=[edition.google_id] if edition.google_id else [],
        isbndbQuality=book.isbndb_quality,
        reviewStatus=_review_status(book),
        synthetic=False,
        primaryProvider=book.providers[0] if book.providers else None,
        contributors=list(book.contributors),
        isbn=list(book.work_isbns[:MAX_ISBNS]),
        subtitle=book.subtitle,
        originalLanguage=book.original_language,
        firstPublicationYear=book.first_year,
        publicationDate=edition.published,
        description=book.description,
        coverImageURL=edition.cover_url,
        pageCount=edition.page_count,
        series=_known(name=book.series.name, position=book.series.position) if book.series else None,
        openLibraryID=book.openlibrary_work_id,
        openLibraryWorkID=book.openlibrary_work_id,
        isbndbID=_isbndb_id(book),
        googleBooksVolumeID=edition.google_id,
        goodreadsID=edition.goodreads_ids[0] if edition.goodreads_ids else None,
        quality=book.quality,
        match=_match_dto(book),
        sources=dict(book.sources),
        providers=list(book.providers),
    ) | {"cover": edition.cover_url}


def edition_dto(book: Book) -> Dto:
    """EditionDTO: the 13-digit ISBN first, then its 10-digit twin where there is one."""
    edition = book.edition
    small, medium, large = edition.cover_urls or (None, None, None)
    return _known(
        isbn=edition.isbns[0] if edition.isbns else None,
        isbns=both_forms(edition),
        format=edition.format,
        amazonASINs=list(edition.asins),
        googleBooksVolumeIDs=[edition.google_id] if edition.google_id else [],
        librarythingIDs=list(edition.librarything_ids),
        isbndbQuality=book.isbndb_quality,
        contributors=list(book.contributors),
        title=edition.title or book.title,
        subtitle=edition.subtitle or (book.subtitle if not edition.title else None),
        publisher=edition.publisher,
        publicationDate=edition.published,
        publicationYear=edition.year,
        pageCount=edition.page_count,
        coverImageURL=edition.cover_url,
        coverUrls={"small": small, "medium": medium, "large": large} if edition.cover_urls else None,
        editionTitle=edition.note,
        language=edition.language,
        primaryProvider=book.providers[0] if book.providers else None,
        openLibraryID=edition.openlibrary_id,
        openLibraryEditionID=edition.openlibrary_id,
        isbndbID=_isbndb_id(book),
        googleBooksVolumeID=edition.google_id,
        goodreadsID=edition.goodreads_ids[0] if edition.goodreads_ids else None,
        quality=book.quality,
    )


def author_dto(author: Author) -> Dto:
    """AuthorDTO. Gender is Unknown until a source says otherwise: demographics are never guessed from a name."""
    return _known(
        id=author.openlibrary_id or author.isbndb_id,
        name=author.name,
        gender="Unknown",
        birthYear=author.birth_year,
        deathYear=author.death_year,
        openLibraryID=author.openlibrary_id,
        isbndbID=author.isbndb_id,
    )


def demographics_dto(known: Demographics) -> Dto:
    """The members of an AuthorDTO that Wikidata gives."""
    source = {"provider": "wikidata", "retrievedAt": known.retrieved_at, "confidence": known.confidence}
    return _known(
        gender=known.gender,
        culturalRegion=known.region,
        nationality=known.nationality,
        birthYear=known.birth_year,
        deathYear=known.death_year,
        birthDate=known.birth_date,
        wikidataID=known.wikidata_id,
        demographicsSource=source,
    )


def both_forms(edition: Edition) -> list[str]:
    """Every ISBN of an edition in both forms: 13 digits first, then 10."""
    forms: list[str] = list(edition.isbns)
    forms += [ten for isbn in edition.isbns if (ten := Isbn(isbn).isbn10)]
    return forms


def work_id(book: Book) -> str:
    """A stable id: a provider's, else the edition's ISBN, else a hash of title, first author and subtitle."""
    if book.openlibrary_work_id:
        return book.openlibrary_work_id
    if book.edition.isbns:
        return f"isbn-{book.edition.isbns[0]}"
    if book.edition.google_id:
        return f"google-{book.edition.google_id}"
    if book.edition.openlibrary_id:
        return book.edition.openlibrary_id  # an edition without a work stands for one there, too
    if book.catalogue_id:
        return book.catalogue_id
    author = search_key(book.authors[0].name) if book.authors else ""
    names = [search_key(book.title), author, *([search_key(book.subtitle)] if book.subtitle else [])]
    return "work-" + hashlib.sha256("\x1f".join(names).encode("utf-8", "replace")).hexdigest()[:16]


def _review_status(book: Book) -> str:
    if book.edited:
        return "userEdited"
    return "needsReview" if book.quality < NEEDS_REVIEW_UNDER else "verified"


def _isbndb_id(book: Book) -> str | None:
    return book.edition.isbns[0] if "isbndb" in book.providers and book.edition.isbns else None


def _match_dto(book: Book) -> Dto | None:
    if book.match is None:
        return None
    return {"level": book.match.level.value, "score": book.match.score, "reasons": list(book.match.reasons)}


def _known(**members: Any) -> Dto:
    return {name: value for name, value in members.items() if value is not None}
