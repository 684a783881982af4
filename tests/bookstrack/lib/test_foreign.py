"""Where the safe fetch connects: name servers are stood in for, TLS and connections are real, and a server plays every trick."""

import socket
from pathlib import Path

import pytest

from bookstrack.lib import foreign, http
from bookstrack.lib.foreign import ForeignFailed, ForeignTimeout, LedAway, Refused
from tests.bookstrack.lib.fetching import ARCHIVE, COVERS, HOSTS, PUBLIC, STORE, Names, fetch
from tests.bookstrack.lib.tricks import GIF, JPEG, PNG, Detour, Tricks, answer, certified, led, playing


# ---- where it connects
async def test_it_connects_to_the_address_that_was_looked_at(tricks: Tricks, detour: Detour, names: Names) -> None:
    tricks.answers["/a"] = answer(200, PNG, "Content-Type: text/html")
    names.said[COVERS] = [PUBLIC[COVERS], ["127.0.0.1"]]  # a name server that changes its answer
    found = await fetch("/a?x=1&y=%20#top")
    assert (found.body, found.kind, found.url) == (PNG, "png", f"https://{COVERS}/a?x=1&y=%20")
    assert names.asked == [COVERS] and detour.connected == [PUBLIC[COVERS][0]]
    assert tricks.asked == [(COVERS, "/a?x=1&y=%20")] and tricks.server_names == [COVERS]


async def test_a_name_is_resolved_once_however_often_it_is_asked(tricks: Tricks, detour: Detour, names: Names) -> None:
    tricks.answers |= {"/a": led("/b"), "/b": [answer(500), led(f"https://{COVERS}/c")], "/c": answer(200, GIF)}
    names.said[COVERS] = [PUBLIC[COVERS], ["10.0.0.1"]]
    assert (await fetch()).url == f"https://{COVERS}/c"
    assert names.asked == [COVERS] and set(detour.connected) == set(PUBLIC[COVERS])


PRIVATE = [
    "127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "fe80::1%2", "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]  # fmt: skip


@pytest.mark.parametrize("private", PRIVATE)
@pytest.mark.parametrize("beside", [[], ["93.184.216.34"]])
async def test_one_private_address_of_a_name_is_enough(
    private: str, beside: list[str], tricks: Tricks, detour: Detour, names: Names
) -> None:
    names.said[COVERS] = [[*beside, private]]
    with pytest.raises(Refused):
        await fetch()
    assert detour.connected == [] and tricks.asked == []


@pytest.mark.parametrize(("said", "error"), [
    (socket.gaierror("no such name"), ForeignFailed), ([], ForeignFailed), (TimeoutError(), ForeignTimeout),
])  # fmt: skip
async def test_a_name_that_is_not_resolved_is_no_absence(
    said: Exception | list[str], error: type[Exception], detour: Detour, names: Names
) -> None:
    names.said[COVERS] = [said]
    with pytest.raises(error):
        await fetch()
    assert detour.connected == []


async def test_the_certificate_has_to_be_of_the_name(tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = certified(tmp_path / "other.pem", ["evil.example"])
    async with playing(other) as tricks:
        detour = Detour(tricks, other)
        with http.use_transport(detour), foreign.use_resolver(Names()), pytest.raises(ForeignFailed):
            await fetch()
        assert tricks.server_names == [COVERS, COVERS] and tricks.asked == [], "it sent its request to somebody else"
        await detour.aclose()


async def test_the_next_address_where_the_first_is_dead(tricks: Tricks, detour: Detour, names: Names) -> None:
    tricks.answers["/a"] = answer(200, GIF)
    detour.dead = {PUBLIC[COVERS][0]}
    assert (await fetch()).kind == "gif"
    assert detour.connected == PUBLIC[COVERS]
    detour.dead = set(PUBLIC[COVERS])
    with pytest.raises(ForeignFailed):
        await fetch()


async def test_refused_urls_are_not_even_resolved(detour: Detour, names: Names) -> None:
    others = [f"http://{COVERS}/a", f"https://{COVERS}:444/a", f"https://a@{COVERS}/", f"https://{STORE}/a", "file:///etc/passwd", "x"]
    for url in ["https://evil.example/a", *others]:
        with pytest.raises(Refused):
            await foreign.fetch_picture(url, hosts=HOSTS, bases={}, max_bytes=10, timeout_s=1)
    assert names.asked == detour.connected == []


# ---- redirects
@pytest.mark.parametrize("location", [
    "http://127.0.0.1/a", "https://127.0.0.1/a", "https://[::1]/a", "https://2130706433/a", "https://0x7f.1/a",
    "https://169.254.169.254/latest/meta-data/", "file:///etc/passwd",
    f"https://{COVERS}:8443/a", f"https://user:pw@{COVERS}/a", f"https://{COVERS}@127.0.0.1/a", f"http://{COVERS}/a", "//evil.example/a",
    "https://evil.example/a", "https://localhost/a",
    f"https:\\\\{COVERS}/a", "/\\evil.example/a", f"https://evil.example\\@{COVERS}/a", "javascript:alert(1)",
    "data:image/gif;base64,R0lGODlh", "https://[::1/a", f"https://a.b.us.{ARCHIVE}/a",
    "", "/b c", "/\tb", "/../b", "https://metadata.google.internal/", f"https://{COVERS}.evil.example/",
])  # fmt: skip
async def test_a_redirect_is_checked_as_the_first_url_was(location: str, tricks: Tricks, detour: Detour, names: Names) -> None:
    tricks.answers |= {"/a": led(location), "/b": answer(200, GIF)}
    if location == "/../b":  # where it climbs to is /b of the same host, as browsers have it
        assert (await fetch()).kind == "gif"
        return
    with pytest.raises(ForeignFailed):  # LedAway, but for what the client's own reading of the header stumbles over
        await fetch()
    assert set(tricks.paths) == {"/a"} and set(detour.connected) <= set(PUBLIC[COVERS])


async def test_a_redirect_to_a_name_that_leads_inside(tricks: Tricks, detour: Detour, names: Names) -> None:
    tricks.answers["/a"] = led(f"https://{ARCHIVE}/b")
    names.said[ARCHIVE] = [["207.241.224.2", "192.168.1.1"]]
    with pytest.raises(LedAway):
        await fetch()
    assert tricks.paths == ["/a"]


async def test_three_redirects_are_followed(tricks: Tricks, detour: Detour, names: Names) -> None:
    tricks.answers |= {"/a": led("b?x=/c"), "/b": led(f"https://{ARCHIVE}/c"), "/c": led(f"https://{STORE}/d"), "/d": answer(200, JPEG)}
    found = await fetch()
    assert (found.kind, found.url) == ("jpeg", f"https://{STORE}/d")
    assert tricks.asked == [(COVERS, "/a"), (COVERS, "/b?x=/c"), (ARCHIVE, "/c"), (STORE, "/d")]
    assert detour.connected[2:] == [PUBLIC[ARCHIVE][0], PUBLIC[STORE][0]]


async def test_a_fourth_is_not(tricks: Tricks, detour: Detour, names: Names) -> None:
    tricks.answers["/a"] = led("/a")
    with pytest.raises(LedAway):
        await fetch()
    assert len(tricks.asked) == 4


# ---- base URLs that the operator set
async def test_a_base_url_is_asked_instead_and_trusted_as_it_is(tricks: Tricks, names: Names) -> None:
    bases = {COVERS: tricks.url + "/covers", ARCHIVE: tricks.url + "/ia"}
    tricks.answers |= {
        "/covers/a": answer(200, GIF),
        "/covers/b": led("a?x=1"),
        "/covers/c": led("/covers/a"),
        "/covers/d": led(f"https://{COVERS}/a"),
        "/covers/e": led(f"https://{ARCHIVE}/f"),
        "/ia/f": answer(200, PNG),
    }
    meant = [f"https://{COVERS}/a{query}" for query in ("", "?x=1", "", "")]
    assert [(await fetch(path, bases=bases)).url for path in ("/a", "/b", "/c", "/d")] == meant
    assert (await fetch("/e", bases=bases)).url == f"https://{ARCHIVE}/f"
    assert names.asked == []


@pytest.mark.parametrize("location", [
    "{url}/secret", "/secret", "/covers/../secret", "/covers/%2e%2e/secret", "../secret", "//127.0.0.1:{port}/secret",
    "http://localhost:{port}/covers/a", "http://169.254.169.254/", f"http://{COVERS}/a", "{url}/coversx/a",
])  # fmt: skip
async def test_a_redirect_away_from_a_base_url_is_not_trusted(location: str, tricks: Tricks, names: Names) -> None:
    tricks.answers |= dict.fromkeys(("/secret", "/coversx/a"), answer(200, GIF))
    tricks.answers["/covers/a"] = led(location.format(url=tricks.url, port=tricks.port))
    with pytest.raises(LedAway):
        await fetch(bases={COVERS: tricks.url + "/covers"})
    assert tricks.paths == ["/covers/a"]


async def test_a_redirect_away_from_a_base_url_to_a_listed_host_is_pinned(tricks: Tricks, detour: Detour, names: Names) -> None:
    tricks.answers |= {"/covers/a": led(f"https://{ARCHIVE}/b"), "/b": answer(200, GIF)}
    await fetch(bases={COVERS: tricks.url + "/covers"})
    assert names.asked == [ARCHIVE] and detour.connected == [f"127.0.0.1:{tricks.port}", PUBLIC[ARCHIVE][0]]
