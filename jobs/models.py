"""Rows of the jobs app: who may start and operate background jobs."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone

SCOPES = ("warming", "harvest", "metrics")
_PREFIX = "bt_"


class ServiceToken(models.Model):
    """A machine's credential. Only its hash is kept; two of one name may overlap while one replaces the other."""

    name = models.CharField(max_length=80)
    scopes = models.JSONField(default=list)
    hint = models.CharField(max_length=8, editable=False)  # the first signs, to tell tokens apart
    digest = models.CharField(max_length=64, unique=True, editable=False)  # SHA-256 of a 256-bit random token
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name", "-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @classmethod
    def issue(cls, name: str, scopes: Iterable[str], expires_at: datetime | None = None) -> tuple[Self, str]:
        """Make a token; the clear text is returned once and kept nowhere.

        Raises: ValueError for an unknown scope, or none.
        """
        wanted = sorted(set(scopes))
        unknown = [scope for scope in wanted if scope not in SCOPES]
        if unknown or not wanted:
            raise ValueError(f"Scopes are {', '.join(SCOPES)}; got {', '.join(unknown) or 'none'}.")
        clear = _PREFIX + secrets.token_urlsafe(32)
        row = cls.objects.create(
            name=name, scopes=wanted, hint=clear[: len(_PREFIX) + 4], digest=_digest(clear), expires_at=expires_at
        )
        return row, clear

    @classmethod
    def find(cls, clear: str) -> Self | None:
        """The valid token of this clear text, or None. Looked up by its hash, so time tells nothing of the text."""
        if not clear.startswith(_PREFIX) or len(clear) > 128:
            return None
        digest = _digest(clear)
        row = cls.objects.filter(digest=digest, revoked_at=None).first()
        if row is None or not hmac.compare_digest(row.digest, digest):
            return None
        return row if row.expires_at is None or row.expires_at > timezone.now() else None

    def allows(self, scope: str) -> bool:
        """Whether the token carries the scope."""
        return scope in self.scopes

    def used(self) -> None:
        """Remember the time of use, at most once a minute."""
        now = timezone.now()
        if self.last_used_at is None or (now - self.last_used_at).total_seconds() > 60:
            self.last_used_at = now
            self.save(update_fields=["last_used_at"])


def _digest(clear: str) -> str:
    return hashlib.sha256(clear.encode("utf-8", "surrogatepass")).hexdigest()
