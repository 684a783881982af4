"""Header lines that every reply gets, whoever makes it: of security, and of CORS.

Source: spec 08, "Safety"; 02, "Envelope".
"""

from functools import lru_cache

from django.conf import settings

Lines = list[tuple[bytes, bytes]]
_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'{style}; img-src 'self' https: data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_SECURITY: Lines = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_STRICT: Lines = [*_SECURITY, (b"content-security-policy", _CSP.format(style="").encode())]
_STYLED: Lines = [*_SECURITY, (b"content-security-policy", _CSP.format(style=" 'unsafe-inline'").encode())]
_HSTS: Lines = [(b"strict-transport-security", b"max-age=31536000; includeSubDomains; preload")]
EXPOSED = (
    b"etag, retry-after, x-request-id, x-cache, x-cache-status, x-cache-age, x-provider, x-response-time, x-image-quality, "
    b"x-data-completeness, ratelimit-limit, ratelimit-remaining, ratelimit-reset"
)


def as_bytes(lines: Lines) -> bytes:
    """Lines as they are sent."""
    return b"".join(b"%b: %b\r\n" % line for line in lines)


def security(*, styled: bool = False) -> Lines:
    """Those of security; `styled`: of a page that has styles within it."""
    lines = _STYLED if styled else _STRICT
    return lines + _HSTS if settings.HTTPS else lines


def cors(origin: bytes) -> Lines:
    """What an origin is told: nothing, unless it is on the allow-list."""
    if origin.decode("latin-1") not in settings.CORS_ALLOWED_ORIGINS:
        return []
    return [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", EXPOSED)]


@lru_cache(maxsize=64)
def _cors_lines(origin: bytes, _allowed: tuple[str, ...]) -> bytes:
    return as_bytes(cors(origin))


def cors_lines(origin: bytes) -> bytes:
    """The same as they are sent."""
    return _cors_lines(origin, tuple(settings.CORS_ALLOWED_ORIGINS))
