"""Which foreign URLs may be asked for, and which addresses a name may lead to. Pure: nothing is asked here.

Source: spec 08, "Safety"; RFC 3986 (URLs), RFC 1123 (names); IANA, "Special-Purpose Address Registry" for IPv4 and IPv6; RFC 4380 (Teredo),
RFC 3056 (6to4), RFC 6052 (NAT64).
"""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

MAX_URL_SIGNS = 2_000
MAX_HOST_SIGNS = 100
PORT: Final = 443
ANY_NAME: Final = "*."  # begins an entry of the allow-list: any one name below it, where a redirect leads there

_SIGNS = re.compile(r"[!-\[\]-~]+")  # ASCII that is seen, without the backslash, which some read as a slash
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PARTS = re.compile(r"https://([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"([^:\[\]]+|\[[^\]]*\])(?::(.*))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LETTER = re.compile(r"[a-z]")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNQUOTINGS = 3  # of a path: what is still quoted then is refused

_NOT_PUBLIC_4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # public by its number, but the host's own services within a large cloud
    )
]  # fmt: skip
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")  # all that is given out; IPv4 within IPv6, NAT64, loopback, local and multicast lie outside
_NOT_PUBLIC_6 = [
    ipaddress.IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")  # Teredo lies within the first
]


class Refused(Exception):
    """A URL that is not asked for; `reason` is for clients."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Malformed(Refused):
    """It is no URL at all."""


@dataclass(frozen=True, slots=True)
class Address:
    """A public https address: the name in lower case without its last dot, path and query as they were given, no fragment."""

    host: str
    target: str  # begins with a slash

    @property
    def url(self) -> str:
        """The one spelling of it."""
        return f"https://{self.host}{self.target}"


def checked(url: str, hosts: Collection[str], *, redirected: bool = False) -> Address:
    """The address that a URL means, where it may be asked for: `hosts` has the names as `host_name` gives them.

    Raises: Refused, of which Malformed is one.
    """
    if not url or len(url) > MAX_URL_SIGNS:
        raise Malformed(f"A URL has 1 to {MAX_URL_SIGNS:,} characters.")
    check_signs(url)
    scheme = _SCHEME.match(url)
    if scheme is None:
        raise Malformed("This is no URL: it names no scheme.")
    if scheme[1].lower() != "https":
        raise Refused("Only https URLs are fetched.")
    parts = _PARTS.fullmatch(url)
    if parts is None:
        raise Malformed("This is no URL: it names no host.")
    host = _host(parts[1])
    if not allowed(host, hosts, redirected=redirected):
        raise Refused("Pictures of this host are not fetched.")
    _check_path(parts[2])
    return Address(host, (parts[2] or "/") + (parts[3] or ""))


def check_signs(text: str) -> None:
    """Refuse what parsers of URLs read in different ways. Raises: Malformed."""
    if not _SIGNS.fullmatch(text):
        raise Malformed("The URL has characters that no URL has: spaces, control characters, backslashes or letters that are not ASCII.")


def allowed(host: str, hosts: Collection[str], *, redirected: bool = False) -> bool:
    """Whether a name is on the list; a redirect may also lead to one name below an entry that begins with `*.`."""
    return host in hosts or (redirected and ANY_NAME + host.partition(".")[2] in hosts)


def host_name(word: str) -> str:
    """A name as it is compared: in lower case, ASCII, without its last dot.

    Raises: ValueError for what is no full name: addresses in any notation, single names such as `localhost`.
    """
    name = word.strip().lower().removesuffix(".")
    if not name.isascii():
        name = name.encode("idna").decode("ascii")  # UnicodeError is a ValueError
    labels = name.split(".")
    if len(name) > MAX_HOST_SIGNS or len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("no full host name")
    if _NUMBER.fullmatch(labels[-1]) or not _LETTER.search(labels[-1]):
        raise ValueError("an address, not a name")
    return name


def host_entry(word: str) -> str:
    """An entry of an allow-list: a name, or `*.` before one of at least three parts.

    Raises: ValueError.
    """
    if not word.startswith(ANY_NAME):
        return host_name(word)
    below = host_name(word.removeprefix(ANY_NAME))
    if below.count(".") < 2:
        raise ValueError("too much lies below that")
    return ANY_NAME + below


def is_public(address: str) -> bool:
    """Whether an address, in its usual notation, is one of the public internet; False for what is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return not any(found in network for network in _NOT_PUBLIC_4)
    return found.scope_id is None and found in _GLOBAL_6 and not any(found in network for network in _NOT_PUBLIC_6)


def below(url: str, base: str) -> str | None:
    """What stands behind a base URL in one that lies below it (`/b/id/1-L.jpg?default=false`); None where it lies elsewhere."""
    plain = url.partition("#")[0]
    rest = plain[len(base) :]
    if not plain.startswith(base) or not rest.startswith("/"):
        return None
    try:
        _check_path(rest.partition("?")[0])
    except Malformed:
        return None
    return rest


def _host(authority: str) -> str:
    """The name of a URL that has no user and no port of its own. Raises: Refused."""
    if "@" in authority:
        raise Refused("A URL with a user name or password is not fetched.")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise Malformed("This is no URL: its host cannot be read.")
    if parts[2] is not None:
        if not parts[2].isdigit() or int(parts[2][:6]) > 65_535:
            raise Malformed("This is no URL: its port is no port.")
        if parts[2] != str(PORT):
            raise Refused(f"No other port than {PORT} is asked.")
    try:
        return host_name(parts[1])
    except ValueError:
        raise Refused("Pictures are fetched from hosts by their full names only.") from None


def _check_path(path: str) -> None:
    """A path that climbs would leave the folder which the operator's base URL names. Raises: Malformed."""
    for _ in range(_UNQUOTINGS):
        shown, path = path, unquote(path)
        if any(part.partition(";")[0] in (".", "..") for part in re.split(r"[/\\]", path)):
            raise Malformed("A URL whose path has `.` or `..` as a part is not fetched.")
        if path == shown:
            return
    raise Malformed("The URL's path is quoted again and again.")
