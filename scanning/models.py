"""Rows of the scanning app: the photos of scans, which outlive their jobs."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from scanning import conf

STATES = [(name, name) for name in ("waiting", "done", "failed")]


def _expiry() -> Any:
    return timezone.now() + timedelta(days=conf.photos_kept_days())


class ScanPhoto(models.Model):
    """A photo of a scan: where its picture is kept, what engines saw on it, and what that cost. The job's own results go after a day."""

    job_id = models.CharField(max_length=128, db_index=True)  # a job of the jobs app, whose row may be gone
    index = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=STATES, default="waiting")
    error = models.JSONField(null=True, blank=True)  # {code, message}

    file = models.CharField(max_length=300, blank=True)  # name in the storage of uploads; empty: there is no picture
    width = models.PositiveIntegerField(default=0)  # px of the kept picture, upright
    height = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveIntegerField(default=0)
    quality = models.JSONField(default=dict)  # numbers of imaging.Quality

    books = models.JSONField(default=list)  # {title, author, isbn, decision, confidence, engine, score, text, boundingBox}
    engines = models.JSONField(default=list)  # {engine, seconds, detections, tokens, model, cost, error}
    found = models.PositiveSmallIntegerField(default=0)
    maybe = models.PositiveSmallIntegerField(default=0)
    unreadable = models.PositiveSmallIntegerField(default=0)
    tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)  # None: the model's price is not known
    seconds = models.FloatField(null=True, blank=True)

    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    expires_at = models.DateTimeField(default=_expiry, db_index=True)  # of the picture and of this row

    class Meta:
        verbose_name, verbose_name_plural = "photo of a scan", "photos of scans"
        ordering = ["-created_at", "index"]
        constraints = [models.UniqueConstraint(fields=["job_id", "index"], name="photo_of_a_scan_once")]

    def __str__(self) -> str:
        return f"{self.job_id}, photo {self.index + 1}"
