"""Settings of the back office, read from the environment."""

from datetime import timedelta
from functools import lru_cache

from django.core.exceptions import ImproperlyConfigured

from bookstrack import env
from bookstrack.lib import addresses

SIZES = {"small": (128, 192), "medium": (256, 384), "large": (512, 768)}  # boxes in px; nothing is enlarged
MAX_PICTURE_BYTES = 10 * 2**20
FETCH_S = 10.0  # a foreign picture, redirects included
# Open Library sends who asks for a cover to archive.org, and that on to one of its stores: those are for redirects only.
IMAGE_HOSTS = (
    "books.google.com,covers.openlibrary.org,images.isbndb.com,images-na.ssl-images-amazon.com,archive.org,*.us.archive.org,*.ca.archive.org"
)
PICTURE_BASES = {  # public host of pictures -> the setting of its base URL
    "books.google.com": "GOOGLE_BOOKS_COVERS_BASE_URL",
    "covers.openlibrary.org": "OPENLIBRARY_COVERS_BASE_URL",
    "images.isbndb.com": "ISBNDB_IMAGES_BASE_URL",
    "archive.org": "ARCHIVE_BASE_URL",
}


def image_hosts() -> frozenset[str]:
    """IMAGE_PROXY_HOSTS: hosts that pictures are fetched from, as `addresses.checked` takes them.

    Raises: ImproperlyConfigured for an address, a name without a dot, or `*.` before too short a name.
    """
    return _entries(tuple(env.words("IMAGE_PROXY_HOSTS", IMAGE_HOSTS)))


@lru_cache(maxsize=8)
def _entries(words: tuple[str, ...]) -> frozenset[str]:
    try:
        return frozenset(map(addresses.host_entry, words))
    except ValueError as error:
        raise ImproperlyConfigured(f"IMAGE_PROXY_HOSTS: {error}: say full host names, by comma") from None


def picture_bases() -> dict[str, str]:
    """Public host of pictures -> the base URL that the operator set for it; hosts without one are asked themselves.

    Raises: ImproperlyConfigured.
    """
    found = {host: env.url(name, f"https://{host}") for host, name in PICTURE_BASES.items()}
    return {host: base for host, base in found.items() if base != f"https://{host}"}


def pictures_store_bytes() -> int:
    """PICTURES_STORE_MB: what the image proxy keeps in the store; beyond, pictures are served and not kept."""
    return env.integer("PICTURES_STORE_MB", 2_048) * 2**20


def pictures_memory_bytes() -> int:
    """PICTURES_MEMORY_MB: what a web process may hold of the pictures that it serves, of each kind (covers; proxied ones)."""
    return env.integer("PICTURES_MEMORY_MB", 12) * 2**20


MAX_HARVEST = 10_000  # books of one harvest
GOOD_SCORE = 0.62  # of a cover (0..1), from which no other source is asked: it fills the medium box
FAIR_SCORE = 0.5  # from which no call is spent on one book: it fills the small box
COVERS_IN_HAND = 8  # books at once: as many may be fetched again after a crash
BY_ISBN_RATE = 100 / 300  # Open Library's pictures by ISBN, a second. Source: openlibrary.org/dev/docs/api/covers, "Rate Limiting"


def harvest_limit() -> int:
    """HARVEST_LIMIT: books of a harvest that names none."""
    return min(MAX_HARVEST, env.integer("HARVEST_LIMIT", 1_000, least=1))


def harvest_curated() -> str:
    """HARVEST_CURATED: a file of ISBNs, one a line, whose covers staff want; empty: there is none."""
    return env.text("HARVEST_CURATED")


def harvest_budget_share() -> float:
    """HARVEST_BUDGET_SHARE: the part of a provider's daily budget that harvests may use up (0..1); the rest is for who waits."""
    return min(1.0, env.number("HARVEST_BUDGET_SHARE", 0.8))


MAX_WARMING_BYTES = 10 * 2**20  # of a file
MAX_WARMED = 50_000  # things to warm of one run
WARMED_IN_HAND = 400  # at once: ISBNs of so many go into few calls
WARMED_SINGLY = 10  # of what is asked one by one


def warming_budget_share() -> float:
    """WARMING_BUDGET_SHARE: the part of a provider's daily budget that warming may use up (0..1); the rest is for searches."""
    return min(1.0, env.number("WARMING_BUDGET_SHARE", 0.5))


def covers_rate() -> float:
    """COVERS_RATE: pictures that a harvest fetches a second from one host, all processes together."""
    return env.number("COVERS_RATE", 10.0)


def metrics_require_token() -> bool:
    """METRICS_REQUIRE_TOKEN: whether figures are shown only to service tokens of scope `metrics`."""
    return env.flag("METRICS_REQUIRE_TOKEN", False)


RUNS_KEPT_DAYS = 90  # records of runs, and what was done about each book
ALERTS_KEPT_DAYS = 90  # after their end
PICTURES_KEPT_DAYS = 90  # proxied ones, after they were last used
_LONGEST_DAYS = 36_500


def archive_after() -> timedelta:
    """ARCHIVE_AFTER_DAYS: so old is an answer that is moved into the archive, and so long a time its hits are counted over."""
    return timedelta(days=min(env.integer("ARCHIVE_AFTER_DAYS", 30), _LONGEST_DAYS))


def archive_below_hits() -> int:
    """ARCHIVE_BELOW_HITS: an answer with so many hits in that time stays."""
    return env.integer("ARCHIVE_BELOW_HITS", 10)


def check() -> None:
    """Read every setting once, so that a wrong one fails at the start.

    Raises: ImproperlyConfigured
    """
    image_hosts()
    metrics_require_token()
    picture_bases()
    pictures_memory_bytes()
    pictures_store_bytes()
    harvest_limit()
    harvest_budget_share()
    covers_rate()
    archive_after()
    archive_below_hits()
    warming_budget_share()
