from typing import Any

from django.apps import AppConfig
from django.core.checks import Error, register


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Background jobs"

    def ready(self) -> None:
        from jobs import audit, conf

        conf.check()
        audit.watch()
        register(_schedules)


def _schedules(**_: Any) -> list[Error]:
    """What is to run by the clock can be run: a name that is mistyped is found at `manage.py check`, not at night."""
    from jobs import schedules

    return [Error(fault, id="jobs.E001") for fault in schedules.faults()]
