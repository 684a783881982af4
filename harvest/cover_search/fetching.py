"""One picture fetched for a harvest: in its host's turn."""

from urllib.parse import urlsplit

from bookstrack.lib import foreign
from harvest import conf
from harvest.cover_search.asking import LABELS
from search import services as search

TURN_S = 60.0  # so long a picture waits for its turn
BY_ISBN = "/b/isbn/"
ANSWERED = (foreign.ForeignTooLarge, foreign.WrongType, foreign.LedAway)  # its fault with one picture


class NotFetched(Exception):
    """It is not known whether there is such a picture; why, for people."""


async def fetched(source: str, url: str) -> foreign.Fetched:
    """The picture. Raises: foreign.Absent, NotFetched."""
    try:
        return await _in_turn(source, url)
    except foreign.ForeignFailed as error:
        raise NotFetched(f"{LABELS[source]}: {_said(error)}") from None
    except foreign.Refused as refused:
        raise NotFetched(f"{LABELS[source]}: {refused.reason}"[:200]) from None


async def _in_turn(source: str, url: str) -> foreign.Fetched:
    name, rate = _line_of(source, url)
    admission = await search.turn(name, rate=rate, wait_s=TURN_S)
    if admission.answer != "go":
        raise NotFetched(f"{LABELS[source]}: its pictures cannot be had just now")
    try:
        found = await foreign.fetch_picture(
            url, hosts=conf.image_hosts(), bases=conf.picture_bases(), max_bytes=conf.MAX_PICTURE_BYTES, timeout_s=conf.FETCH_S
        )
    except (foreign.Absent, foreign.Refused, *ANSWERED):
        await search.turned(name, admission, ok=True)
        raise
    except foreign.ForeignFailed:
        await search.turned(name, admission, ok=False)
        raise
    await search.turned(name, admission, ok=True)
    return found


def _line_of(source: str, url: str) -> tuple[str, float]:
    """In which line a picture waits, and how many go a second."""
    if source == "openlibrary" and urlsplit(url).path.startswith(BY_ISBN):
        return "covers:openlibrary-by-isbn", conf.BY_ISBN_RATE
    return f"covers:{source}", conf.covers_rate()


def _said(error: foreign.ForeignFailed) -> str:
    if isinstance(error, foreign.ForeignTimeout):
        return "a picture did not come in time"
    if isinstance(error, foreign.ForeignTooLarge):
        return "a picture is too large"
    if isinstance(error, foreign.WrongType):
        return "what came is no picture"
    return "a picture did not come"
