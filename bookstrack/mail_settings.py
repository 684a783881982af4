"""By which server mails go: EMAIL_URL, or EMAIL_HOST and its companions."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from bookstrack import env

SMTP = "django.core.mail.backends.smtp.EmailBackend"
PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Mail:
    """Django's EMAIL_… settings. `host` is empty where mails cannot be sent."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    tls: bool = False  # STARTTLS
    ssl: bool = False
    sender: str = "bookstrack@localhost"


def read() -> Mail:
    """The settings as the environment has them; what EMAIL_URL says goes before the others.

    Raises: ImproperlyConfigured, without the address, which may hold a password.
    """
    sender = env.text("EMAIL_FROM", "bookstrack@localhost")
    if said := env.text("EMAIL_URL"):
        return _parsed(said, sender)
    tls, ssl = env.flag("EMAIL_USE_TLS", False), env.flag("EMAIL_USE_SSL", False)
    if tls and ssl:
        raise ImproperlyConfigured("EMAIL_USE_TLS and EMAIL_USE_SSL: choose one")
    port = env.integer("EMAIL_PORT", 465 if ssl else 587 if tls else 25, least=1)
    return Mail(env.text("EMAIL_HOST"), port, env.text("EMAIL_HOST_USER"), env.text("EMAIL_HOST_PASSWORD"), tls, ssl, sender)


def _parsed(said: str, sender: str) -> Mail:
    try:
        parts = urlsplit(said)
        port = parts.port or PORTS[parts.scheme]
        host = parts.hostname or ""
    except (ValueError, KeyError):
        host, port = "", 0
    if not host:
        raise ImproperlyConfigured("EMAIL_URL: say smtp://, smtp+tls:// (STARTTLS) or smtps://, then user:password@host:port")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Mail(host, port, user, password, parts.scheme == "smtp+tls", parts.scheme == "smtps", sender)
