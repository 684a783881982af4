"""Gemini on this machine: a server of its wire, since its client's transport cannot be passed in."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def said(text: str, *, finish: str | None = "STOP", tokens: int = 120) -> dict[str, Any]:
    """An answer of a text."""
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0, **({"finishReason": finish} if finish else {})}
    return {
        "candidates": [candidate],
        "usageMetadata": {"promptTokenCount": tokens - 20, "candidatesTokenCount": 20, "totalTokenCount": tokens},
    }


@dataclass
class Model:
    """What it answers, one after the other, the last one again and again: (status, body); and what it was asked."""

    answers: list[tuple[int, Any]] = field(default_factory=lambda: [(200, said("{}"))])
    delay_s: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def says(self, *answers: Any) -> None:
        """Bodies of status 200, or pairs of status and body."""
        self.answers = [one if isinstance(one, tuple) else (200, one) for one in answers]


@contextmanager
def serving() -> Iterator[Model]:
    """The model, listening."""
    model, over = Model(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            model.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            model.headers.append({**dict(self.headers), ":path": self.path})
            over.wait(model.delay_s)
            status, body = model.answers.pop(0) if len(model.answers) > 1 else model.answers[0]
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    model.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield model
    finally:
        over.set()
        server.shutdown()
        server.server_close()
