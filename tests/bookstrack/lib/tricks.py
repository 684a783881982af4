"""A server on loopback that plays every trick on who fetches from it, over http and https, and what leads connections there."""

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Play = Callable[[asyncio.StreamWriter], Awaitable[None]]
GIF = b"GIF89a" + b"\x01\x00\x01\x00\x00\x00\x00;"
PNG, JPEG, WEBP = b"\x89PNG\r\n\x1a\n" + b"\0" * 20, b"\xff\xd8\xff\xe0" + b"\0" * 20, b"RIFF\x10\0\0\0WEBPVP8 " + b"\0" * 20


def answer(status: int, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """A whole answer; `length` is what it says of itself."""
    said = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {said}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def led(location: str) -> bytes:
    return answer(302, b"", f"Location: {location}")


class Tricks:
    """Answers by path: bytes, or what plays on the connection until it ends. A list is used up, its last one stays."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | Play | list[bytes]] = {}
        self.asked: list[tuple[str, str]] = []  # (Host header, path with its query)
        self.server_names: list[str | None] = []  # that TLS was asked for
        self.port = self.tls_port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for _, path in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                path = head.split(" ")[1]
                host = next(line[6:] for line in head.split("\r\n") if line.lower().startswith("host: "))
                self.asked.append((host, path))
                play = self.answers.get(path.partition("?")[0], answer(404))
                if isinstance(play, list):
                    play = play.pop(0) if len(play) > 1 else play[0]
                if not isinstance(play, bytes):
                    await play(writer)
                    return
                writer.write(play)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def playing(certificate: Path | None = None) -> AsyncIterator[Tricks]:
    """The server, over https as well where it has a certificate; it ends with all that it still plays."""
    tricks, playing_now = Tricks(), set[asyncio.Task[None]]()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(tricks.serve(reader, writer))
        playing_now.add(task)
        task.add_done_callback(playing_now.discard)

    servers = [await asyncio.start_server(connected, "127.0.0.1", 0)]
    tricks.port = servers[0].sockets[0].getsockname()[1]
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda _socket, name, _context: tricks.server_names.append(name)
        servers.append(await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context))
        tricks.tls_port = servers[1].sockets[0].getsockname()[1]
    yield tricks
    for server in servers:
        server.close()
    for task in list(playing_now):
        task.cancel()
    await asyncio.gather(*playing_now, return_exceptions=True)


def certified(path: Path, names: Sequence[str]) -> Path:
    """A certificate of these names that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tricks")])
    now = datetime.datetime.now(datetime.UTC)
    alternatives = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(alternatives, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


class Detour(httpx.AsyncBaseTransport):
    """Takes connections that go to port 443 of public addresses to the server on loopback; any other is refused, and noted."""

    def __init__(self, tricks: Tricks, certificate: Path) -> None:
        self._tricks = tricks
        self._inner = httpx.AsyncHTTPTransport(verify=ssl.create_default_context(cafile=str(certificate)))
        self.connected: list[str] = []
        self.dead: set[str] = set()  # addresses where nobody answers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        address = request.url.host
        self.connected.append(address if request.url.port is None else f"{address}:{request.url.port}")
        if address in self.dead:
            raise httpx.ConnectError("nobody is there")
        if request.url.scheme == "https":
            if not ipaddress.ip_address(address).is_global or request.url.port is not None:
                raise AssertionError(f"it connected to {request.url}")
            request.url = request.url.copy_with(host="127.0.0.1", port=self._tricks.tls_port)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()
