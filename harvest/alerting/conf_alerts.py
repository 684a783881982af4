"""Settings of alerts, read from the environment."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from bookstrack import env
from harvest.alerting.alert_rules import Limits

PERIOD_S = 3600  # that rates and times are of
EVERY_S = 900.0  # between two checks
CALM_S = 1.5 * EVERY_S  # so long nothing may have been wrong before it is over: two good checks in a row
CLAIM_S = 120.0  # for telling; who died while doing so is followed by another after it
TOLD_WITHIN_DAYS = 7  # what could not be told until then is not told any more
WEBHOOK_S = 5.0
KEPT_DAYS = 365  # alerts that are over


def limits() -> Limits:
    """ALERT_…: what is wrong from where on.

    Raises: ImproperlyConfigured
    """
    is_fine = Limits()
    return Limits(
        hit_rate_min=_share("ALERT_HIT_RATE_MIN", is_fine.hit_rate_min),
        hit_rate_least=env.integer("ALERT_HIT_RATE_LEAST", is_fine.hit_rate_least, least=1),
        error_rate_max=_share("ALERT_ERROR_RATE_MAX", is_fine.error_rate_max),
        error_rate_least=env.integer("ALERT_ERROR_RATE_LEAST", is_fine.error_rate_least, least=1),
        p95_s_max=env.number("ALERT_P95_S_MAX", is_fine.p95_s_max),
        p99_s_max=env.number("ALERT_P99_S_MAX", is_fine.p99_s_max),
        latency_least=env.integer("ALERT_LATENCY_LEAST", is_fine.latency_least, least=1),
        budget_max=_share("ALERT_BUDGET_MAX", is_fine.budget_max),
        queue_depth_max=env.integer("ALERT_QUEUE_DEPTH_MAX", is_fine.queue_depth_max),
        queue_age_s_max=env.number("ALERT_QUEUE_AGE_S_MAX", is_fine.queue_age_s_max),
        dead_letters_max=env.integer("ALERT_DEAD_LETTERS_MAX", is_fine.dead_letters_max),
        disk_free_min=_share("ALERT_DISK_FREE_MIN", is_fine.disk_free_min),
        harvest_errors_max=_share("ALERT_HARVEST_ERRORS_MAX", is_fine.harvest_errors_max),
        harvest_least=env.integer("ALERT_HARVEST_LEAST", is_fine.harvest_least, least=1),
    )


def emails() -> list[str]:
    """ALERT_EMAILS: who is told by e-mail.

    Raises: ImproperlyConfigured for what is no address, or where no mail server is known.
    """
    found = env.words("ALERT_EMAILS")
    for address in found:
        try:
            validate_email(address)
        except ValidationError:
            raise ImproperlyConfigured(f"ALERT_EMAILS: {address!r} is no e-mail address") from None
    if found and not settings.EMAIL_HOST:
        raise ImproperlyConfigured("ALERT_EMAILS is set, and no EMAIL_URL or EMAIL_HOST says by which server mails go")
    return found


def webhook() -> str:
    """ALERT_WEBHOOK_URL: where alerts are posted to; empty: nowhere. It may hold a secret, and is never logged."""
    if not env.text("ALERT_WEBHOOK_URL"):
        return ""
    try:
        return env.url("ALERT_WEBHOOK_URL", "")
    except ImproperlyConfigured:  # its own message would show the address
        raise ImproperlyConfigured("ALERT_WEBHOOK_URL is no http or https address") from None


def check() -> None:
    """Read every setting once, so that a wrong one fails at the start.

    Raises: ImproperlyConfigured
    """
    limits()
    emails()
    webhook()


def _share(name: str, default: float) -> float:
    found = env.number(name, default)
    if found > 1:
        raise ImproperlyConfigured(f"{name} is {found}: a share is above 0 and at most 1")
    return found
