"""A job's token: who may see, follow and end it. No I/O.

The first token is derived from the server's secret key and the job's salt, so that the same Idempotency-Key can be answered with the
same token although only its hash is stored; a refreshed one is random. Source: spec 03, "Connecting".
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

LIFETIME = timedelta(hours=2)
REFRESH_WINDOW = timedelta(minutes=30)  # the last part of the lifetime
MAX_CHARS = 128


def new_salt() -> str:
    """What makes one job's token differ from another's."""
    return secrets.token_hex(16)


def derived(secret_key: str, job_id: str, salt: str) -> str:
    """The first token of a job: 43 signs of base64url, 256 bits."""
    text = f"job-token\x1f{job_id}\x1f{salt}".encode()
    return base64.urlsafe_b64encode(hmac.digest(secret_key.encode(), text, "sha256")).rstrip(b"=").decode()


def random() -> str:
    """A token that follows another one."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def same(token: str, stored_digest: str) -> bool:
    """Whether this is the token; the comparison takes the same time wherever they differ."""
    return len(token) <= MAX_CHARS and hmac.compare_digest(digest(token), stored_digest)


def refreshable(expires_at: datetime, now: datetime) -> bool:
    """Whether the token is in the last part of its lifetime."""
    return expires_at - REFRESH_WINDOW <= now < expires_at
