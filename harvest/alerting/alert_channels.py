"""Telling people of alerts: a line in the log, one e-mail, one call of a webhook, for everything that one check found together."""

import asyncio
import smtplib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from django.core.mail import send_mail
from django.utils import timezone

from bookstrack.lib import clock, http
from harvest.alerting import conf_alerts
from harvest.models import Alert

log = structlog.get_logger(__name__)
SHOWN = 30  # in a text; of more only the number
GUIDE = "docs/operations.md says what each means and what to do."


class NotTold(Exception):
    """A channel did not take it; the words say why, without an address or a key."""


@dataclass(frozen=True, slots=True)
class Word:
    """A breach, or its end, that is to be told."""

    alert: Alert
    over: bool

    @property
    def text(self) -> str:
        """In a line."""
        since = f"since {self.alert.began_at:%d %b %H:%M} UTC"
        if self.over and self.alert.ended_at:
            minutes = max(0, int((self.alert.ended_at - self.alert.began_at).total_seconds() // 60))
            return f"OVER after {minutes} min: {self.alert.message}"
        return f"ALERT: {self.alert.message} ({since})"

    def member(self) -> dict[str, Any]:
        """As the webhook's receivers read it."""
        alert = self.alert
        said: dict[str, Any] = {
            "rule": alert.rule,
            "subject": alert.subject,
            "state": "over" if self.over else "breach",
            "message": alert.message,
            "value": alert.value,
            "threshold": alert.threshold,
            "beganAt": clock.iso_ms(alert.began_at),
        }
        return said | ({"endedAt": clock.iso_ms(alert.ended_at)} if self.over and alert.ended_at else {})


Channel = Callable[[Sequence[Word], str], Awaitable[None]]  # what is to be told, and its text; raises NotTold


def channels() -> dict[str, Channel]:
    """By name, those that the settings name; the log is always one."""
    found: dict[str, Channel] = {"log": _log}
    if conf_alerts.emails():
        found["email"] = _email
    if conf_alerts.webhook():
        found["webhook"] = _webhook
    return found


def subject_of(words: Sequence[Word]) -> str:
    """"BooksTrack: 2 alerts, 1 over" """
    breaches = sum(not word.over for word in words)
    ends = len(words) - breaches
    parts = [f"{breaches} alert{'s' if breaches != 1 else ''}"] if breaches else []
    return f"BooksTrack: {', '.join([*parts, *([f'{ends} over'] if ends else [])])}"


def text_of(words: Sequence[Word]) -> str:
    """A line for each."""
    lines = [word.text for word in words[:SHOWN]]
    if left := len(words) - SHOWN if len(words) > SHOWN else 0:
        lines.append(f"and {left} more, in the admin under Alerts")
    return "\n".join([*lines, "", GUIDE])


async def test(name: str) -> None:
    """Send a message by a channel that says it is a test. Raises: NotTold, KeyError."""
    now = timezone.now()
    alert = Alert(rule="test", message="this is a test of the channel, nothing is wrong", value=0.0, threshold=0.0, began_at=now)
    words = [Word(alert, over=False)]
    await channels()[name](words, text_of(words))


async def _log(words: Sequence[Word], _text: str) -> None:
    for word in words:
        alert = word.alert
        say = log.info if word.over else log.error
        say("an alert is over" if word.over else "alert", rule=alert.rule, subject=alert.subject, message=alert.message, value=alert.value)


async def _email(words: Sequence[Word], text: str) -> None:
    try:
        await asyncio.to_thread(send_mail, subject_of(words), text, None, conf_alerts.emails())
    except (OSError, smtplib.SMTPException) as error:
        raise NotTold(f"the mail server failed ({type(error).__name__})") from error


async def _webhook(words: Sequence[Word], text: str) -> None:
    body = orjson.dumps({"text": text, "alerts": [word.member() for word in words]})
    headers = {"Content-Type": "application/json"}
    try:
        reply = await http.fetch("POST", conf_alerts.webhook(), timeout_s=conf_alerts.WEBHOOK_S, headers=headers, body=body)
    except http.UpstreamError as error:
        raise NotTold(f"no answer ({type(error).__name__})") from error
    if not 200 <= reply.status < 300:
        raise NotTold(f"it answered {reply.status}")
