"""Alerts: looked for every 15 minutes, a row each, told once when they begin and once when they are over.

A row is open while something is wrong. It is over when nothing was wrong at two checks in a row, with a margin, so that what swings about
its limit is one alert and no storm. Whoever tells claims the rows first, by a conditional update whose effect ends by itself: two hosts at
once tell once, and what could not be told, or whose teller died, is told at the next check.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from bookstrack.lib.db import in_db
from harvest.alerting import alert_looking, alert_rules, conf_alerts
from harvest.alerting.alert_channels import NotTold, Word, channels, text_of
from harvest.alerting.alert_rules import Found, Seen, Side
from harvest.models import Alert
from jobs.services import Outcome

log = structlog.get_logger(__name__)
MESSAGE_CHARS, SUBJECT_CHARS = 300, 80
BREACH, END = "breach", "end"
CALM = timedelta(seconds=conf_alerts.CALM_S)
Findings = dict[str, list[Found] | None]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to: what every rule found, which alerts are open, what was told, and by which channel it could not be."""

    findings: Findings
    open: list[Alert]
    begun: int
    over: int
    not_told: dict[str, str]  # channel -> why


async def scheduled_check(asked_by: str) -> Outcome:
    """The schedule's work."""
    done = await check()
    await in_db(thin_out)
    said = f"{len(done.open)} open, {done.begun} new, {done.over} over"
    untold = "".join(f"; not told by {name}: {why}" for name, why in done.not_told.items())
    return Outcome("done", said + untold)


async def check(seen: Seen | None = None) -> Checked:
    """Look at everything, write down what is wrong and what is over, and tell it. `seen`: what was looked at already.

    Raises: DatabaseError.
    """
    findings = alert_rules.found(seen or await alert_looking.seen(), conf_alerts.limits())
    begun, over = await in_db(_written, findings, timezone.now())
    not_told = await tell()
    return Checked(findings, await in_db(lambda: list(Alert.objects.filter(ended_at=None))), begun, over, not_told)


# -- rows
def _written(findings: Findings, now: datetime) -> tuple[int, int]:
    """Open, keep and close rows; how many began, and how many are over."""
    begun, keys = 0, set()
    for one in [one for found in findings.values() for one in found or () if one.side is not Side.GOOD]:
        key = (one.rule, one.subject[:SUBJECT_CHARS])
        keys.add(key)
        row = Alert.objects.filter(rule=key[0], subject=key[1], ended_at=None).first()
        if row is not None:
            _keep(row, one, now)
        elif one.side is Side.BREACH:
            begun += _begin(one, key[1], now)
    return begun, sum(_end(row, now) for row in Alert.objects.filter(ended_at=None) if _calm(row, findings, keys))


def _begin(one: Found, subject: str, now: datetime) -> int:
    with contextlib.suppress(IntegrityError), transaction.atomic():  # another host began it at the same moment
        Alert.objects.create(
            rule=one.rule, subject=subject, message=one.message[:MESSAGE_CHARS], value=one.value, threshold=one.threshold,
            began_at=now, seen_at=now,
        )  # fmt: skip
        return 1
    return 0


def _keep(row: Alert, one: Found, now: datetime) -> None:
    """It is wrong still, or not by the margin right; the worst counts."""
    changes: dict[str, object] = {"seen_at": now}
    if one.side is Side.BREACH and one.worse_than(row.value):
        changes |= {"value": one.value, "threshold": one.threshold, "message": one.message[:MESSAGE_CHARS]}
    Alert.objects.filter(pk=row.pk, ended_at=None).update(**changes)


def _calm(row: Alert, findings: Findings, keys: set[tuple[str, str]]) -> bool:
    """Whether its rule could tell, and finds nothing wrong. What a rule knows no more (a provider that is off) is not wrong."""
    return findings.get(row.rule, []) is not None and (row.rule, row.subject) not in keys


def _end(row: Alert, now: datetime) -> int:
    if row.seen_at > now:  # the clock was ahead
        Alert.objects.filter(pk=row.pk).update(seen_at=now)
        return 0
    return Alert.objects.filter(pk=row.pk, ended_at=None, seen_at=row.seen_at).update(ended_at=now) if now - row.seen_at >= CALM else 0


def thin_out() -> int:
    """Delete alerts that were over more than a year ago; how many."""
    return Alert.objects.filter(ended_at__lt=timezone.now() - timedelta(days=conf_alerts.KEPT_DAYS)).delete()[0]


# -- telling
async def tell() -> dict[str, str]:
    """Tell what is not told yet, by each channel together; by which it could not be, and why."""
    rows = await in_db(_claimed, timezone.now())
    if not rows:
        return {}
    not_told = {}
    for name, channel in channels().items():
        words = _untold(rows, name)
        if not words:
            continue
        try:
            await channel(words, text_of(words))
        except NotTold as why:
            log.warning("alerts could not be told", channel=name, why=str(why))
            not_told[name] = str(why)
            continue
        for word in words:
            word.alert.told_through.append(f"{END if word.over else BREACH}:{name}")
        await in_db(_noted, rows)  # before the next channel, which may take long
    await in_db(_settled, rows, timezone.now())
    return not_told


def _claimed(now: datetime) -> list[Alert]:
    """Rows that have something untold, for this process alone until the claim ends."""
    young = now - timedelta(days=conf_alerts.TOLD_WITHIN_DAYS)
    claim = now + timedelta(seconds=conf_alerts.CLAIM_S)
    untold = Q(told_at=None, began_at__gt=young) | Q(end_told_at=None, ended_at__gt=young)
    free = Q(telling_until=None) | Q(telling_until__lt=now) | Q(telling_until__gt=claim)  # later: by a clock that was ahead
    found = []
    for row in Alert.objects.filter(untold & free).order_by("began_at"):
        mine = Alert.objects.filter(pk=row.pk, telling_until=row.telling_until, told_at=row.told_at, end_told_at=row.end_told_at)
        if mine.update(telling_until=claim):
            row.refresh_from_db()
            found.append(row)
    return found


def _untold(rows: Sequence[Alert], channel: str) -> list[Word]:
    """What a channel was not told. What is over before anybody was told of it is told once, as over."""
    words = []
    for row in rows:
        breach_told = row.told_at is not None or f"{BREACH}:{channel}" in row.told_through
        end_told = row.end_told_at is not None or f"{END}:{channel}" in row.told_through
        if row.ended_at is not None and not end_told:
            words.append(Word(row, over=True))
        elif row.ended_at is None and not breach_told:
            words.append(Word(row, over=False))
    return words


def _noted(rows: Sequence[Alert]) -> None:
    Alert.objects.bulk_update(rows, ["told_through"])


def _settled(rows: Sequence[Alert], now: datetime) -> None:
    """Write down what every channel was told, and end the claims."""
    names = channels()
    for row in rows:
        through = set(row.told_through)
        ended = row.ended_at is not None and {f"{END}:{name}" for name in names} <= through
        if row.told_at is None and (ended or {f"{BREACH}:{name}" for name in names} <= through):
            row.told_at = now
        if row.end_told_at is None and ended:
            row.end_told_at = now
        row.telling_until = None
        row.save(update_fields=["told_at", "end_told_at", "telling_until"])
