"""When a schedule is due, by its cron expression: five fields, UTC. Pure.

Source: crontab(5), as croniter reads it.
"""

import re
from datetime import UTC, datetime

from croniter import CroniterError, croniter

_DAILY = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* \*")
_EVERY_MINUTES = re.compile(r"\*/(\d{1,2}) \* \* \* \*")
_HOURLY = re.compile(r"(\d{1,2}) \* \* \* \*")


class WrongCron(ValueError):
    """It is no cron expression of five fields, or one that never comes."""


def next_after(cron: str, moment: datetime) -> datetime:
    """The first time after a moment, which itself does not count.

    Raises: WrongCron.
    """
    return _stepped(cron, moment, back=False)


def last_until(cron: str, moment: datetime) -> datetime:
    """The last time until a moment, which itself counts.

    Raises: WrongCron.
    """
    whole = moment.astimezone(UTC).replace(second=0, microsecond=0)
    try:
        if croniter.match(cron, whole):
            return whole
    except (CroniterError, ValueError, TypeError) as error:
        raise WrongCron(cron) from error
    return _stepped(cron, moment, back=True)


def fits(cron: str, planned: datetime, now: datetime) -> bool:
    """Whether a planned time that lies ahead is one that the expression gives, and believable.

    It is not after the expression was changed, and not once it is further away than the time after the next: then the clock was ahead when
    it was worked out. That far it may be, as another host whose clock is a little ahead may have moved it on already.
    """
    second = next_after(cron, next_after(cron, now))
    return planned <= second and planned == last_until(cron, planned)


def in_words(cron: str) -> str:
    """For people: "daily at 02:00", "every 15 minutes", "hourly at :30"; the expression itself where it is none of these."""
    if found := _DAILY.fullmatch(cron):
        return f"daily at {int(found[2]):02}:{int(found[1]):02}"
    if found := _EVERY_MINUTES.fullmatch(cron):
        return f"every {int(found[1])} minutes" if int(found[1]) != 1 else "every minute"
    if found := _HOURLY.fullmatch(cron):
        return f"hourly at :{int(found[1]):02}"
    return cron


def _stepped(cron: str, moment: datetime, *, back: bool) -> datetime:
    if len(cron.split()) != 5:
        raise WrongCron(cron)
    try:
        steps = croniter(cron, moment.astimezone(UTC))
        found: datetime = steps.get_prev(datetime) if back else steps.get_next(datetime)
    except (CroniterError, ValueError, TypeError, OverflowError) as error:
        raise WrongCron(cron) from error
    return found
