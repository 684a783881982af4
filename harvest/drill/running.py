"""A drill from its beginning to its end: everything well, then the faults, then everything well again."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bookstrack.lib import clock, http
from harvest.drill import asking
from harvest.drill.faults import Fault, Health, healths
from harvest.drill.house import House
from harvest.drill.load import Ask, Plan, planned
from harvest.drill.report import Recovery, Report, whole
from harvest.drill.serving import Serving
from harvest.drill.standin import StandIn
from harvest.drill.verdicts import Seen, Verdict, judged, judged_item

BUDGET_S = 2.5  # of a search, as the service has it where nothing is set
PATIENCE_S = BUDGET_S + 1.0  # so long those who ask wait
WORDS_S = 1.0  # the lifetime of a search by words in a drill; one by ISBN has 52 times as much
WEEK_S = 604_800
LONGEST = 2 * 1.1  # a good answer's lifetime, jitter included
BATCH_S = 90.0  # spec 06: a job waits for a provider 60 s at most
RECOVERED_WITHIN_S = 80.0  # a circuit is open for 60 s
PROBE_EVERY_S = 0.5
TRIES = 3
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Drill:
    """What to do. `quick`: circuits are closed by hand after the faults, as staff may, instead of waiting until they close."""

    faults: Mapping[str, Fault] = field(default_factory=dict)
    requests: int = 500
    concurrency: int = 16
    seed: int = 0
    bar: float = 0.99
    quick: bool = False
    words_s: float = WORDS_S


async def run(drill: Drill, say: Say) -> Report:
    """The whole of it. Raises: DidNotStart."""
    began_s = clock.monotonic_s()
    plan, standin = planned(drill.seed, drill.requests), StandIn(seed=drill.seed)
    more = {"CACHE_TTL_SCALE": repr(drill.words_s / WEEK_S), "SEARCH_BUDGET_S": str(BUDGET_S)}
    try:
        with Serving(standin) as outside:
            async with House({**outside.settings, **more}) as house:
                say(f"the service answers at {house.url}")
                return await _Phases(drill, plan, outside, house, say).run(began_s)
    finally:
        await http.close()


class _Phases:
    def __init__(self, drill: Drill, plan: Plan, outside: Serving, house: House, say: Say) -> None:
        self.drill, self.plan, self.outside, self.house, self.say = drill, plan, outside, house, say
        self.opened: set[str] = set()

    async def run(self, began_s: float) -> Report:
        before = await self._ask_while_well(self.plan.warm)
        self.say(f"{len(before)} keys are known")
        await asyncio.sleep(self.drill.words_s * LONGEST + 0.1)  # those by words expire
        asked_before = self.outside.standin.calls.copy()
        self.outside.behave(self.drill.faults)
        self.say("faults begin")
        during = await self._faulty()
        calls = self.outside.standin.calls - asked_before
        self.outside.behave({})
        self.say("faults have ended")
        recovery = await self._recovery()
        tracebacks = self.house.said().count("Traceback (most recent call last)")
        return Report(
            seed=self.drill.seed, bar=self.drill.bar, faults=self.drill.faults, before=before, during=during, recovery=recovery,
            opened=self.opened, calls=calls, tracebacks=tracebacks, took_s=clock.monotonic_s() - began_s,
        )  # fmt: skip

    async def _ask(self, asks: tuple[Ask, ...], faults: Mapping[str, Fault]) -> list[Verdict]:
        states = healths(faults, BUDGET_S)

        def judge(ask: Ask, seen: Seen) -> Verdict:
            return judged(ask, seen, states, within_s=PATIENCE_S)

        return await asking.ask_all(self.house.url, asks, judge, concurrency=self.drill.concurrency)

    async def _faulty(self) -> list[Verdict]:
        """Searches and pictures, and an enrichment beside them."""
        states = healths(self.drill.faults, BUDGET_S)
        enriching = asyncio.create_task(asking.enrich(self.house.url, self.plan.batch, within_s=BATCH_S))
        try:
            verdicts = await self._ask(self.plan.faulty, self.drill.faults)
            self.opened |= await self.house.open_circuits()
            items = await enriching
        finally:
            enriching.cancel()
        self.opened |= await self.house.open_circuits()
        return verdicts + [judged_item(ask, item, states) for ask, item in zip(self.plan.batch, items, strict=True)]

    async def _recovery(self) -> Recovery:
        """Wait until nobody is called failed any more, then ask everything again that was asked meanwhile."""
        if self.drill.quick:
            await self.house.close_circuits()
        began_s = clock.monotonic_s()
        well: dict[str, Health] = healths({}, BUDGET_S)
        for probe in self.plan.probes:
            verdict = judged(probe, await asking.asked(self.house.url, probe), well, within_s=PATIENCE_S)
            if not verdict.wrong and verdict.status == 200 and not verdict.degraded:
                return Recovery(clock.monotonic_s() - began_s, await self._ask_while_well(self.plan.again()))
            if clock.monotonic_s() - began_s > RECOVERED_WITHIN_S:
                break
            await asyncio.sleep(PROBE_EVERY_S)
        return Recovery(None, [])

    async def _ask_while_well(self, asks: tuple[Ask, ...]) -> list[Verdict]:
        """The answers while nobody has a fault. A busy machine makes a provider late now and then: such a key is asked again."""
        settled = list[Verdict]()
        for last in (False,) * (TRIES - 1) + (True,):
            came = await self._ask(asks, {})
            asks = tuple(verdict.ask for verdict in came if not whole(verdict) and not verdict.wrong)
            settled += [verdict for verdict in came if last or whole(verdict) or verdict.wrong]
            if not asks:
                break
        return settled
