"""Runs that machines and commands begin, written into the audit log; staff's are noted by the admin, and the clock's by the schedules."""

from typing import Any

from django.db.models.signals import post_save

from harvest.models import Run
from jobs import services as jobs

COMMAND, CLOCK = "command", "schedule"  # as Run.asked_by has them


def watch() -> None:
    """Listen from now on; called once, when the apps are there."""
    post_save.connect(_begun, sender=Run, dispatch_uid="audit")


def _begun(*, instance: Run, created: bool, raw: bool = False, **_: Any) -> None:
    if not created or raw or instance.asked_by == CLOCK:
        return
    said = f"Started: {instance.get_kind_display().lower()}{', to look only' if instance.dry_run else ''}."
    if instance.asked_by == COMMAND:
        jobs.by_command(COMMAND, said, row=instance)
    elif jobs.is_machine(instance.asked_by):
        jobs.by_token(instance.asked_by, said, row=instance)
