"""Batch enrichment: books of which a client knows little, completed. Source: spec 06, "Batch enrichment".

Each book is an item of its own. The resolver below gathers what the items in hand ask for into few calls, so that a thousand books in
hand cost no more than their batches.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from bookstrack.lib import exact_json
from jobs.pipeline import Item, Park, Pipeline, Queue, Result, Stage, WritePolicy
from scanning import conf
from search import services
from search.services import Wanted

_MEMBERS = ("title", "author", "isbn", "googleBooksId", "openLibraryId")


def wanted(book: dict[str, Any]) -> Wanted:
    """A book of the request as the search knows it."""
    title, author, isbn, google_id, openlibrary_id = (book.get(member) or "" for member in _MEMBERS)
    return Wanted(title, author, isbn, google_id, openlibrary_id)


class BatchEnrichment(Pipeline):
    """Finds each book by its ISBN, a provider's id, or title and author."""

    name = "batch_enrichment"
    label = "Batch enrichment"
    queue = Queue.DEFAULT
    collection = "enrichedBooks"
    stages = (Stage("looking up books", 1.0),)
    concurrency = 400
    writes = WritePolicy(updates=5, seconds=10.0)

    def __init__(self, payload: Any) -> None:
        super().__init__(payload)
        self.books: list[dict[str, Any]] = payload["books"]
        self.resolver = services.resolver(share=conf.budget_share(), concurrency=conf.title_concurrency())
        self._ledger = asyncio.create_task(services.keep_ledger())

    def items(self) -> Sequence[Item]:
        return [Item(index, _label(book), book) for index, book in enumerate(self.books)]

    async def handle(self, item: Item) -> Result:
        resolution = await self.resolver.resolve(wanted(item.value))
        if resolution.quota_until is not None:
            raise Park(resolution.quota_until, "all catalogues' calls of today are used up")
        services.ask_who_wrote([resolution])
        body = exact_json.dumps({"index": item.index, **resolution.as_item()})
        return Result(item.index, resolution.status == "success", resolution.status, body)

    def failed(self, item: Item, code: str, message: str) -> Result:
        book = item.value
        known = {name: book.get(name) for name in ("title", "author", "isbn")}
        body = {"index": item.index, **known, "success": False, "status": "error", "error": message, "provider": "none", "cached": False}
        return Result(item.index, False, "error", exact_json.dumps(body))

    def estimated_s(self, total: int) -> float:
        return 0.5 + total * 0.01

    async def close(self) -> None:
        self._ledger.cancel()
        await self.resolver.close()
        await services.asked_who_wrote(within_s=conf.AUTHORS_WAIT_S)
        await services.settled()

    @classmethod
    async def shown(cls, bodies: Sequence[bytes], options: Mapping[str, str]) -> Sequence[bytes]:
        return await services.with_authors_known(bodies)


def _label(book: dict[str, Any]) -> str:
    return str(next((book[name] for name in _MEMBERS if book.get(name)), "a book without any identifier"))
