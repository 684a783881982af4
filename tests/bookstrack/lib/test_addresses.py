"""Which URLs and addresses may be asked: rules, and properties over every notation."""

import ipaddress
import string

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.lib import addresses
from bookstrack.lib.addresses import Malformed, Refused

HOSTS = frozenset(("covers.openlibrary.org", "archive.org", "*.us.archive.org"))
COVER = "https://covers.openlibrary.org/b/id/1-L.jpg"
PRIVATE_4 = [
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "0.0.0.0/8", "224.0.0.0/4",
    "240.0.0.0/4",
]  # fmt: skip


def within(network: str) -> st.SearchStrategy[ipaddress.IPv4Address]:
    found = ipaddress.IPv4Network(network)
    return st.integers(int(found[0]), int(found[-1])).map(ipaddress.IPv4Address)


private_4 = st.one_of(*map(within, PRIVATE_4))
any_4 = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)


def notations(address: ipaddress.IPv4Address) -> list[str]:
    """How parsers of C, browsers and old libraries let an address be written."""
    number, octets = int(address), str(address).split(".")
    a, b, c, d = map(int, octets)
    low16 = number & 0xFFFF
    high, low = f"{number >> 16:x}", f"{low16:x}"
    whole = [str(number), hex(number), f"0{number:o}", f"0X{number:X}", f"{a}.{number & 0xFFFFFF}", f"{a}.{b}.{low16}"]
    octal = [f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"00{a:o}.{b}.{c:#x}.{d}", ".".join(octet.zfill(3) for octet in octets)]
    six = [f"[::ffff:{address}]", f"[::ffff:{high}:{low}]", f"[::{address}]", f"[64:ff9b::{address}]", f"[2002:{high}:{low}::1]"]
    return [str(address), f"{address}.", f"{a:#x}.{b:#x}.{c:#x}.{d:#x}", *whole, *octal, *six]


@given(private_4, st.sampled_from(["", ":443", ":80", ":8080"]), st.sampled_from(["https", "http", "HTTPS"]))
def test_no_notation_of_an_address_passes_even_if_it_is_listed(address: ipaddress.IPv4Address, port: str, scheme: str) -> None:
    for written in notations(address):
        listed = HOSTS | {written, written.lower(), written.strip("[]."), str(address)}
        with pytest.raises(Refused):
            addresses.checked(f"{scheme}://{written}{port}/a.jpg", listed)
        with pytest.raises(ValueError, match="name"):
            addresses.host_entry(written.strip("[]") if ":" in written else written)


@given(private_4)
def test_private_addresses_are_not_public_in_any_wrapping(address: ipaddress.IPv4Address) -> None:
    high, low = f"{int(address) >> 16:x}", f"{int(address) & 0xFFFF:x}"
    teredo = ipaddress.IPv6Address((0x20010000 << 96) | (0xFFFFFFFF ^ int(address)))
    wrapped = [f"::ffff:{address}", f"::{high}:{low}", f"64:ff9b::{address}", f"64:ff9b:1::{address}", f"2002:{high}:{low}::1"]
    for written in [str(address), *wrapped, str(teredo)]:
        assert not addresses.is_public(written), written
    for written in notations(address):
        assert not addresses.is_public(written), written


@given(any_4)
def test_what_is_public_is_global(address: ipaddress.IPv4Address) -> None:
    if addresses.is_public(str(address)):
        assert address.is_global and not address.is_multicast
    # an IPv4 address within IPv6 is never taken, whatever it is: it would come as IPv4 where it is meant
    assert not addresses.is_public(f"::ffff:{address}")


@given(st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address))
def test_what_is_public_of_ipv6_is_global_too(address: ipaddress.IPv6Address) -> None:
    if addresses.is_public(str(address)):
        assert address.is_global and not address.is_multicast
        assert address.ipv4_mapped is None and address.teredo is None and address.sixtofour is None


@pytest.mark.parametrize("address", [
    "93.184.216.34", "8.8.8.8", "207.241.224.2", "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450:4001:80b::200e",
])  # fmt: skip
def test_public_addresses(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize("address", [
    "::1", "::", "fe80::1", "fe80::1%eth0", "2606:2800::1%1", "fd00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001::1", "2001:db8::1",
    "2002:7f00:1::", "100::1",
    "168.63.129.16", "169.254.169.254", "100.100.100.200", "192.0.0.192", "255.255.255.255", "198.18.0.1", "203.0.113.1", "", "localhost",
    "127.1", "0x7f000001", "2130706433",
])  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize(("url", "meant"), [
    (COVER, COVER),
    ("HTTPS://Covers.OpenLibrary.ORG/b/id/1-L.jpg", COVER),
    ("https://covers.openlibrary.org.:443/b/id/1-L.jpg#top", COVER),
    ("https://covers.openlibrary.org", "https://covers.openlibrary.org/"),
    ("https://covers.openlibrary.org?x=1", "https://covers.openlibrary.org/?x=1"),
    ("https://archive.org/a%20b/c.jpg?w=1&h=2#a?b", "https://archive.org/a%20b/c.jpg?w=1&h=2"),
    ("https://archive.org/a...b/.hidden/c..jpg", "https://archive.org/a...b/.hidden/c..jpg"),
])  # fmt: skip
def test_one_spelling_of_a_url(url: str, meant: str) -> None:
    found = addresses.checked(url, HOSTS)
    assert found.url == meant
    assert addresses.checked(found.url, HOSTS) == found


@pytest.mark.parametrize("url", [
    "", "not a url", "covers.openlibrary.org/a.jpg", "//covers.openlibrary.org/a.jpg", "https:covers.openlibrary.org/a.jpg",
    "https:/covers.openlibrary.org/a", "https://", "https:///a.jpg",
    f"{COVER}\r\nX-Injected: 1", "https://covers.openlibrary.org\t/a", " " + COVER, COVER + "\n",
    "https://covers.openlibrary.org\x00.evil.example/", "https://covers.openlibrary.org/é.jpg",
    "https://covers.openlibrary.org\\@evil.example/", "https://evil.example\\.covers.openlibrary.org/", "https://[::1/a.jpg",
    "https://covers.openlibrary.org:99999/", "https://covers.openlibrary.org:/",
    "https://covers.openlibrary.org:44 3/", "https://covers.openlibrary.org:x/", "https://covers.openlibrary.org/" + "a" * 2000,
    "https://ｃovers.openlibrary.org/a.jpg", "https://covers。openlibrary.org/a.jpg", "https://archive.org/a/../b",
    "https://archive.org/..", "https://archive.org/./b",
    "https://archive.org/%2e%2E/b", "https://archive.org/a/%252e%252e/b", "https://archive.org/..%2fb", "https://archive.org/..%5cb",
    "https://archive.org/..;x=1/b", "https://archive.org/%2525252525252e",
])  # fmt: skip
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(Malformed):
        addresses.checked(url, HOSTS)


@pytest.mark.parametrize("url", [
    "http://covers.openlibrary.org/a.jpg", "file:///etc/passwd", "ftp://covers.openlibrary.org/a.jpg", "data:image/png;base64,AAAA",
    "javascript:alert(1)", "gopher://covers.openlibrary.org/_",
    "https://evil.example/a.jpg", "https://covers.openlibrary.org.evil.example/a.jpg", "https://evilcovers.openlibrary.org/a.jpg",
    "https://x.covers.openlibrary.org/a.jpg",
    "https://openlibrary.org/a.jpg", "https://user:pass@covers.openlibrary.org/a.jpg", "https://covers.openlibrary.org@127.0.0.1/a.jpg",
    "https://@covers.openlibrary.org/a.jpg",
    "https://covers.openlibrary.org:8443/a.jpg", "https://covers.openlibrary.org:80/a.jpg", "https://covers.openlibrary.org:0443/a.jpg",
    "https://localhost/a.jpg", "https://covers.openlibrary.org../a.jpg",
    "https://.covers.openlibrary.org/", "https://ia800.us.archive.org/a.jpg", "https://*.us.archive.org/a.jpg",
    "https://us.archive.org/a.jpg", "https://127.0.0.1/a.jpg", "https://[::1]/a.jpg",
])  # fmt: skip
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(Refused) as refused:
        addresses.checked(url, HOSTS)
    assert not isinstance(refused.value, Malformed)
    assert url not in refused.value.reason


@pytest.mark.parametrize(("host", "led"), [
    ("ia800.us.archive.org", True), ("us.archive.org", False), ("a.b.us.archive.org", False), ("evilus.archive.org", False),
    ("archive.org", True),
])  # fmt: skip
def test_a_redirect_may_lead_to_one_name_below_an_entry(host: str, led: bool) -> None:
    if led:
        assert addresses.checked(f"https://{host}/a.jpg", HOSTS, redirected=True).host == host
        return
    with pytest.raises(Refused):
        addresses.checked(f"https://{host}/a.jpg", HOSTS, redirected=True)


@given(st.text(max_size=60), st.text(alphabet=string.printable, max_size=40))
def test_whatever_passes_names_a_listed_host_and_nothing_else(authority: str, rest: str) -> None:
    listed = "covers.openlibrary.org"
    for url in (
        f"https://{authority}{rest}",
        f"https://{listed}{authority}{rest}",
        f"https://{authority}{listed}/{rest}",
        authority + rest,
    ):
        try:
            found = addresses.checked(url, HOSTS)
        except Refused:
            continue
        assert found.host in HOSTS and found.target.startswith("/") and "#" not in found.target
        assert found.url.isascii() and found.url.isprintable() and "\\" not in found.url and "@" not in found.url.split("/")[2]


@pytest.mark.parametrize("word", [
    "localhost", "127.0.0.1", "0x7f.1", "1.2", "a.0x1", "::1", "[::1]", "-a.org", "a..org", "", ".", "a b.org", "a.org:443",
    "https://a.org", "*.org", "*.archive.org", "**.us.archive.org", "a.*.org", "x" * 64 + ".org", "é" * 70 + ".org",
])  # fmt: skip
def test_what_cannot_be_listed(word: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (idna has words of its own)
        addresses.host_entry(word)


@pytest.mark.parametrize(("word", "entry"), [
    ("Archive.ORG.", "archive.org"), ("bücher.example", "xn--bcher-kva.example"), ("*.US.archive.org", "*.us.archive.org"),
    ("images-na.ssl-images-amazon.com", "images-na.ssl-images-amazon.com"),
])  # fmt: skip
def test_entries_of_the_list(word: str, entry: str) -> None:
    assert addresses.host_entry(word) == entry


@pytest.mark.parametrize(("url", "rest"), [
    ("http://127.0.0.1:9/covers/b/1.jpg?default=false#x", "/b/1.jpg?default=false"), ("http://127.0.0.1:9/covers/", "/"),
    ("http://127.0.0.1:9/covers", None),
    ("http://127.0.0.1:9/coversx/1.jpg", None), ("http://127.0.0.1:90/covers/1.jpg", None), ("http://127.0.0.1:9/covers/../secret", None),
    ("http://127.0.0.1:9/covers/%2e%2e/secret", None),
    ("https://127.0.0.1:9/covers/1.jpg", None),
])  # fmt: skip
def test_what_lies_below_a_base_url(url: str, rest: str | None) -> None:
    assert addresses.below(url, "http://127.0.0.1:9/covers") == rest


@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E, blacklist_characters="\\"), max_size=80))
def test_the_client_of_http_reads_what_passes_in_the_same_way(rest: str) -> None:
    try:
        found = addresses.checked(f"https://covers.openlibrary.org{rest}", HOSTS)
    except Refused:
        return
    read = httpx.URL(found.url)
    assert (read.scheme, read.host, read.port, read.userinfo) == ("https", found.host, None, b"")
    assert httpx.URL("http://127.0.0.1:9/covers" + found.target).path.startswith("/covers/")
