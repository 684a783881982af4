"""The figures of the operators' page, each read from where it is kept, and the page that lists its rows. Called in a thread that may use
the database.

Nothing here counts a million rows: sums that would are kept for half a minute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, TextField
from django.db.models.functions import Cast, Substr
from django.utils import timezone

from harvest.counting import metrics, rollups
from harvest.models import Alert, Cover, CoverVerdict, Run
from harvest.overview.charts import Chart, Slot, bar_chart
from scanning import services as scanning
from search import services as search

DAYS = 14  # of the chart of covers
WALL = 24  # newest covers
SOURCES = {"isbndb": "ISBNdb", "openlibrary": "Open Library", "google-books": "Google Books", "archive": "Internet Archive"}
ALERTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class SourceRow:
    """What one source gave: covers that are kept, their bytes before and after."""

    name: str
    label: str
    covers: int
    original_bytes: int
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class Covers:
    """The harvested covers as they are kept."""

    by_source: list[SourceRow]
    chart: Chart
    kept: int
    none: int
    refused: int
    original_bytes: int
    stored_bytes: int
    errors: list[tuple[str, int]]  # of the last harvest, by reason
    wall: list[Cover]
    proxied: int
    proxied_bytes: int

    @property
    def saved(self) -> float | None:
        """The share (0..1) of the originals' bytes that a client does not load; None without covers. Each has three sizes: the largest
        of them is at most what all take together."""
        return 1 - self.stored_bytes / self.original_bytes if self.original_bytes else None


def covers() -> Covers:
    """Covers by source and day, the last harvest's errors, and the newest ones. Sums are those of the last minute, where they are known."""
    sums = rollups.standing() or metrics.pictures_now()
    counts, before, after = (sums.get(name, {}) for name in ("covers_kept", "covers_original_bytes", "covers_stored_bytes"))
    by_source = [
        SourceRow(source, SOURCES.get(source, source), int(count), int(before.get(source, 0)), int(after.get(source, 0)))
        for source, count in sorted(counts.items(), key=lambda one: -one[1])
    ]
    states = sums.get("covers_by_state", {})
    return Covers(
        by_source=by_source,
        chart=_by_day([row.name for row in by_source]),
        kept=int(states.get(Cover.State.KEPT, 0)),
        none=int(states.get(Cover.State.NONE, 0)),
        refused=int(states.get(Cover.State.REFUSED, 0)),
        original_bytes=sum(row.original_bytes for row in by_source),
        stored_bytes=sum(row.stored_bytes for row in by_source),
        errors=_last_errors(),
        wall=list(Cover.objects.filter(state=Cover.State.KEPT).exclude(kept_at=None).order_by("-kept_at")[:WALL]),
        proxied=int(sums.get("proxied_pictures", {}).get("", 0)),
        proxied_bytes=int(sums.get("stored_bytes", {}).get("pictures", 0)),
    )


def _by_day(names: Sequence[str]) -> Chart:
    today = timezone.now().date()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    since = timezone.now() - timedelta(days=DAYS)
    counted = (
        Cover.objects.filter(state=Cover.State.KEPT, kept_at__gte=since)
        .order_by()
        .annotate(day=Substr(Cast("kept_at", TextField()), 1, len("2026-01-31")))  # TruncDate is a Python function on SQLite
        .values_list("source", "day")
        .annotate(Count("pk"))
    )
    found: dict[tuple[str, str], int] = {(source, day): count for source, day, count in counted}
    slots = [Slot(f"{day:%d %b}", tuple(found.get((name, f"{day:%Y-%m-%d}"), 0) for name in names)) for day in days]
    return bar_chart([SOURCES.get(name, name) for name in names], slots)


def _last_errors() -> list[tuple[str, int]]:
    run = Run.objects.filter(kind=Run.Kind.HARVEST, dry_run=False).only("pk").first()
    if run is None:
        return []
    errors = CoverVerdict.objects.filter(run=run, outcome=CoverVerdict.Outcome.ERROR)
    return list(errors.order_by().values_list("reason").annotate(number=Count("pk")).order_by("-number")[:5])


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run of a kind; `run` is None where there was none."""

    kind: str
    label: str
    run: Run | None


def last_runs() -> list[LastRun]:
    """Of each kind of work the newest run that was no dry one."""
    newest = {kind: Run.objects.filter(kind=kind, dry_run=False).first() for kind in Run.Kind}
    return [LastRun(kind.value, str(kind.label), run) for kind, run in newest.items()]


def open_alerts() -> list[Alert]:
    """Breaches that are not over, the newest first."""
    return list(Alert.objects.filter(ended_at=None)[:50])


def latest_alerts() -> list[Alert]:
    """The newest ones, open or over."""
    return list(Alert.objects.all()[:ALERTS_SHOWN])


def ago(moment: datetime | None) -> str:
    """How long ago, or in how long, in one unit: "3 min ago", "in 2 h"; "–" for none."""
    if moment is None:
        return "–"
    seconds = (timezone.now() - moment).total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if abs(seconds) >= size:
            return f"in {-seconds / size:.0f} {unit}" if seconds < 0 else f"{seconds / size:.0f} {unit} ago"
    return "in a moment" if seconds < 0 else "just now"


def figures_of(run: Run | None) -> list[tuple[str, Any]]:
    """The plain numbers of a run, by name, in their order."""
    return [(name, value) for name, value in (run.figures if run else {}).items() if isinstance(value, int | float | str)]


def photo_bytes() -> int:
    """Bytes of the photos of scans that are kept."""
    return scanning.photos_bytes()


def cold_entries() -> int:
    """Entries of the cache that lie in the archive."""
    return search.cold_entries()
