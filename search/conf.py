"""Settings of the search app, read once from the environment."""

import os
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from bookstrack import env
from bookstrack.lib.registry import implementations
from search.demographics.wikidata import Wikidata
from search.provider import Provider, ProviderConfig

CATALOGUE = "catalogue"  # the local one: it is asked like a provider, but by the database
DEFAULT_ORDER = "catalogue,openlibrary,google-books,isbndb"
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Ttl:
    """Base lifetimes in seconds, before quality, jitter and CACHE_TTL_SCALE (spec 04, "Cache")."""

    isbn: float = 365 * DAY_S
    words: float = 7 * DAY_S
    nothing_isbn: float = 1 * DAY_S
    nothing_words: float = 3_600
    bulk: float = 30 * DAY_S  # at most, of an ISBN that was asked in bulk: not everybody was heard
    degraded: float = 300
    people: float = 30 * DAY_S  # who an author is
    nobody: float = 1 * DAY_S  # that Wikidata does not know an author
    stale: float = 1 * DAY_S  # how long an expired entry is kept to answer while all providers fail


TTL = Ttl()


def ttl_scale() -> float:
    """CACHE_TTL_SCALE: a factor on every lifetime; drills make entries age within seconds."""
    return env.number("CACHE_TTL_SCALE", 1.0)


def memory_tier_bytes() -> int:
    """CACHE_MEMORY_MB: the bound of the in-process tier."""
    return env.integer("CACHE_MEMORY_MB", 64, least=1) * 2**20


def search_budget_s() -> float:
    """SEARCH_BUDGET_S: how long a search waits for providers."""
    return env.number("SEARCH_BUDGET_S", 2.5)


def external_budget_share() -> float:
    """EXTERNAL_BUDGET_SHARE: the part (0..1) of a provider's daily budget that /external/ may use up."""
    return min(1.0, env.number("EXTERNAL_BUDGET_SHARE", 0.5))


@lru_cache(maxsize=1)  # every hit whose authors are not known asks
def demographics() -> bool:
    """DEMOGRAPHICS: whether Wikidata is asked who authors are. It is not where nobody outside is asked at all."""
    return env.flag("DEMOGRAPHICS", True) and any(name != CATALOGUE for name in env.words("SEARCH_PROVIDERS", DEFAULT_ORDER))


def known_providers() -> list[type[Provider]]:
    """Every provider class in `providers/`."""
    return list(implementations("search.providers", Provider))  # type: ignore[type-abstract]


def provider_order() -> list[str]:
    """SEARCH_PROVIDERS: who is asked, in order of trust.

    Raises: ImproperlyConfigured for a name that no provider has.
    """
    known = [CATALOGUE, *(cls.name for cls in known_providers())]
    order = env.words("SEARCH_PROVIDERS", DEFAULT_ORDER)
    unknown = [name for name in order if name not in known]
    if unknown or not order:
        raise ImproperlyConfigured(
            f"SEARCH_PROVIDERS names {', '.join(unknown) or 'nobody'}: known are {', '.join(known)}"
        )
    return list(dict.fromkeys(order))


def with_catalogue() -> bool:
    """Whether the local catalogue is asked."""
    return CATALOGUE in provider_order()


def providers() -> list[Provider]:
    """The outside providers that SEARCH_PROVIDERS names, each with its settings; those without their key are among them, off."""
    order = provider_order()
    found = {cls.name: cls(provider_config(cls)) for cls in known_providers()}
    return [found[name] for name in order if name in found]


def provider_config(cls: type[Provider]) -> ProviderConfig:
    """Settings of one provider, by its prefix: OPENLIBRARY_BASE_URL, _RATE, _DAILY_BUDGET, _API_KEY."""
    prefix = cls.setting
    budget = env.integer(f"{prefix}_DAILY_BUDGET", cls.default_daily_budget or 0)
    return ProviderConfig(
        base_url=env.url(f"{prefix}_BASE_URL", cls.default_base_url),
        key=env.text(f"{prefix}_API_KEY") or None,
        contact=contact(),
        rate=env.number(f"{prefix}_RATE", cls.default_rate),
        daily_budget=budget if f"{prefix}_DAILY_BUDGET" in os.environ else cls.default_daily_budget,
        timeout_s=env.number("PROVIDER_TIMEOUT_S", 5.0),
    )


def contact() -> str:
    """CONTACT: an address in our User-Agent, as providers ask for."""
    return env.text("CONTACT") or f"BooksTrack {settings.VERSION}"


def check() -> None:
    """Read every setting once, so that a wrong one fails at the start.

    Raises: ImproperlyConfigured
    """
    providers()
    demographics()
    provider_config(Wikidata)
    ttl_scale()
    memory_tier_bytes()
    search_budget_s()
    external_budget_share()
