"""The memory tier's hit rate on a Zipf trace, and its policy beside others: `python -m benchmarks.zipf`.

100,000 requests over 20,000 keys whose values weigh what search answers do: from an empty cache, and on a warm one, 200,000 requests later;
with a crawl mixed in; and with a popularity that changes. No server: the policies are simulated, ours is the cache itself.
"""

import math
import random
import timeit
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from benchmarks import eviction
from benchmarks.table import run, tell
from bookstrack.lib.byte_cache import OVERHEAD_BYTES, ByteCache

KEYS, REQUESTS, CRAWLED, CHANGES = 20_000, 100_000, 25_000, 4
DEFAULT_BYTES = 64 * 2**20  # CACHE_MEMORY_MB
SHARES = (0.02, 0.05, 0.10, 0.25, 0.50, 1.00)  # of the bytes of all keys
POLICIES: dict[str, Callable[[int], eviction.Policy]] = {
    "ours": eviction.Ours,
    "LRU": eviction.Lru,
    "SIEVE": eviction.Sieve,
    "S3-FIFO": eviction.S3Fifo,
    "W-TinyLFU": eviction.WTinyLfu,
}
POINTS = 2.0  # of the hit rate: what may lie between ours and the ideal


@dataclass
class Trace:
    """Requests in order; from which of them on which popularity holds."""

    name: str
    keys: list[str]
    popularity: dict[int, dict[str, float]]


@dataclass
class Measured:
    """Hit rates in percent, by policy, with `ideal` and `MIN`."""

    trace: str
    max_bytes: int
    rates: dict[str, float]

    @property
    def short_of_ideal(self) -> float:
        return self.rates["ideal"] - self.rates["ours"]


def names(turned_by: int = 0) -> list[str]:
    """Keys, the most popular first; the same order each time, turned by so many places."""
    ranked = [f"v1:search:isbn:{number:013}" for number in range(KEYS)]
    random.Random(7).shuffle(ranked)
    return ranked[turned_by:] + ranked[:turned_by]


def popularity(exponent: float, ranked: list[str]) -> dict[str, float]:
    return {key: 1 / rank**exponent for rank, key in enumerate(ranked, 1)}


def zipf(exponent: float, count: int, seed: int, ranked: list[str]) -> list[str]:
    """So many independent requests, the key of rank r asked in proportion to 1 / r to the exponent."""
    return random.Random(seed).choices(ranked, cum_weights=list(accumulate(popularity(exponent, ranked).values())), k=count)


def steady(exponent: float) -> Trace:
    """Three times the trace's length: the first third meets an empty cache, the last one a warm cache."""
    return Trace(f"Zipf {exponent}", zipf(exponent, 3 * REQUESTS, 1, names()), {0: popularity(exponent, names())})


def crawl() -> Trace:
    """Five times 15,000 requests of people, each followed by 5,000 keys that are asked once and never again."""
    people = zipf(1.0, REQUESTS - CRAWLED, 2, names())
    once = [f"v1:search:isbn:crawled-{number}" for number in range(CRAWLED)]
    keys = []
    for part in range(5):
        keys += people[part * 15_000 : (part + 1) * 15_000] + once[part * 5_000 : (part + 1) * 5_000]
    return Trace("with a crawl", keys, {0: popularity(1.0, names())})


def shift() -> Trace:
    """Every 25,000 requests quite other keys are the popular ones."""
    keys, known, length = [], {}, REQUESTS // CHANGES
    for part in range(CHANGES):
        ranked = names(turned_by=part * KEYS // CHANGES)
        keys += zipf(1.0, length, 10 + part, ranked)
        known[part * length] = popularity(1.0, ranked)
    return Trace("shifting", keys, known)


def weights(traces: list[Trace]) -> dict[str, int]:
    """Bytes of each key's value, 2 to 8 KB around 4 KB (lognormal), and of its entry."""
    chance = random.Random(3)
    every = sorted(names()) + sorted({key for trace in traces for key in trace.keys}.difference(names()))
    return {key: int(min(8_000, max(2_000, chance.lognormvariate(math.log(4_000), 0.4)))) + OVERHEAD_BYTES for key in every}


def measured(trace: Trace, sizes: dict[str, int], max_bytes: int) -> list[Measured]:
    """The rates of the first 100,000 requests, and of the last 100,000 where they are others."""
    if sum(sizes[key] for key in set(trace.keys)) <= max_bytes:  # nothing ever goes: all are one
        everything = eviction.clairvoyant(trace.keys, sizes, max_bytes)
        answered = dict.fromkeys([*POLICIES, "ideal", "MIN"], everything)
    else:
        answered = {name: simulated(policy(max_bytes), trace, sizes) for name, policy in POLICIES.items()}
        answered["ideal"] = eviction.ideal(trace.keys, sizes, max_bytes, trace.popularity)
        answered["MIN"] = eviction.clairvoyant(trace.keys, sizes, max_bytes)
    return [
        Measured(
            trace.name + (", warm" if start else ""),
            max_bytes,
            {name: 100 * sum(hits[start : start + REQUESTS]) / REQUESTS for name, hits in answered.items()},
        )
        for start in sorted({0, len(trace.keys) - REQUESTS})
    ]


def measured_at(bounds: list[int], sizes: dict[str, int], trace: Trace) -> list[Measured]:
    return [each for bound in bounds for each in measured(trace, sizes, bound)]


def simulated(policy: eviction.Policy, trace: Trace, sizes: dict[str, int]) -> list[bool]:
    ask = policy.ask
    return [ask(key, sizes[key]) for key in trace.keys]


def costs(policy: Callable[[int], eviction.Policy]) -> tuple[float, float]:
    """Nanoseconds of a hit, and of a miss that evicts: the least of some tries, for others use this machine too."""
    size, kept = 4_000 + OVERHEAD_BYTES, 2_000
    full = policy(kept * size)
    held, fresh = [f"held {number}" for number in range(kept)], (f"fresh {number}" for number in range(10**9))
    for key in held * 2:
        full.ask(key, size)
    asked = [key for key in held if full.ask(key, size)]

    def hits() -> None:
        for key in asked:
            full.ask(key, size)

    def misses() -> None:
        for _ in range(500):
            full.ask(next(fresh), size)

    hit = min(timeit.repeat(hits, number=1, repeat=20)) / len(asked)
    return hit * 1e9, min(timeit.repeat(misses, number=1, repeat=10)) / 500 * 1e9


def really_taken() -> float:
    """Bytes that a full cache takes from Python, for each byte of its bound."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    cache: ByteCache[tuple[bytes, float]] = ByteCache(DEFAULT_BYTES)
    chance = random.Random(5)
    for number in range(KEYS):
        payload = chance.randrange(2_000, 6_000)
        cache.put(f"v1:search:title:{number:032x}", (bytes(payload), chance.random()), payload)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / cache.max_bytes


def main() -> None:
    traces = [steady(0.9), steady(1.0), steady(1.1), crawl(), shift()]
    sizes = weights(traces)
    total = sum(sizes[key] for key in names())
    bounds = [*(int(share * total) for share in SHARES), DEFAULT_BYTES]
    with ProcessPoolExecutor() as processes:
        found = list(processes.map(partial(measured_at, bounds, sizes), traces))
    results = [each for group in found for each in group]
    tell_default([each for each in results if each.max_bytes == DEFAULT_BYTES])
    tell_every_size([each for each in results if each.max_bytes != DEFAULT_BYTES])
    tell_saved()
    tell_costs()


def tell_default(results: list[Measured]) -> None:
    """What must hold at the size that the tier has where nobody set one."""
    for each in results:
        tell(
            f"{each.trace}: hit rate at {DEFAULT_BYTES // 2**20} MB",
            f"{each.rates['ours']:.1f} %",
            must=f"ideal - {POINTS:.0f} points",
            reference=f"ideal {each.rates['ideal']:.1f} %, {others(each)}",
            ratio=f"{-each.short_of_ideal:+.1f} points",
            holds=each.short_of_ideal <= POINTS,
        )


def others(each: Measured) -> str:
    return ", ".join(f"{name} {rate:.1f}" for name, rate in each.rates.items() if name not in ("ours", "ideal"))


def tell_every_size(results: list[Measured]) -> None:
    """The rates at each size, and what must hold of them on a warm cache."""
    shares = ", ".join(f"{share * 100:.0f}" for share in SHARES)
    for trace in dict.fromkeys(each.trace for each in results):
        here = [each for each in results if each.trace == trace]
        rates = {name: " ".join(f"{each.rates[name]:.1f}" for each in here) for name in here[0].rates}
        reference = ", ".join(f"{name} {listed}" for name, listed in rates.items() if name != "ours")
        tell(f"{trace}: hit rates at {shares} % of all bytes", rates["ours"], reference=reference)
    warm = [each for each in results if each.trace.endswith("warm")]
    worst = max(warm, key=lambda each: each.short_of_ideal)
    tell(
        f"The farthest from its ideal of these, warm ({worst.trace}, {worst.max_bytes / 2**20:.1f} MB)",
        f"{worst.rates['ours']:.1f} %",
        must=f"ideal - {POINTS:.0f} points",
        reference=f"ideal {worst.rates['ideal']:.1f} %, {others(worst)}",
        ratio=f"{-worst.short_of_ideal:+.1f} points",
        holds=worst.short_of_ideal <= POINTS,
    )
    means = {name: sum(each.rates[name] for each in warm) / len(warm) for name in POLICIES}
    best = max((name for name in POLICIES if name != "ours"), key=means.__getitem__)
    tell(
        "The mean of these, warm, and of the best other policy",
        f"{means['ours']:.1f} %",
        must="no less",
        reference=f"{best} {means[best]:.1f} %",
        ratio=f"{means['ours'] - means[best]:+.1f} points",
        holds=means["ours"] >= means[best],
    )


def tell_saved() -> None:
    """What the first 100,000 requests of exponent 1 cost the providers, as Redis keeps what memory has no room for."""
    asked = len(set(steady(1.0).keys[:REQUESTS]))
    tell(
        "Zipf 1.0: provider calls that memory and Redis save",
        f"{REQUESTS - asked:,} of {REQUESTS:,}",
        reference=f"{asked:,} keys were asked for",
        ratio=f"{1 - asked / REQUESTS:.1%}",
    )


def tell_costs() -> None:
    """What a request costs each policy, and what the cache takes."""
    cost = {name: costs(policy) for name, policy in POLICIES.items()}
    for number, what in enumerate(("a hit", "a miss that evicts")):
        listed = ", ".join(f"{name} {each[number]:.0f}" for name, each in cost.items() if name != "ours")
        tell(
            f"Policies: {what}",
            f"{cost['ours'][number]:.0f} ns",
            must="" if number else "2 x LRU",
            reference=listed,
            ratio=f"{cost['ours'][number] / cost['LRU'][number]:.2f}",
            holds=None if number else cost["ours"][0] <= 2 * cost["LRU"][0],
        )
    taken = really_taken()
    tell("A full memory tier: bytes that Python took", f"{taken:.1%} of its bound", must="105 %", holds=taken <= 1.05)


if __name__ == "__main__":
    raise SystemExit(run("zipf", main))
