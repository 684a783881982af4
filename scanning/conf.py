"""Settings of the scanning app, read from the environment."""

from bookstrack import env

MAX_BATCH = 5_000
MAX_IMPORT_BYTES = 10 * 2**20  # of a file of rows
MAX_ROWS = 50_000
AUTHORS_WAIT_S = 0.15  # after a job's last book, for who the authors are: a worker that waits keeps others waiting; results ask again
SURE_COLUMN = 0.6  # confidence from which a column needs no warning
BOOKS_PER_COST = 100  # of the job starters' limit


def title_concurrency() -> int:
    """ENRICHMENT_CONCURRENCY: books looked up by title at once, within the providers' rates."""
    return env.integer("ENRICHMENT_CONCURRENCY", 10, least=1)


def budget_share() -> float:
    """ENRICHMENT_BUDGET_SHARE: the part of a provider's daily budget that enrichment may use up (0..1)."""
    return min(1.0, env.number("ENRICHMENT_BUDGET_SHARE", 0.8))


MAX_PHOTOS = 5  # of one scan
PHOTO_COST = 1  # of the job starters' limit
SCAN_MATCH = 0.70  # of a spine's match, from which nobody needs to look at it


def max_photo_bytes() -> int:
    """MAX_SCAN_FILE_SIZE: bytes of one photo."""
    return env.integer("MAX_SCAN_FILE_SIZE", 5 * 2**20, least=1)


def scan_engines() -> list[str]:
    """SCAN_ENGINES: which look at a photo; empty: all that can run."""
    return env.words("SCAN_ENGINES")


def with_ocr() -> bool:
    """BOOKSTRACK_OCR: whether spines are read by local models."""
    return env.flag("BOOKSTRACK_OCR", True)


def scan_memory_mb() -> int:
    """SCAN_MEMORY_MB: what the process that reads pictures may have."""
    return env.integer("SCAN_MEMORY_MB", 2_000, least=500)


def confidence_threshold() -> float:
    """CONFIDENCE_THRESHOLD: of what an engine saw (0..1), from which a book needs no review."""
    return min(1.0, env.number("CONFIDENCE_THRESHOLD", 0.6))


def photos_kept_days() -> int:
    """SCAN_PHOTOS_KEPT_DAYS: so long the photos of a scan are kept."""
    return env.integer("SCAN_PHOTOS_KEPT_DAYS", 90, least=1)


BROKEN_ROWS_ASKED = 100  # of a file, that Gemini may be asked about
GEMINI_PICTURE_TOKENS = 2_000  # of a photo, at most


def gemini_key() -> str:
    """GEMINI_API_KEY; empty: Gemini is off."""
    return env.text("GEMINI_API_KEY")


def gemini_base_url() -> str:
    """GEMINI_BASE_URL: where it is, a stand-in for one."""
    return env.url("GEMINI_BASE_URL", "https://generativelanguage.googleapis.com")


def gemini_model() -> str:
    """GEMINI_MODEL."""
    return env.text("GEMINI_MODEL", "gemini-3.8-flash")


def gemini_thinking_budget() -> int:
    """GEMINI_THINKING_BUDGET: tokens that it may think before it answers; 0: as few as it can. Models after 2.5 know low and high only."""
    return env.integer("GEMINI_THINKING_BUDGET", 0)


def gemini_timeout_s() -> float:
    """GEMINI_TIMEOUT_S: of one call."""
    return env.number("GEMINI_TIMEOUT_S", 60.0)


def gemini_rate() -> float:
    """GEMINI_RATE: calls a second, over all processes."""
    return env.number("GEMINI_RATE", 2.0)


def gemini_daily_tokens() -> int:
    """GEMINI_DAILY_BUDGET: tokens of a UTC day."""
    return env.integer("GEMINI_DAILY_BUDGET", 2_000_000)


def check() -> None:
    """Read every setting once, so that a wrong one fails at the start.

    Raises: ImproperlyConfigured
    """
    title_concurrency()
    budget_share()
    max_photo_bytes()
    with_ocr()
    scan_memory_mb()
    confidence_threshold()
    photos_kept_days()
    gemini_base_url()
    gemini_thinking_budget()
    gemini_timeout_s()
    gemini_rate()
    gemini_daily_tokens()
