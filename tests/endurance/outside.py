"""A catalogue that knows nothing and takes its time over it: the least that keeps an enrichment busy while processes are killed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

DELAY_S = 0.15
_BODY = b'{"numFound": 0, "start": 0, "docs": []}'
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)


@asynccontextmanager
async def silent_catalogue() -> AsyncIterator[dict[str, str]]:
    """It listens within; the settings under which a house asks nobody else."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    async with server:
        yield {
            "SEARCH_PROVIDERS": "catalogue,openlibrary",
            "OPENLIBRARY_BASE_URL": f"http://{host}:{port}",
            "OPENLIBRARY_RATE": "10000",
        }


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            await asyncio.sleep(DELAY_S)
            writer.write(_ANSWER)
    except (asyncio.IncompleteReadError, OSError):  # the asker was killed, or has enough
        pass
    finally:
        writer.close()
