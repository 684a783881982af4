"""What each does is its name."""

import os
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from scanning.detections import Box, Detection, Seen, SpineLine
from scanning.engine import EngineFailed, LocalEngine

if TYPE_CHECKING:
    from scanning.imaging import Picture


class _Present(LocalEngine):
    label, stage, order = "Test", "testing", 1

    @classmethod
    def missing(cls) -> str | None:
        return None


class Measuring(_Present):
    name = "measuring"

    def __init__(self) -> None:
        self._looks = 0

    def look(self, picture: "Picture") -> Seen:
        self._looks += 1
        print("a library that talks")
        line = SpineLine("Dune", float(np.float32(0.5)), 1.0, 0.0, 0.5)
        found = Detection(self.name, Box(0.0, 0.0, 0.5, 1.0), 0.9, title="Dune", lines=(line,))
        facts = {"width": picture.width, "height": picture.height, "looks": np.int64(self._looks), "pid": os.getpid()}
        return Seen(self.name, (found,), ("A warning.",), facts=facts)


class Aborting(_Present):
    name = "aborting"

    def look(self, picture: "Picture") -> Seen:
        os.abort()


class Sleeping(_Present):
    name = "sleeping"

    def look(self, picture: "Picture") -> Seen:
        time.sleep(30)
        return Seen(self.name)


class Napping(_Present):
    name = "napping"

    def look(self, picture: "Picture") -> Seen:
        began = time.monotonic()
        time.sleep(0.4)
        return Seen(self.name, facts={"began": began, "ended": time.monotonic(), "pid": os.getpid()})


class Failing(_Present):
    name = "failing"

    def look(self, picture: "Picture") -> Seen:
        raise EngineFailed("INTERNAL_ERROR", "No model today.", retryable=True)


class Raising(_Present):
    name = "raising"

    def look(self, picture: "Picture") -> Seen:
        raise ZeroDivisionError


class Greedy(_Present):
    name = "greedy"

    def look(self, picture: "Picture") -> Seen:
        held = [np.empty(2**27, np.uint8) for _ in range(40)]
        return Seen(self.name, facts={"held": len(held)})


class Looking(_Present):
    name = "looking"

    def look(self, picture: "Picture") -> Seen:
        return Seen(self.name, facts={"modules": sorted(sys.modules), "environment": sorted(os.environ)})


class Absent(_Present):
    name = "absent"

    @classmethod
    def missing(cls) -> str | None:
        return "Its models are not installed."

    def look(self, picture: "Picture") -> Seen:
        raise AssertionError("it is not asked")
