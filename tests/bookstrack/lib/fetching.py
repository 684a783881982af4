"""What the tests of the safe fetch share: names, a name server, fixtures of the server that plays tricks, one fetch."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from bookstrack.lib import foreign, http
from bookstrack.lib.foreign import Fetched
from tests.bookstrack.lib.tricks import Detour, Tricks, certified, playing

COVERS, ARCHIVE, STORE = "covers.openlibrary.org", "archive.org", "ia800.us.archive.org"
HOSTS = frozenset((COVERS, ARCHIVE, "*.us.archive.org"))
PUBLIC = {COVERS: ["93.184.216.34", "93.184.216.35"], ARCHIVE: ["207.241.224.2"], STORE: ["2606:2800:220:1::7"]}
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"


class Names:
    """A name server: what it says of a name, in turn; the last stays. It notes what it was asked."""

    def __init__(self) -> None:
        self.said: dict[str, list[Sequence[str] | Exception]] = {name: [found] for name, found in PUBLIC.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        answers = self.said[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certified(tmp_path_factory.mktemp("tls") / "tricks.pem", [COVERS, ARCHIVE, STORE])


@pytest.fixture
async def tricks(certificate: Path) -> AsyncIterator[Tricks]:
    async with playing(certificate) as found:
        yield found


@pytest.fixture
async def detour(tricks: Tricks, certificate: Path) -> AsyncIterator[Detour]:
    made = Detour(tricks, certificate)
    with http.use_transport(made):
        yield made
        await made.aclose()


@pytest.fixture
def names(detour: Detour) -> Iterator[Names]:
    found = Names()
    with foreign.use_resolver(found):
        yield found


async def fetch(
    path: str = "/a", host: str = COVERS, *, bases: Mapping[str, str] | None = None, timeout_s: float = 5.0, max_bytes: int = 10_000
) -> Fetched:
    return await foreign.fetch_picture(f"https://{host}{path}", hosts=HOSTS, bases=bases or {}, max_bytes=max_bytes, timeout_s=timeout_s)
