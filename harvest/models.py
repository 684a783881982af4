"""Rows of the back office: runs, covers with what was judged of them, warmed keys, figures by the minute, alerts."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Run(models.Model):
    """One run of the back office's work: its record, kept longer than its job."""

    class Kind(models.TextChoices):
        HARVEST = "harvest", "cover harvest"
        WARMING = "warming", "cache warming"
        ARCHIVAL = "archival"
        EXPIRY = "expiry"
        DRILL = "drill", "fire drill"

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"  # inside the day's budget: what is left is for another day
        CANCELED = "canceled"
        FAILED = "failed"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.RUNNING)
    dry_run = models.BooleanField(default=False)
    asked_by = models.CharField(max_length=150, blank=True)  # "schedule", "command", a user's or a service token's name
    job_id = models.CharField(max_length=128, blank=True, db_index=True)
    began_at = models.DateTimeField(default=timezone.now, db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    figures = models.JSONField(default=dict)  # numbers by name, as the kind of run has them
    note = models.CharField(max_length=300, blank=True)  # for people

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(kind="harvest", state="running", dry_run=False), name="one_harvest_at_a_time"
            ),
            models.UniqueConstraint(fields=["kind"], condition=models.Q(kind="drill", state="running"), name="one_drill_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.began_at:%Y-%m-%d %H:%M}"


class Cover(models.Model):
    """What is known of the cover of a book: the picture that is kept, or that there is none, or that staff refused it."""

    class State(models.TextChoices):
        KEPT = "kept"
        NONE = "none"  # no source has one
        REFUSED = "refused"  # by staff: it is not asked for again

    isbn = models.CharField(primary_key=True, max_length=13)  # ISBN-13
    state = models.CharField(max_length=8, choices=State.choices)
    source = models.CharField(max_length=32, blank=True)  # isbndb, openlibrary, google-books, archive
    source_url = models.CharField(max_length=2000, blank=True)  # the provider's public address
    width = models.PositiveIntegerField(default=0)  # of the original, px
    height = models.PositiveIntegerField(default=0)
    original_bytes = models.PositiveIntegerField(default=0)
    original_type = models.CharField(max_length=8, blank=True)  # jpeg, png, webp, gif
    stored_bytes = models.PositiveIntegerField(default=0)  # of the three sizes together
    sizes = models.JSONField(default=dict)  # {"small": {"width": 128, "height": 192, "bytes": 4711, "digest": "…"}, …}
    score = models.FloatField(default=0.0)  # 0..1, see harvest/cover_store/judging.py
    reasons = models.JSONField(default=list)  # what the score stands on, for people
    likeness = models.CharField(max_length=16, blank=True, db_index=True)  # perceptual hash, 64 bits in hexadecimal
    version = models.CharField(max_length=16, blank=True)  # of the pictures' content: changes when they do
    kept_at = models.DateTimeField(null=True, blank=True, db_index=True)
    checked_at = models.DateTimeField(default=timezone.now)  # when the sources were last asked
    retry_at = models.DateTimeField(null=True, blank=True)  # NONE: not asked again before; KEPT: asked again from then on, else never

    class Meta:
        ordering = ["-kept_at"]
        indexes = [
            models.Index(fields=["source", "kept_at"], name="cover_by_source_and_day"),
            models.Index(fields=["state", "kept_at"], name="cover_by_state_and_day"),
        ]

    def __str__(self) -> str:
        return f"{self.isbn} ({self.state})"


class CoverVerdict(models.Model):
    """What one harvest did about one book."""

    class Outcome(models.TextChoices):
        FOUND = "found"  # kept
        SKIPPED = "skipped"  # there already, known to have none, or not better than what is kept
        NONE = "none"
        ERROR = "error"  # a source did not answer: nothing is known

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="verdicts")
    isbn = models.CharField(max_length=13, db_index=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    reason = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=32, blank=True)
    score = models.FloatField(null=True)
    stored_bytes = models.PositiveIntegerField(default=0)
    original_bytes = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["run", "isbn"], name="one_verdict_per_run_and_book")]

    def __str__(self) -> str:
        return f"{self.isbn}: {self.outcome}"


class NoCover(models.Model):
    """A picture that providers give where they have no cover, by its perceptual hash; staff add to the list."""

    likeness = models.CharField(max_length=16, unique=True)  # 64 bits in hexadecimal
    note = models.CharField(max_length=200, blank=True)
    example_url = models.CharField(max_length=2000, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-added_at"]
        verbose_name = "picture that is no cover"
        verbose_name_plural = "pictures that are no cover"

    def __str__(self) -> str:
        return self.note or self.likeness


class ProxiedPicture(models.Model):
    """A foreign picture that the image proxy made smaller and keeps, by its address."""

    digest = models.CharField(primary_key=True, max_length=64)  # SHA-256 of the address
    host = models.CharField(max_length=100)
    url = models.CharField(max_length=2000)
    original_bytes = models.PositiveIntegerField(default=0)
    stored_bytes = models.PositiveIntegerField(default=0)
    sizes = models.JSONField(default=dict)  # as Cover.sizes
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    last_used_at = models.DateTimeField(default=timezone.now, db_index=True)  # to the day

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.url


class WarmedKey(models.Model):
    """A key of the cache that a run filled, with its hits until then: what it got since shows what the run was worth."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="keys")
    key = models.CharField(max_length=200, db_index=True)
    hits_before = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="warmed_once_per_run")]

    def __str__(self) -> str:
        return self.key


class MetricRollup(models.Model):
    """What was counted on one host within a span of time: differences of counters and histograms, and where gauges stood."""

    class Span(models.IntegerChoices):
        MINUTE = 60
        QUARTER = 900
        HOUR = 3600

    span_s = models.PositiveSmallIntegerField(choices=Span.choices)
    at = models.DateTimeField()  # its beginning
    host = models.CharField(max_length=64)
    data = models.JSONField()  # harvest/counting/rollups.py

    class Meta:
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["span_s", "at", "host"], name="one_rollup_per_span")]

    def __str__(self) -> str:
        return f"{self.host} {self.at:%Y-%m-%d %H:%M} ({self.span_s} s)"


class MetricSnapshot(models.Model):
    """Where a host's counters stood when they were last rolled up."""

    host = models.CharField(primary_key=True, max_length=64)
    at = models.DateTimeField()
    data = models.JSONField()

    def __str__(self) -> str:
        return self.host


class Alert(models.Model):
    """A breach of a threshold, from when it was seen until it was over; told once, and its end once."""

    rule = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, blank=True)  # a provider, a queue; empty where there is only one
    message = models.CharField(max_length=300)
    value = models.FloatField()  # the worst since it began, in the rule's own unit
    threshold = models.FloatField()
    began_at = models.DateTimeField(default=timezone.now, db_index=True)
    seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    end_told_at = models.DateTimeField(null=True, blank=True)
    told_through = models.JSONField(default=list, blank=True)  # "breach:webhook", "end:email": what need not be sent again
    telling_until = models.DateTimeField(null=True, blank=True)  # somebody is telling it now, or died while doing so

    class Meta:
        ordering = ["-began_at"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "subject"], condition=models.Q(ended_at=None), name="one_open_alert_per_subject")
        ]

    def __str__(self) -> str:
        return self.message
