"""What the query of each search route looks up: for its view, and for the fast lane, which answers what is cached without one."""

from search import look
from search.look import Look
from search.schemas import AdvancedQuery, IsbnQuery, TitleQuery, WordsQuery
from search.schemas_older import OlderAdvanced, OlderIsbn, OlderWords


def isbn(query: IsbnQuery) -> Look:
    """/v1/search/isbn"""
    return look.by_isbn(query.isbn, min_match=query.minMatch)


def title(query: TitleQuery) -> Look:
    """/v1/search/title"""
    return look.by_title(
        query.q or query.title,
        limit=query.maxResults or query.limit,
        offset=query.offset,
        lang=query.lang,
        min_match=query.minMatch,
    )


def fields(query: AdvancedQuery) -> Look:
    """/v1/search/advanced"""
    return look.by_fields(
        title=query.title,
        author=query.author,
        isbn=query.isbn,
        limit=query.limit,
        offset=query.offset,
        lang=query.lang,
        min_match=query.minMatch,
    )


def anything(query: WordsQuery) -> Look:
    """/v1/search"""
    return look.by_anything(query.q, limit=query.limit, offset=query.offset, lang=query.lang, min_match=query.minMatch)


def older_isbn(query: OlderIsbn) -> Look:
    """/search/isbn"""
    return look.by_isbn(query.isbn)


def older_title(query: OlderWords) -> Look:
    """/search/title"""
    return look.by_title(query.q, limit=query.maxResults)


def older_fields(query: OlderAdvanced) -> Look:
    """/search/advanced"""
    return look.by_fields(title=query.bookTitle, author=query.authorName, isbn=query.isbn, limit=query.maxResults)
