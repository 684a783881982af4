"""A process beside a benchmark's own, which is told and answers by lines of JSON."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson

from benchmarks.stage import ROOT


class Child:
    """A module of ours that runs in a process of its own."""

    def __init__(self, module: str, env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module], cwd=ROOT, env=env or os.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def tell(self, line: bytes = b"") -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def answer(self) -> bytes:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("a process that helps the benchmark died")
        return line

    def ask(self, asked: Any) -> Any:
        """Tell it something, and give what it answers."""
        self.tell(orjson.dumps(asked))
        return orjson.loads(self.answer())

    def end(self) -> None:
        """Close its standard input, at which it ends, and wait for that."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


@contextmanager
def child(module: str) -> Iterator[Child]:
    """A child that ends with the block."""
    made = Child(module)
    try:
        yield made
    finally:
        made.end()
