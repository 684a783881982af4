"""Rows of the jobs app: jobs with their items and moves, dead letters, and the tokens of machines that operate them."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models, transaction
from django.utils import timezone

from jobs import conf, metrics
from jobs.audit import AuditEntry as AuditEntry  # a model, with what belongs to it
from jobs.states import ENDED, State, sources_of

STATE_CHOICES = [(state.value, state.value.replace("_", " ")) for state in State]
SCOPES = ("warming", "harvest", "metrics")
_PREFIX = "bt_"


class ServiceToken(models.Model):
    """A machine's credential. Only its hash is kept; two of one name may overlap while one replaces the other."""

    name = models.CharField(max_length=80)
    scopes = models.JSONField(default=list)
    hint = models.CharField(max_length=8, editable=False)  # the first signs, to tell tokens apart
    digest = models.CharField(max_length=64, unique=True, editable=False)  # SHA-256 of a 256-bit random token
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name", "-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @classmethod
    def issue(cls, name: str, scopes: Iterable[str], expires_at: datetime | None = None) -> tuple[Self, str]:
        """Make a token; the clear text is returned once and kept nowhere.

        Raises: ValueError for an unknown scope, or none.
        """
        wanted = sorted(set(scopes))
        unknown = [scope for scope in wanted if scope not in SCOPES]
        if unknown or not wanted:
            raise ValueError(f"Scopes are {', '.join(SCOPES)}; got {', '.join(unknown) or 'none'}.")
        clear = _PREFIX + secrets.token_urlsafe(32)
        row = cls.objects.create(
            name=name, scopes=wanted, hint=clear[: len(_PREFIX) + 4], digest=_digest(clear), expires_at=expires_at
        )
        return row, clear

    @classmethod
    def known(cls, clear: str) -> Self | None:
        """The token of this clear text, expired or not; None for an unknown or a revoked one. Looked up by its hash, so time tells nothing
        of the text."""
        if not clear.startswith(_PREFIX) or len(clear) > 128:
            return None
        digest = _digest(clear)
        row = cls.objects.filter(digest=digest, revoked_at=None).first()
        return row if row is not None and hmac.compare_digest(row.digest, digest) else None

    @classmethod
    def find(cls, clear: str) -> Self | None:
        """The valid token of this clear text, or None."""
        row = cls.known(clear)
        return row if row is not None and not row.expired else None

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def replace(self, overlap: timedelta) -> tuple[Self, str]:
        """Make its successor, of the same name and scopes and as long a life, in clear once; this one ends with the overlap at the latest.

        Raises: ValueError where it has ended already.
        """
        now = timezone.now()
        if self.revoked_at is not None or self.expired:
            raise ValueError("A token that has ended has no successor: make a new one.")
        life = self.expires_at - self.created_at if self.expires_at else None
        with transaction.atomic():
            made = self.issue(self.name, self.scopes, now + life if life else None)
            self.expires_at = min(self.expires_at or now + overlap, now + overlap)
            self.save(update_fields=["expires_at"])
        return made

    def allows(self, scope: str) -> bool:
        """Whether the token carries the scope."""
        return scope in self.scopes

    def used(self) -> None:
        """Remember the time of use, at most once a minute."""
        now = timezone.now()
        if self.last_used_at is None or (now - self.last_used_at).total_seconds() > 60:
            self.last_used_at = now
            self.save(update_fields=["last_used_at"])


def _digest(clear: str) -> str:
    return hashlib.sha256(clear.encode("utf-8", "surrogatepass")).hexdigest()


class Job(models.Model):
    """One background job. The row is the truth; Redis holds its events, and its live state between two writes of this row."""

    id = models.CharField(primary_key=True, max_length=128)
    pipeline = models.CharField(max_length=32, db_index=True)
    queue = models.CharField(max_length=16)
    state = models.CharField(max_length=20, choices=STATE_CHOICES, default=State.QUEUED.value, db_index=True)
    payload = models.JSONField(default=dict)  # what the pipeline was given

    total_count = models.PositiveIntegerField(default=0)
    processed_count = models.PositiveIntegerField(default=0)
    success_count = models.PositiveIntegerField(default=0)
    progress = models.FloatField(default=0.0)  # 0..1
    status_text = models.CharField(max_length=200, blank=True)
    current_item = models.CharField(max_length=200, blank=True)
    last_seq = models.PositiveIntegerField(default=0)  # of its newest event, as of the last write
    summary = models.JSONField(default=dict)
    error = models.JSONField(null=True, blank=True)  # {code, message, retryable, details?}

    run = models.PositiveIntegerField(default=0)  # how often a worker took it; fences off a worker that lost its lease
    failures = models.PositiveSmallIntegerField(default=0)  # in a row, without an item done in between
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True, db_index=True)
    wake_at = models.DateTimeField(null=True, blank=True, db_index=True)  # not before; None: at once
    ticketed_at = models.DateTimeField(null=True, blank=True)  # when it was last put into the queue

    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    started_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True, db_index=True)
    told_end = models.BooleanField(default=False)  # its last event is in the log
    purged_at = models.DateTimeField(null=True, blank=True)  # results and events are gone

    client = models.CharField(max_length=64, blank=True)  # address, as limits are charged
    trace_id = models.CharField(max_length=128, blank=True)
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, unique=True)  # SHA-256 over client, route and key
    body_digest = models.CharField(max_length=64, blank=True)
    token_salt = models.CharField(max_length=32)
    token_digest = models.CharField(max_length=64)
    token_expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.pipeline} {self.id}"

    @property
    def place(self) -> State:
        """Its state."""
        return State(self.state)

    @property
    def ended(self) -> bool:
        return self.place in ENDED

    @property
    def failure_count(self) -> int:
        return self.processed_count - self.success_count

    @property
    def expires_at(self) -> datetime | None:
        """When its results are deleted; None until it ends."""
        return self.ended_at + timedelta(seconds=conf.KEPT_S) if self.ended_at else None

    def move(
        self, target: State, *, note: str = "", fence: int | None = None, sources: Iterable[State] = tuple(State), **fields: Any
    ) -> bool:
        """Change its state where the move is allowed and nobody else moved it meanwhile; whether it was done.

        `fence` is a run number: only while nobody took the job since. `sources`: only from these states. The row in hand is brought up
        to date.
        """
        now = timezone.now()
        rows = Job.objects.filter(pk=self.pk, state__in=[s.value for s in sources_of(target) if s in sources])
        if fence is not None:
            rows = rows.filter(run=fence)
        if target in ENDED:
            fields |= {"ended_at": now, "lease_owner": "", "lease_until": None, "wake_at": None}
        with transaction.atomic():
            before = rows.select_for_update().values_list("state", flat=True).first()
            if before is None or not rows.update(state=target.value, updated_at=now, **fields):
                return False
            JobMove.objects.create(job_id=self.pk, source=before, target=target.value, at=now, note=note[:200])
        for name, value in fields.items():
            setattr(self, name, value)
        self.state, self.updated_at = target.value, now
        if target in ENDED:
            metrics.ended.labels(self.pipeline, target.value).inc()
            if self.started_at is not None:
                metrics.seconds.labels(self.pipeline).observe(max(0.0, (now - self.started_at).total_seconds()))
        return True


class JobMove(models.Model):
    """One change of a job's state: its timeline."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="moves")
    source = models.CharField(max_length=20, blank=True)
    target = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.source or 'new'} → {self.target}"


class JobItem(models.Model):
    """One item that is done: the checkpoint, and the result that clients read."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="items")
    index = models.PositiveIntegerField()
    success = models.BooleanField()
    status = models.CharField(max_length=20)
    body = models.BinaryField()  # JSON

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["job", "index"], name="item_done_once")]

    def __str__(self) -> str:
        return f"{self.job_id}[{self.index}]"


class DeadLetter(models.Model):
    """A job that was given up, until an operator retries or discards it."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="dead_letter")
    kind = models.CharField(max_length=40)  # code of its error
    error = models.CharField(max_length=500)
    attempts = models.PositiveSmallIntegerField()
    failed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-failed_at"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.job_id}"


class Schedule(models.Model):
    """When something that settings.SCHEDULES defines runs, and how it went. A row is made for each at the first look."""

    name = models.CharField(primary_key=True, max_length=40)
    paused = models.BooleanField(default=False)
    next_run_at = models.DateTimeField(null=True, blank=True)  # None: not worked out yet. Claimed by moving it on: whoever moves it, runs
    last_run_at = models.DateTimeField(null=True, blank=True)
    last_outcome = models.CharField(max_length=12, blank=True)  # of ScheduleRun
    last_detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ScheduleRun(models.Model):
    """One time that a schedule's work was started, by the clock or by hand."""

    class Outcome(models.TextChoices):
        WAITING = "waiting"  # asked for by hand; a scheduler process takes it up
        RUNNING = "running"
        STARTED = "started"  # a job, which has its own end
        DONE = "done"
        NOTHING = "nothing"  # there was nothing to do, or it runs already
        FAILED = "failed"

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="runs")
    due_at = models.DateTimeField(null=True)  # None: by hand
    began_at = models.DateTimeField(default=timezone.now, db_index=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.RUNNING)
    detail = models.CharField(max_length=300, blank=True)
    job_id = models.CharField(max_length=128, blank=True)  # its row is gone sooner
    asked_by = models.CharField(max_length=150, blank=True)  # a user's name; empty: the clock

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.began_at:%Y-%m-%d %H:%M}"
