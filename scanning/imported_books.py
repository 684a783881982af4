"""What clients imported lately: the ISBNs of libraries. Part of the services."""

import orjson

from jobs import services as jobs
from scanning.pipelines.csv_import import CsvImport
from search.identifiers import find_isbn

IMPORTS_LOOKED_AT = 50


async def imported_isbns(limit: int) -> list[str]:
    """ISBN-13s of the newest imports whose results are kept, a day that is, each once."""
    found: dict[str, None] = {}
    for job in await jobs.completed(CsvImport.name, IMPORTS_LOOKED_AT):
        offset, count = 0, jobs.PAGE
        while count == jobs.PAGE and len(found) < limit:
            page = await jobs.results(job, limit=jobs.PAGE, offset=offset)
            for book in orjson.loads(page.members[CsvImport.collection]):
                isbn = find_isbn(str(book.get("isbn") or ""))
                if isbn is not None:
                    found[isbn.isbn13] = None
            offset, count = offset + page.count, page.count
    return list(found)[:limit]
