"""A scheduler process whose schedules have given names: `python -m tests.jobs.scheduler_process NAMES`. It begins at a line, and runs until
SIGTERM.
"""

import asyncio
import os
import sys


def main(names: str) -> None:
    """Names by comma; all are due as their rows say."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "bookstrack.settings"
    import django
    from django.conf import settings

    django.setup()
    from jobs import scheduler
    from tests.jobs.scheduling import plan

    settings.SCHEDULES = {name: plan() for name in names.split(",")}
    settings.SCHEDULER_STEPS = []
    print("ready", flush=True)
    sys.stdin.readline()
    asyncio.run(scheduler.run())


if __name__ == "__main__":
    main(sys.argv[1])
