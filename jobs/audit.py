"""The audit log: who did what, and when. Staff's actions as the admin notes them, and what service tokens and commands start.

Staff's actions are copied out of Django's own log whenever somebody looks, and before a user is deleted, with whom Django deletes what it
noted of them. Rows are only ever added.
"""

from datetime import datetime
from typing import Any

from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models.signals import pre_delete
from django.utils import timezone

LOOK_BACK = 1_000  # a transaction that began earlier may end later: its entries have smaller numbers than what was copied last
AT_ONCE = 1_000
WHAT_CHARS, NAME_CHARS = 500, 200


class AuditEntry(models.Model):
    """One thing that somebody did. `who` and `object_name` are as they were called then: both may be gone."""

    class By(models.TextChoices):
        STAFF = "staff"
        TOKEN = "token", "service token"
        COMMAND = "command"

    class Action(models.TextChoices):
        ADDED = "added"
        CHANGED = "changed"
        DELETED = "deleted"
        STARTED = "started"

    at = models.DateTimeField(default=timezone.now, db_index=True)
    by = models.CharField("how", max_length=8, choices=By.choices)
    who = models.CharField(max_length=150, db_index=True)  # a user's or a service token's name; of a command the name of that
    action = models.CharField(max_length=8, choices=Action.choices)
    what = models.CharField(max_length=WHAT_CHARS, blank=True)
    kind = models.CharField(max_length=100, blank=True)  # of the row: "jobs.job"; empty where it is about none
    object_id = models.CharField(max_length=NAME_CHARS, blank=True)
    object_name = models.CharField(max_length=NAME_CHARS, blank=True)
    log_id = models.BigIntegerField(null=True, unique=True, editable=False)  # of the row in Django's log that it was copied from

    class Meta:
        app_label = "jobs"
        ordering = ["-at", "-pk"]
        verbose_name = "entry of the audit log"
        verbose_name_plural = "audit log"

    def __str__(self) -> str:
        return f"{self.who}: {self.what or self.action}"


def record(
    by: AuditEntry.By, who: str, what: str, *, row: models.Model | None = None, action: AuditEntry.Action = AuditEntry.Action.STARTED
) -> None:
    """Write down what was done, and with which row. In a thread that may use the database."""
    AuditEntry.objects.create(
        by=by,
        who=who[:150],
        action=action,
        what=what[:WHAT_CHARS],
        kind=row._meta.label_lower if row is not None else "",
        object_id=str(row.pk)[:NAME_CHARS] if row is not None else "",
        object_name=str(row)[:NAME_CHARS] if row is not None else "",
    )


def by_command(name: str, what: str, *, row: models.Model | None = None) -> None:
    """Write down what somebody did on the server's own command line."""
    record(AuditEntry.By.COMMAND, name, what, row=row)


def by_token(name: str, what: str, *, row: models.Model | None = None) -> None:
    """Write down what a machine did by its service token, whose name this is."""
    record(AuditEntry.By.TOKEN, name, what, row=row)


def gather() -> int:
    """Copy what Django has noted of staff since the last time; how many entries. Two at once copy each once."""
    copied = 0
    while found := _new_ones():
        AuditEntry.objects.bulk_create([_copy(one) for one in found], ignore_conflicts=True)
        copied += len(found)
        if len(found) < AT_ONCE:
            break
    return copied


def _new_ones() -> list[LogEntry]:
    newest = AuditEntry.objects.aggregate(newest=models.Max("log_id"))["newest"] or 0
    there = AuditEntry.objects.filter(log_id__gt=newest - LOOK_BACK).values_list("log_id", flat=True)
    rows = LogEntry.objects.filter(pk__gt=newest - LOOK_BACK).exclude(pk__in=set(there))
    return list(rows.select_related("user", "content_type").order_by("pk")[:AT_ONCE])


def _copy(one: LogEntry) -> AuditEntry:
    Action = AuditEntry.Action
    at: datetime = one.action_time
    return AuditEntry(
        at=at,
        by=AuditEntry.By.STAFF,
        who=one.user.get_username()[:150],
        action={ADDITION: Action.ADDED, DELETION: Action.DELETED}.get(one.action_flag, Action.CHANGED),
        what=one.get_change_message()[:WHAT_CHARS],
        kind=f"{one.content_type.app_label}.{one.content_type.model}" if one.content_type else "",
        object_id=(one.object_id or "")[:NAME_CHARS],
        object_name=one.object_repr[:NAME_CHARS],
        log_id=one.pk,
    )


def watch() -> None:
    """Copy before users are deleted; called once, when the apps are there."""
    pre_delete.connect(_before_a_user_goes, sender=get_user_model(), dispatch_uid="audit")


def _before_a_user_goes(**_: Any) -> None:
    gather()
