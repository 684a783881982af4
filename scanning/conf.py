"""Settings of the scanning app, read from the environment."""

from bookstrack import env

MAX_BATCH = 5_000
MAX_IMPORT_BYTES = 10 * 2**20  # of a file of rows
MAX_ROWS = 50_000
SURE_COLUMN = 0.6  # confidence from which a column needs no warning
BOOKS_PER_COST = 100  # of the job starters' limit


def title_concurrency() -> int:
    """ENRICHMENT_CONCURRENCY: books looked up by title at once, within the providers' rates."""
    return env.integer("ENRICHMENT_CONCURRENCY", 10, least=1)


def budget_share() -> float:
    """ENRICHMENT_BUDGET_SHARE: the part of a provider's daily budget that enrichment may use up (0..1)."""
    return min(1.0, env.number("ENRICHMENT_BUDGET_SHARE", 0.8))


def check() -> None:
    """Read every setting once, so that a wrong one fails at the start.

    Raises: ImproperlyConfigured
    """
    title_concurrency()
    budget_share()
