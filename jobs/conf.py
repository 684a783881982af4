"""Settings of the jobs app, read from the environment."""

from bookstrack import env

MAX_EVENTS = 10_000
KEPT_S = 24 * 3600  # after the end: results, events, uploads
DEAD_LETTERS_KEPT_S = 7 * 24 * 3600
TOMBSTONE_S = 24 * 3600  # so long its id stays taken and its token answers 404 instead of 401
RETRY_PAUSES_S = (5.0, 30.0, 120.0)
LEASE_S = 15.0
RENEW_EVERY_S = 4.0
SLICE_S = 60.0  # a job that runs longer gives way to those that wait


def max_attempts() -> int:
    """JOB_MAX_ATTEMPTS: failures, or deaths of its worker without progress, after which a job is a dead letter."""
    return env.integer("JOB_MAX_ATTEMPTS", 3, least=1)


def require_token() -> bool:
    """PROGRESS_REQUIRE_TOKEN: whether a socket without a token is refused even before its job exists."""
    return env.flag("PROGRESS_REQUIRE_TOKEN", False)


def sockets_per_job() -> int:
    """PROGRESS_SOCKETS_PER_JOB"""
    return env.integer("PROGRESS_SOCKETS_PER_JOB", 10, least=1)


def sockets_per_client() -> int:
    """PROGRESS_SOCKETS_PER_CLIENT, by address."""
    return env.integer("PROGRESS_SOCKETS_PER_CLIENT", 50, least=1)


def harvest_secret() -> str:
    """HARVEST_SECRET: what X-Harvest-Secret may be beside a service token; empty: nothing."""
    return env.text("HARVEST_SECRET")


def check() -> None:
    """Read every setting once, so that a wrong one fails at the start.

    Raises: ImproperlyConfigured
    """
    max_attempts()
    require_token()
    sockets_per_job()
    sockets_per_client()
