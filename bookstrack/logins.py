"""Log-ins of staff as lines in the log: who, from where, and that it failed; never a password."""

from typing import Any

import structlog
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

log = structlog.get_logger(__name__)
NOBODY = "(no such user)"


def watch() -> None:
    """Listen from now on; called once, when the apps are there."""
    user_logged_in.connect(_logged_in, dispatch_uid="logins")
    user_logged_out.connect(_logged_out, dispatch_uid="logins")
    user_login_failed.connect(_failed, dispatch_uid="logins")


def _logged_in(*, request: HttpRequest | None, user: Any, **_: Any) -> None:
    log.info("logged in", user=user.get_username(), client=_client(request))


def _logged_out(*, request: HttpRequest | None, user: Any, **_: Any) -> None:
    log.info("logged out", user=user.get_username() if user else NOBODY, client=_client(request))


def _failed(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """A name that no user has is not logged: it may be a password that was typed into the wrong field."""
    users = get_user_model()
    name = str(credentials.get(users.USERNAME_FIELD, ""))
    known = bool(name) and users._default_manager.filter(**{users.USERNAME_FIELD: name}).exists()
    log.warning("a log-in failed", user=name if known else NOBODY, client=_client(request))


def _client(request: HttpRequest | None) -> str:
    """The address as limits are charged to; empty for a command."""
    return str(getattr(request, "scope", {}).get("bookstrack.client", "")) if request is not None else ""
