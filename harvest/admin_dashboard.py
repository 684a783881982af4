"""The operators' page: /admin/harvest-dashboard, and its short form on the admin's index."""

import shutil
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from bookstrack.lib import redis as redis_door
from harvest.overview import dashboard, dashboard_traffic
from harvest.overview.charts import shown
from jobs import services as jobs
from search import services as search

PERMISSION = "harvest.view_run"
GOING = ("queued", "running", "waiting_on_quota", "canceling")
OLD_TICKET_S = 300.0  # a ticket that waits longer is worth a look


@dataclass(frozen=True, slots=True)
class Fact:
    """A number with the page of its rows; `level` is "", "good", "warn" or "bad"."""

    label: str
    value: str
    href: str
    level: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that wants to be looked at."""

    text: str
    href: str
    level: str


def page(request: HttpRequest) -> HttpResponse:
    """Everything at one glance, for the day or the week."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    period = request.GET.get("period", "24h")
    period = period if period in dashboard_traffic.PERIODS else "24h"
    context = {
        **admin.site.each_context(request),
        "title": "Harvest dashboard",
        "period": period,
        "periods": [(name, label) for name, (label, _) in dashboard_traffic.PERIODS.items()],
        "now": timezone.now(),
        **content(period),
    }
    return render(request, "admin/harvest/dashboard.html", context)


def content(period: str) -> dict[str, Any]:
    """What the page shows, by section."""
    load, traffic, covers = jobs.load(), dashboard_traffic.traffic(period), dashboard.covers()
    providers = _providers(traffic)
    schedules, alerts = jobs.scheduled(), dashboard.open_alerts()
    return {
        "notices": notices(load, providers, alerts, schedules),
        "traffic": traffic,
        "traffic_facts": _traffic_facts(traffic),
        "cache_facts": _cache_facts(traffic),
        "providers": providers,
        "covers": covers,
        "covers_facts": _covers_facts(covers),
        "jobs_facts": _jobs_facts(load),
        "waiting": [(name, depth, load.oldest_s.get(name, 0.0)) for name, depth in (load.waiting or {}).items()],
        "redis_away": load.waiting is None,
        "dead_letters": load.dead_letters,
        "runs": [(row, dashboard.figures_of(row.run)) for row in dashboard.last_runs()],
        "schedules": schedules,
        "alerts": dashboard.latest_alerts(),
        "storage_facts": _storage_facts(covers),
    }


# -- what wants a look
def notices(load: jobs.Load, providers: list[dict[str, Any]] | None, alerts: list[Any], schedules: list[Any]) -> list[Notice]:
    """What is not as it should be, the worst first."""
    found = [Notice(alert.message, reverse("admin:harvest_alert_changelist") + "?ended_at__isnull=True", "bad") for alert in alerts]
    if load.waiting is None:
        found.append(Notice("Redis is away: nothing can be said of queues and workers, and no job can be started.", _queues(), "bad"))
    elif load.workers == 0:
        found.append(Notice("No worker runs: jobs wait.", _queues(), "bad"))
    for name, waited_s in load.oldest_s.items():
        if waited_s > OLD_TICKET_S:
            found.append(Notice(f"A job has waited in the queue {name} for {waited_s / 60:.0f} min.", _queues(), "warn"))
    if load.dead_letters:
        letters = "1 dead letter waits" if load.dead_letters == 1 else f"{load.dead_letters} dead letters wait"
        found.append(Notice(f"{letters} for a decision.", reverse("admin:jobs_deadletter_changelist"), "warn"))
    for row in providers or []:
        if row["circuit"] != "closed":
            found.append(Notice(f"{row['label']} is not asked: its circuit is {row['circuit']}.", _ledgers(), "warn"))
        elif row["left"] == 0:
            found.append(Notice(f"{row['label']}: today's calls are used up.", _ledgers(), "warn"))
    for one in schedules:
        if one.failed:
            found.append(Notice(f"{one.plan.label} failed: {one.run.detail}", reverse("admin:jobs_schedule_changelist"), "warn"))
        elif one.paused:
            found.append(Notice(f"{one.plan.label} is paused.", reverse("admin:jobs_schedule_changelist"), "warn"))
    return sorted(found, key=lambda one: one.level)


def summary() -> dict[str, Any]:
    """The short form for the index: what wants a look, and the numbers of the day."""
    load, traffic, covers = jobs.load(), dashboard_traffic.traffic("24h"), dashboard.covers()
    return {
        "notices": notices(load, _providers(traffic), dashboard.open_alerts(), jobs.scheduled()),
        "facts": [*_traffic_facts(traffic)[:3], *_cache_facts(traffic)[:1], *_covers_facts(covers)[:1], *_jobs_facts(load)[:2]],
    }


# -- numbers
def _providers(traffic: dashboard_traffic.Traffic) -> list[dict[str, Any]] | None:
    """The providers' table of now with their calls of the period; None while Redis, which knows the circuits, is away."""
    try:
        rows = async_to_sync(search.provider_table)()
    except redis_door.Away:
        return None
    for row in rows:
        budget = None if row["left"] is None else row["used_today"] + row["left"]
        row |= {"traffic": traffic.providers.get(row["name"]), "budget": budget, "href": f"{_ledgers()}?provider={row['name']}"}
    return rows


def _traffic_facts(traffic: dashboard_traffic.Traffic) -> list[Fact]:
    metrics = "/metrics?format=json&period="
    latency = traffic.latency
    share = traffic.failed_share
    level = "" if share is None else "good" if share < 0.001 else "warn" if share < 0.01 else "bad"
    return [
        Fact("requests", shown(traffic.requests), f"{metrics}24h"),
        Fact("failed (5xx)", _percent(share), f"{metrics}24h", level),
        Fact("half within", _ms(latency.p50 if latency else None), f"{metrics}24h"),
        Fact("95 % within", _ms(latency.p95 if latency else None), f"{metrics}24h"),
        Fact("99 % within", _ms(latency.p99 if latency else None), f"{metrics}24h"),
    ]


def _cache_facts(traffic: dashboard_traffic.Traffic) -> list[Fact]:
    entries = reverse("admin:search_cacheentry_changelist")
    facts = [Fact("answered from the cache", _percent(traffic.hit_share), entries)]
    cold = f"{entries}?tier=cold"
    facts += [Fact(f"… by {tier}", _percent(share), cold if tier == "cold" else entries) for tier, _, share in traffic.by_tier]
    return [
        *facts,
        Fact("look-ups", shown(traffic.lookups), entries),
        Fact("known to be nothing", shown(traffic.negative), f"{entries}?fresh=none"),
        Fact("waited for another's call", shown(traffic.coalesced), "/api/cache/metrics"),
        Fact("served stale", shown(traffic.stale), f"{entries}?fresh=0"),
        Fact("evicted from memory", shown(traffic.evicted), "/api/cache/metrics"),
    ]


def _covers_facts(covers: dashboard.Covers) -> list[Fact]:
    rows = reverse("admin:harvest_cover_changelist")
    return [
        Fact("covers kept", shown(covers.kept), f"{rows}?state__exact=kept"),
        Fact("books known to have none", shown(covers.none), f"{rows}?state__exact=none"),
        Fact("refused by staff", shown(covers.refused), f"{rows}?state__exact=refused"),
        Fact("originals", _bytes(covers.original_bytes), f"{rows}?state__exact=kept"),
        Fact("made smaller, three sizes", _bytes(covers.stored_bytes), f"{rows}?state__exact=kept"),
        Fact("saved", _percent(covers.saved), f"{rows}?state__exact=kept", "good" if covers.saved else ""),
    ]


def _jobs_facts(load: jobs.Load) -> list[Fact]:
    rows = reverse("admin:jobs_job_changelist")
    going = sum(load.jobs.get(state, 0) for state in GOING)
    letters = reverse("admin:jobs_deadletter_changelist")
    facts = [
        Fact("jobs that go on or wait", shown(going), rows),
        Fact("dead letters", shown(load.dead_letters), letters, "warn" if load.dead_letters else "good"),
    ]
    facts += [
        Fact(state.replace("_", " "), shown(load.jobs.get(state, 0)), f"{rows}?state__exact={state}")
        for state in (*GOING, "completed", "failed", "canceled")
    ]
    if load.workers is not None:
        facts.append(Fact("workers busy", f"{load.busy} of {load.workers}", _queues(), "bad" if not load.workers else ""))
    return facts


def _storage_facts(covers: dashboard.Covers) -> list[Fact]:
    rows = reverse("admin:harvest_cover_changelist")
    disk = shutil.disk_usage(settings.DATA_DIR)
    free = disk.free / disk.total
    level = "bad" if free < 0.05 else "warn" if free < 0.1 else ""
    return [
        Fact("covers, originals too", _bytes(covers.original_bytes + covers.stored_bytes), rows),
        Fact("pictures of the proxy", _bytes(covers.proxied_bytes), reverse("admin:harvest_proxiedpicture_changelist")),
        Fact("photos of scans", _bytes(dashboard.photo_bytes()), reverse("admin:scanning_scanphoto_changelist")),
        Fact("cold entries", shown(dashboard.cold_entries()), reverse("admin:search_cacheentry_changelist") + "?tier=cold"),
        Fact("free on the disk", f"{_bytes(disk.free)} ({_percent(free)})", "/health", level),
    ]


def _queues() -> str:
    return reverse("admin:jobs_queues")


def _ledgers() -> str:
    return reverse("admin:search_providerday_changelist")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.{0 if share >= 0.995 or share == 0 else 1 if share >= 0.01 else 2}f} %"


def _ms(seconds: float | None) -> str:
    return "–" if seconds is None else shown(seconds * 1000, "ms") if seconds < 1 else f"{seconds:.1f} s"


def _bytes(count: int) -> str:
    return shown(count, "B")
