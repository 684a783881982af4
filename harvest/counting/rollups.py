"""What was counted, kept by the minute: each host adds what its processes counted since its last look to the minute, quarter and hour.

Written in one step with the new snapshot, and only by whoever still finds the old one: two schedulers at once double nothing. Moments are
the clock's, but nothing is reckoned with their differences: a clock that jumps moves figures in time, and changes no sum.
"""

import asyncio
import secrets
import socket
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import orjson
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Cast
from django.utils import timezone

from bookstrack.lib import clock, telemetry
from bookstrack.lib.db import in_db
from harvest.counting import metrics, rollup_math
from harvest.counting.figures import Figures as Figures
from harvest.counting.figures import Percentiles as Percentiles
from harvest.counting.figures import Point as Point
from harvest.counting.rollup_math import Block
from harvest.models import MetricRollup, MetricSnapshot

KEPT = timedelta(days=7, hours=2)  # the oldest hour of seven days is whole
THINNED_AT_ONCE = 60  # rows of each span: a clock that jumps ahead for a while must not cost the whole history
LOOKS = 3
STANDING_FOR = timedelta(minutes=3)  # looks come every minute
Span = MetricRollup.Span
PERIODS = {"15m": 900, "1h": 3_600, "24h": 86_400, "7d": 604_800}  # seconds


def host() -> str:
    """The name that this host's figures are kept under.

    Whoever counts elsewhere, in another data folder or in a process of its own that was started by hand, has a name of its own: a look
    at other counters would be taken for a new start of these.
    """
    return f"{socket.gethostname()[:50]}/{telemetry.place()}"


# -- writing
async def step() -> int:
    """Keep what this host counted since its last look, and delete what is older than seven days; how many rows were written.

    Raises: DatabaseError.
    """
    stores = await metrics.stores()
    before = await in_db(_snapshot)  # before counters are read: against a newer one they would seem to have begun anew
    current = await asyncio.to_thread(lambda: rollup_math.block_of(telemetry.samples(), stores))
    return await in_db(_kept, host(), timezone.now(), before, current, telemetry.epoch())


def _snapshot() -> MetricSnapshot | None:
    return MetricSnapshot.objects.filter(pk=host()).first()


def _kept(name: str, now: datetime, before: MetricSnapshot | None, current: Block, epoch: str) -> int:
    try:
        with transaction.atomic():
            written = _add(name, now, before, current, epoch)
    except IntegrityError:  # another process made the first snapshot meanwhile
        return 0
    _thin(now)
    return written


def _add(name: str, now: datetime, before: MetricSnapshot | None, current: Block, epoch: str) -> int:
    """Raises: IntegrityError."""
    data = current | {"epoch": epoch, "look": secrets.token_hex(8)}
    if before is None:
        MetricSnapshot.objects.create(host=name, at=now, data=data)
    else:
        found = MetricSnapshot.objects.select_for_update().filter(pk=name).first()
        if found is None or found.data.get("look") != before.data.get("look"):
            return 0
        MetricSnapshot.objects.filter(pk=name).update(at=now, data=data)
    since = _since(current, before, epoch)
    for span in Span:
        _add_to(span, name, now, since)
    return len(Span)


def _since(current: Block, before: MetricSnapshot | None, epoch: str) -> Block:
    """What was counted since the snapshot; all of it where counting began anew, or nobody looked before."""
    known = before is not None and before.data.get("epoch") == epoch
    return rollup_math.difference(current, before.data if before is not None and known else None)


def _add_to(span: Span, name: str, now: datetime, counted: Block) -> None:
    at = begin_of(now, span)
    row = MetricRollup.objects.select_for_update().filter(span_s=span, at=at, host=name).first()
    if row is None:
        MetricRollup.objects.create(span_s=span, at=at, host=name, data=counted)
    else:
        row.data = rollup_math.merged([row.data, counted])
        row.save(update_fields=["data"])


def _thin(now: datetime) -> None:
    for span in Span:
        old = MetricRollup.objects.filter(span_s=span, at__lt=now - KEPT).order_by("at")
        if keys := list(old.values_list("pk", flat=True)[:THINNED_AT_ONCE]):
            MetricRollup.objects.filter(pk__in=keys).delete()


def begin_of(moment: datetime, span_s: int) -> datetime:
    """The beginning of the minute, quarter or hour that a moment lies in."""
    return clock.from_unix(moment.timestamp() // span_s * span_s)


# -- reading
def counted(period_s: int, *, now: datetime | None = None) -> Figures:
    """What all hosts counted in the last `period_s` seconds, up to this moment. In a thread that may use the database.

    It begins with a whole minute of up to an hour, a quarter of up to a day, an hour of more: `Figures.since` says when. `now` is for
    looking back: what is not in the rollups yet is then left out.
    """
    until = now or timezone.now()
    span = _span_for(period_s, 60)
    since = begin_of(until - timedelta(seconds=period_s), span)
    read = _read(span, since, until, live=now is None)
    total = rollup_math.merged([*(block for _, _, block in read.rows), read.live])
    return Figures(since, until, total, read.now, read.hosts)


def series(period_s: int, points: int, *, now: datetime | None = None) -> list[Point]:
    """The same as so many points of equal time, the oldest first; the last one goes up to this moment. A point is a minute at least."""
    return overview(period_s, points, now=now)[1]


def overview(period_s: int, points: int, *, now: datetime | None = None) -> tuple[Figures, list[Point]]:
    """A chart's points, and all of them together: for who shows both, in one reading."""
    until = now or timezone.now()
    width_s = max(60, period_s // max(1, points))
    span = _span_for(period_s, points)
    width_s -= width_s % span
    last = begin_of(until, width_s)
    number = max(1, period_s // width_s)
    begins = [last - timedelta(seconds=width_s * back) for back in reversed(range(number))]
    read = _read(span, begins[0], until, live=now is None)
    blocks: list[list[Block]] = [[] for _ in begins]
    for at, _, block in read.rows:
        blocks[min(number - 1, int((at - begins[0]).total_seconds() // width_s))].append(block)
    blocks[-1].append(read.live)
    ends = [*begins[1:], until]
    sums = [found[0] if len(found) == 1 else rollup_math.merged(found) for found in blocks]
    found = [Point(begin, Figures(begin, end, block, hosts=read.hosts)) for begin, end, block in zip(begins, ends, sums, strict=True)]
    return Figures(begins[0], until, rollup_math.merged(sums), read.now, read.hosts), found


def standing() -> dict[str, dict[str, float]] | None:
    """Where the stores that all hosts share stood at the last look: values by the key of their labels, by name; None where nobody has
    looked for some minutes. In a thread that may use the database."""
    newest = MetricSnapshot.objects.filter(at__gte=timezone.now() - STANDING_FOR).order_by("-at").first()
    return {name: dict(table["of"]) for name, table in newest.data["stores"].items()} if newest else None


def _span_for(period_s: int, points: int) -> Span:
    """The longest span of which that many, or nearly, are in the period."""
    width_s = period_s / max(1, points)
    fitting = [span for span in Span if span <= max(60.0, width_s)]
    return max(fitting)


class _Read(NamedTuple):
    rows: list[tuple[datetime, str, Block]]
    live: Block  # what this host counted since its snapshot
    now: Block  # where its gauges stand
    hosts: int


def _read(span: Span, since: datetime, until: datetime, *, live: bool) -> _Read:
    """Rows, and what is not in them yet. Read again where the scheduler looked in between: that would be counted twice, or never."""
    if not live:
        rows = list(_rows(span, since, until))
        return _Read(rows, rollup_math.empty(), rollup_math.empty(), _hosts(rows))
    for _ in range(LOOKS):
        before = _snapshot()
        current = rollup_math.block_of(telemetry.samples())
        rows = list(_rows(span, since, until))
        after = MetricSnapshot.objects.filter(pk=host()).values_list("at", flat=True).first()
        if after == (before.at if before else None):
            break
    more = rollup_math.without_gauges(_since(current, before, telemetry.epoch()))
    return _Read(rows, more, current, _hosts(rows))


def _hosts(rows: list[tuple[datetime, str, Block]]) -> int:
    return len({found for _, found, _ in rows}) or 1


def _rows(span: Span, since: datetime, until: datetime) -> Iterable[tuple[datetime, str, Block]]:
    """As text out of the database: Django's own reading of JSON takes three times as long."""
    found = MetricRollup.objects.filter(span_s=span, at__gte=since, at__lte=until).order_by("at")
    for at, name, text in found.annotate(text=Cast("data", models.TextField())).values_list("at", "host", "text"):
        yield at, name, orjson.loads(text)
