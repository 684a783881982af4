"""The picture process: all work on pixels happens here, and nowhere else. `python -m scanning.picture_server`, started by its client.

It reads requests from stdin and answers on stdout (frames of `scanning.photos.wire`), two at a time, so that one photo's barcodes are read
while another's text is. A photo that breaks a decoder breaks this process only: it may take so much memory and no more, leaves no core
file, runs below the others, and ends when nobody speaks to it for a while or its stdin closes. It knows nothing of Django and of settings.
"""

import argparse
import hashlib
import inspect
import os
import queue
import resource
import select
import signal
import sys
import threading
import time
import traceback
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import cv2

from bookstrack.lib.registry import implementations
from scanning.cover_making import made_cover
from scanning.detections import Box
from scanning.engine import EngineFailed, LocalEngine
from scanning.imaging import Picture, Unreadable, kept, kept_side_px, opened, quality_of
from scanning.photos.wire import Frames, framed, to_wire
from scanning.placeholder_drawing import drawn

THREADS = 2
PICTURES_HELD = 2
READ_BYTES = 2**20
NICENESS = 3  # pages and jobs go first
STOP_AFTER_S = 0.5  # from a request that nobody waits for any more: a reader of text cannot be interrupted but by ending its process
LOOK_AROUND_S = 1.0  # while something is in hand: when it is done, idleness begins
READY = 0  # number of the answer that nobody asked for: from now on time is counted
EXIT_IDLE = 0
EXIT_STOPPED = 3
Answer = tuple[dict[str, Any], list[bytes]]


class _Pictures:
    """The last pictures that were decoded, by the digest of their bytes: several engines look at one."""

    def __init__(self) -> None:
        self._held: OrderedDict[bytes, Picture] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, jpeg: bytes) -> Picture:
        digest = hashlib.sha256(jpeg).digest()
        with self._lock:
            picture = self._held.pop(digest, None) or opened(jpeg)
            self._held[digest] = picture
            while len(self._held) > PICTURES_HELD:
                self._held.popitem(last=False)
            return picture


class _Engines:
    """Engines by name, each made at its first use and warm from then on; each looks at one picture at a time."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._kinds: dict[str, type[LocalEngine]] | None = None
        self._made: dict[str, LocalEngine] = {}
        self._lock = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}

    def look(self, name: str, picture: Picture) -> dict[str, Any]:
        with self._lock:
            if self._kinds is None:
                found = implementations(self._package, LocalEngine)  # type: ignore[type-abstract]
                self._kinds = {kind.name: kind for kind in found if not inspect.isabstract(kind)}
            kind = self._kinds.get(name)
            turn = self._turns.setdefault(name, threading.Lock())
        if kind is None:
            raise EngineFailed("INTERNAL_ERROR", f"There is no engine {name!r} for pictures.")
        if why := kind.missing():
            raise EngineFailed("INTERNAL_ERROR", why)
        with turn:
            engine = self._made.get(name) or self._made.setdefault(name, kind())
            return to_wire(engine.look(picture))


class Operations:
    """What can be asked; each takes the request's header and parts, and gives those of the answer."""

    def __init__(self, engines: str) -> None:
        self._pictures, self._engines = _Pictures(), _Engines(engines)
        self.named: dict[str, Callable[[dict[str, Any], list[bytes]], Answer]] = {
            "open": self._open,
            "look": self._look,
            "tiles": self._tiles,
            "shrunk": self._shrunk,
            "cover": self._cover,
            "placeholder": self._placeholder,
        }

    def answer(self, header: dict[str, Any], parts: list[bytes]) -> Answer:
        """The answer, or the error in words: nothing that a picture does ends a thread."""
        try:
            return self.named[header["op"]](header, parts)
        except Unreadable as refusal:
            return {"error": {"kind": "unreadable", "code": refusal.code, "message": refusal.message}}, []
        except EngineFailed as failure:
            told = {"kind": "engine", "code": failure.code, "message": failure.message, "retryable": failure.retryable}
            return {"error": told}, []
        except MemoryError:
            return {"error": {"kind": "memory"}}, []
        except Exception:  # an engine's or a library's own: told to the operators, not to clients
            traceback.print_exc()
            return {"error": {"kind": "broken"}}, []

    def _open(self, _: dict[str, Any], parts: list[bytes]) -> Answer:
        picture = opened(parts[0])
        quality, stored = quality_of(picture), picture.within(kept_side_px(picture))
        told = {"width": stored.width, "height": stored.height, "quality": quality.numbers()}
        return {**told, "warnings": quality.warnings, "hopeless": quality.hopeless}, [kept(picture)]

    def _look(self, header: dict[str, Any], parts: list[bytes]) -> Answer:
        return {"seen": self._engines.look(header["engine"], self._pictures.of(parts[0]))}, []

    def _tiles(self, header: dict[str, Any], parts: list[bytes]) -> Answer:
        picture = self._pictures.of(parts[0])
        return {}, [picture.cut(Box(*box)).jpeg(header["maxSidePx"]) for box in header["boxes"]]

    def _shrunk(self, header: dict[str, Any], parts: list[bytes]) -> Answer:
        return {}, [self._pictures.of(parts[0]).jpeg(header["maxSidePx"])]

    def _cover(self, header: dict[str, Any], parts: list[bytes]) -> Answer:
        made = made_cover(parts[0], {name: (width, height) for name, (width, height) in header["boxes"].items()})
        told = {"kind": made.kind, "width": made.width, "height": made.height, "likeness": made.likeness, "plainness": made.plainness}
        sizes = {name: (width, height) for name, (_, width, height) in made.sizes.items()}
        return {**told, "made": sizes}, [data for data, _, _ in made.sizes.values()]

    def _placeholder(self, header: dict[str, Any], _: list[bytes]) -> Answer:
        width, height = header["box"]
        return {}, [drawn(header["text"], header["author"], header["seed"], (width, height))]


class Server:
    """Requests in, answers out."""

    def __init__(self, operations: Operations, source: int, sink: int, idle_s: float) -> None:
        self._operations, self._source, self._sink, self._idle_s = operations, source, sink, idle_s
        self._wanted: queue.SimpleQueue[tuple[dict[str, Any], list[bytes]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._in_hand: set[int] = set()
        self._unwanted: dict[int, float] = {}  # ids that nobody waits for any more, since when
        self._last_s = time.monotonic()

    def run(self) -> int:
        """Until stdin closes, nobody asked for a while, or what runs is wanted by nobody; the exit status."""
        for _ in range(THREADS):
            threading.Thread(target=self._work, daemon=True).start()
        self._write(framed({"id": READY}))
        frames = Frames()
        while (status := self._status()) is None:
            ready, _, _ = select.select([self._source], [], [], self._pause_s())
            if ready:
                data = os.read(self._source, READ_BYTES)
                if not data:
                    return EXIT_IDLE
                for header, parts in frames.feed(data):
                    self._take(header, parts)
        return status

    def _take(self, header: dict[str, Any], parts: list[bytes]) -> None:
        with self._lock:
            if header["op"] != "stop":
                self._in_hand.add(header["id"])
                self._wanted.put((header, parts))
            elif header["id"] in self._in_hand:
                self._unwanted[header["id"]] = time.monotonic()

    def _status(self) -> int | None:
        """The status to end with; None: go on."""
        now = time.monotonic()
        with self._lock:
            if not self._in_hand:
                return EXIT_IDLE if now - self._last_s >= self._idle_s else None
            stuck = self._in_hand <= self._unwanted.keys() and now - max(self._unwanted.values()) >= STOP_AFTER_S
            return EXIT_STOPPED if stuck else None

    def _pause_s(self) -> float:
        with self._lock:
            if self._unwanted:
                return STOP_AFTER_S / 2
            if self._in_hand:
                return LOOK_AROUND_S
            return max(0.01, self._idle_s - (time.monotonic() - self._last_s))

    def _work(self) -> None:
        while True:
            self._serve(*self._wanted.get())

    def _serve(self, header: dict[str, Any], parts: list[bytes]) -> None:
        number = header["id"]
        dropped = number in self._unwanted
        answer, made = ({}, []) if dropped else self._operations.answer(header, parts)
        self._write(framed({**answer, "id": number}, made))
        with self._lock:
            self._in_hand.discard(number)
            self._unwanted.pop(number, None)
            self._last_s = time.monotonic()

    def _write(self, data: bytes) -> None:
        with self._writing:
            left = memoryview(data)
            try:
                while left:
                    left = left[os.write(self._sink, left) :]
            except BrokenPipeError:  # whoever asked is gone
                os._exit(EXIT_IDLE)


def _confine(memory_mb: int) -> None:
    """Bounds of this process: what a picture can make it do at most. RLIMIT_DATA counts what is written to, not libraries mapped in."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * 2**20, memory_mb * 2**20))
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that started this, which closes stdin


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--engines", default="scanning.engines")
    parser.add_argument("--memory-mb", type=int, required=True)
    parser.add_argument("--idle-s", type=float, required=True)
    options = parser.parse_args()
    _confine(options.memory_mb)
    warnings.filterwarnings("ignore", module="PIL")  # of broken EXIF, which is of no use to anybody
    cv2.setNumThreads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    sink = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    status = Server(Operations(options.engines), sys.stdin.fileno(), sink, options.idle_s).run()
    sys.stderr.flush()
    os._exit(status)  # a thread may be deep in a library, which ends when it likes


if __name__ == "__main__":
    main()
