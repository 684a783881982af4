"""STORAGE_URL, read: `s3://KEY:SECRET@bucket/prefix?endpoint=https://host&region=eu-central-1`. Pure.

Key and secret are percent-encoded; without them boto's own sources count (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a role of the
machine). `endpoint` names a server that is not Amazon's. What is wrong is told without a word of what was given: it may be a secret.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

FORM = "s3://KEY:SECRET@bucket/prefix?endpoint=https://host&region=eu-central-1"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", re.ASCII)
_REGION = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}|[^%]")
_OPTIONS = ("endpoint", "region")


class WrongUrl(ValueError):
    """It is no such URL; the message says what is wrong, and nothing of what was given."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where objects are kept on S3. `key` and `secret` are None where boto finds them itself, `endpoint` where it is Amazon's."""

    name: str
    prefix: str = ""  # without slashes around it
    key: str | None = None
    secret: str | None = None
    endpoint: str | None = None
    region: str | None = None

    def __repr__(self) -> str:
        return f"Bucket({self.name!r}, {self.prefix!r}, endpoint={self.endpoint!r}, region={self.region!r})"  # without the secret

    def options(self, folder: str) -> dict[str, Any]:
        """The options of a storage in a folder of the bucket (bookstrack.lib.s3_files.S3Files)."""
        return {
            "bucket_name": self.name,
            "location": f"{self.prefix}/{folder}" if self.prefix else folder,
            "access_key": self.key,
            "secret_key": self.secret,
            "security_token": None,  # one of the environment belongs to the environment's key, which boto finds with it
            "endpoint_url": self.endpoint,
            "region_name": self.region,
        }


def parse(url: str) -> Bucket | None:
    """The bucket that a STORAGE_URL names; None for an empty one: local folders.

    Raises: WrongUrl.
    """
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        raise WrongUrl(f"it cannot be read; say {FORM}") from None
    if parts.scheme != "s3" or not url.startswith("s3://"):
        raise WrongUrl(f"it does not begin with s3://; say {FORM}, or leave it empty for local folders")
    if "@" in parts.path + parts.query + parts.fragment or parts.fragment or any(sign.isspace() for sign in url):
        raise WrongUrl("a sign in it is not percent-encoded: in key and secret, / is %2F, @ is %40, # is %23, ? is %3F")
    account, _, name = parts.netloc.rpartition("@")
    key, secret = _account(account)
    if not _BUCKET.fullmatch(name) or ".." in name:
        raise WrongUrl("what stands for the bucket is no name of one: 3 to 63 small letters, digits, dots and hyphens")
    options = _options(parts.query)
    return Bucket(name, _prefix(parts.path), key, secret, options.get("endpoint"), options.get("region"))


def _account(given: str) -> tuple[str | None, str | None]:
    if not given:
        return None, None
    key, _, secret = given.partition(":")
    if not key or not secret or ":" in secret:
        raise WrongUrl("before the @ stand KEY:SECRET, both of them; or nothing, and AWS's own environment variables count")
    if not all("".join(_ESCAPE.findall(part)) == part for part in (key, secret)):
        raise WrongUrl("a % in key or secret is written %25")
    return unquote(key), unquote(secret)


def _prefix(path: str) -> str:
    prefix = path.strip("/")
    if prefix and not all(_SEGMENT.fullmatch(segment) for segment in prefix.split("/")):
        raise WrongUrl("the prefix behind the bucket takes letters, digits, dots, hyphens and underscores, parted by single slashes")
    return prefix


def _options(query: str) -> dict[str, str]:
    """`endpoint` and `region`, those that are given."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError:
        raise WrongUrl("what stands behind the ? is no list of options: endpoint=…&region=…") from None
    options = dict(pairs)
    if len(options) < len(pairs) or not options.keys() <= set(_OPTIONS):
        raise WrongUrl(f"it has options that are unknown or come twice; known are {' and '.join(_OPTIONS)}")
    if "endpoint" in options:
        options["endpoint"] = _endpoint(options["endpoint"])
    if "region" in options and not _REGION.fullmatch(options["region"]):
        raise WrongUrl("region is no name of one, such as eu-central-1")
    return options


def _endpoint(given: str) -> str:
    try:
        parts = urlsplit(given)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.query or parts.path.strip("/"):
        raise WrongUrl("endpoint is no address of a server, such as https://s3.example.org")
    return given.rstrip("/")
