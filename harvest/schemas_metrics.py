"""Shapes of the routes of figures, for the OpenAPI document."""

from typing import Literal

from ninja import Schema
from pydantic import Field

from bookstrack.replies import ErrorMetadata

PERIODS = Literal["15m", "1h", "24h", "7d"]
Numbers = dict[str, float]


class HitRates(Schema):
    """Shares (0..1) of look-ups; null where nothing was looked up."""

    total: float | None = Field(ge=0, le=1)
    byTier: Numbers = Field(description="negative answers are counted with their tier")
    byKind: Numbers
    negative: float | None = Field(ge=0, le=1, description="answered with what is known to be nowhere")


class Times(Schema):
    """ms; null where nothing was measured."""

    count: int
    mean: float | None
    p50: float | None
    p95: float | None
    p99: float | None


class Latency(Times):
    unit: Literal["ms"]
    byRoute: dict[str, Times]


class RequestVolume(Schema):
    requests: int
    requestsPerSecond: float
    searches: int
    byRoute: Numbers
    byStatus: Numbers
    limitsRefused: Numbers
    cacheLookups: int
    pictures: Numbers = Field(description="that clients asked for, by outcome")
    covers: Numbers = Field(description="that harvests sought, by outcome")
    coversFound: Numbers = Field(description="by source")
    socketMessages: int


class Costs(Schema):
    providerCalls: Numbers
    providerBytes: Numbers
    geminiCalls: int
    geminiTokens: Numbers
    geminiUsd: float | None = Field(description="by list prices; null where a model's price is not known")


class ProviderFigures(Times):
    calls: int
    byStatus: Numbers
    retries: int | None = None
    bytes: int | None = None
    breaker: Literal["closed", "half open", "open"] | None = None
    usedToday: int | None = None
    budgetLeft: int | None = Field(None, description="calls, of Gemini tokens; null: unlimited, or not known")


class QueueFigures(Schema):
    depth: int
    oldestSeconds: float


class JobFigures(Schema):
    """What is read from a store that does not answer is left out."""

    started: Numbers
    ended: Numbers
    items: Numbers
    durationMs: dict[str, Times]
    pushMs: Times
    eventLagMs: Times
    deadLetters: int | None = None
    workers: int | None = None
    workersBusy: int | None = None
    byState: Numbers | None = None
    queues: dict[str, QueueFigures] | None = None
    socketsOpen: int | None = None


class HealthFigures(Schema):
    status: Literal["ok", "degraded"]
    queueAnswers: bool
    openCircuits: list[str]
    serverErrors: int
    serverErrorShare: float | None
    diskFreeBytes: int | None = None
    diskBytes: int | None = None
    storedBytes: Numbers


class FiguresReply(Schema):
    period: PERIODS
    since: str
    until: str
    hosts: int
    hitRates: HitRates
    latency: Latency
    volume: RequestVolume
    costs: Costs
    providers: dict[str, ProviderFigures]
    jobs: JobFigures
    health: HealthFigures


class MemoryTier(Schema):
    entries: int | None = None
    bytes: int | None = None
    evictions: int


class RedisTier(Schema):
    """Of all that Redis holds; empty while it is away."""

    keys: int | None = None
    bytes: int | None = None
    evictionsSinceStart: int | None = None


class Tiers(Schema):
    memory: MemoryTier
    redis: RedisTier


class CacheFigures(Schema):
    period: PERIODS
    since: str
    hitRates: HitRates
    lookups: int
    negativeHits: int
    coalesced: int
    staleServed: int
    brokenEntries: int
    redisAway: int
    entries: int | None = Field(None, description="that have not expired, of all tiers, as of the last half minute")
    tiers: Tiers


class CacheFiguresReply(Schema):
    success: Literal[True]
    data: CacheFigures
    metadata: ErrorMetadata
