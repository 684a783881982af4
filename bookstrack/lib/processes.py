"""A group of child processes that live and end together: prefixed output, restarts with backoff, an orderly end.

Standard library only, so that whoever supervises stays small.
"""

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 30.0
HEALTHY_AFTER_S = 60.0  # a process that ran so long starts again with the first backoff
KILL_AFTER_S = 8.0  # from the start of the end
LEAST_GRACE_S = 0.5  # for those that end last, when the others took all the time
SIGNAL_RACE_S = 0.1  # Ctrl-C reaches a part and its supervisor in any order
CHUNK_BYTES = 65_536
LONGEST_LINE_BYTES = 2**20  # longer ones are broken
LABEL_WIDTH = 8
COLOURS = (36, 33, 32, 35, 34, 96, 93, 92)
PR_SET_PDEATHSIG = 1  # Source: prctl(2)

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded now: nothing may be loaded after a fork


@dataclass(frozen=True)
class Part:
    """One kind of process of the group."""

    name: str
    argv: Sequence[str]
    replicas: int = 1
    ends_last: bool = False  # after the others, which may need it to end in order
    pass_fds: tuple[int, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)

    def labels(self) -> list[str]:
        """What its processes are called: web; or web.1, web.2, …"""
        return [self.name] if self.replicas == 1 else [f"{self.name}.{n}" for n in range(1, self.replicas + 1)]


class Console:
    """Where all parts print, a line at a time, each with its part's name in front; or as JSON, each line an object with its part."""

    def __init__(self, fd: int, *, colour: bool, as_json: bool = False) -> None:
        self._fd, self._json = fd, as_json
        self._colour = colour
        self._colours: dict[str, int] = {}
        self._lost_lines = 0

    def say(self, text: str) -> None:
        """Print the supervisor's own words."""
        self._write(_as_object("supervisor", text) if self._json else text.encode() + b"\n", lines=1)

    def relay(self, label: str, lines: Sequence[bytes]) -> None:
        """Print what a part said; bytes that are no UTF-8 are shown as escapes."""
        texts = (line.rstrip(b"\r").decode("utf-8", "backslashreplace") for line in lines)
        if self._json:
            self._write(b"".join(_as_object(label, text) for text in texts), lines=len(lines))
            return
        prefix = self._prefix(label)
        self._write("".join(f"{prefix}{text}\n" for text in texts).encode(), lines=len(lines))

    def _prefix(self, label: str) -> str:
        if not self._colour:
            return f"{label:<{LABEL_WIDTH}} | "
        colour = self._colours.setdefault(label, COLOURS[len(self._colours) % len(COLOURS)])
        return f"\x1b[{colour}m{label:<{LABEL_WIDTH}} |\x1b[0m "

    def _write(self, data: bytes, *, lines: int) -> None:
        if self._lost_lines:
            data = f"({self._lost_lines} lines could not be printed)\n".encode() + data
        try:
            while data:
                data = data[os.write(self._fd, data) :]
            self._lost_lines = 0
        except BrokenPipeError:  # nobody reads any more (`make run | head`): end as if asked to
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._fd)
            signal.raise_signal(signal.SIGTERM)
        except OSError:  # a full disk under the log must not end the service; the count is printed later
            self._lost_lines += lines


def _as_object(label: str, text: str) -> bytes:
    """A line as a JSON object that names its part; one that is such an object already gets the name."""
    try:
        found = json.loads(text) if text.startswith("{") else None
    except ValueError:
        found = None
    about = found if isinstance(found, dict) else {"event": text}
    return json.dumps({"part": label} | about).encode() + b"\n"


class _Relay:
    """The pipe that one process prints into."""

    def __init__(self, label: str, console: Console) -> None:
        self._label, self._console = label, console
        self._source, self.sink = os.pipe()
        self._rest = b""
        os.set_blocking(self._source, False)
        asyncio.get_running_loop().add_reader(self._source, self._read)

    def _read(self) -> bool:
        """Print the whole lines that have come; whether more may come."""
        try:
            data = os.read(self._source, CHUNK_BYTES)
        except BlockingIOError:
            return False
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE_BYTES or (self._rest and not data):
            lines, self._rest = [*lines, self._rest], b""
        if lines:
            self._console.relay(self._label, lines)
        if not data:
            asyncio.get_running_loop().remove_reader(self._source)
        return bool(data)

    def close(self) -> None:
        """Print what is left; a grandchild may still hold the other end, so this does not wait for it."""
        while self._read():
            pass
        asyncio.get_running_loop().remove_reader(self._source)
        if self._rest:
            self._console.relay(self._label, [self._rest])
        os.close(self._source)


class Group:
    """Starts parts, starts them again when they die, and ends them all."""

    def __init__(self, console: Console, *, cwd: Path, env: Mapping[str, str]) -> None:
        self.env = dict(env)
        self.console, self._cwd = console, cwd
        self._stopping = asyncio.Event()
        self._keepers: dict[asyncio.Task[Any], Part] = {}
        self._processes: dict[asyncio.subprocess.Process, Part] = {}

    def start(self, part: Part) -> None:
        """Keep the part's processes running until `stop`."""
        for label in part.labels():
            self._keepers[asyncio.create_task(self._keep(part, label))] = part

    async def run(self, part: Part) -> int:
        """Run the part once, to its end; its exit code, negative for a signal.

        Raises: OSError when it cannot be started.
        """
        keeper = asyncio.create_task(self._run(part, part.name))
        self._keepers[keeper] = part
        return await asyncio.shield(keeper)  # whoever waits may be cancelled; the process ends by `stop`

    async def stop(self) -> None:
        """End every process: by SIGTERM, those that end last after the others, by SIGKILL when it takes too long."""
        self._stopping.set()
        deadline_s = _now_s() + KILL_AFTER_S
        for last in (False, True):
            self._signal(signal.SIGTERM, last=last)
            if not await self._gone(max(deadline_s - _now_s(), LEAST_GRACE_S), last=last):
                names = sorted({part.name for part in self._processes.values() if part.ends_last == last})
                self.console.say(f"{', '.join(names)} did not end within {KILL_AFTER_S:.0f} s and is killed")
                self._signal(signal.SIGKILL, last=last)
                await self._gone(LEAST_GRACE_S, last=last)

    def kill(self) -> None:
        """End every process now."""
        for last in (False, True):
            self._signal(signal.SIGKILL, last=last)

    async def _keep(self, part: Part, label: str) -> None:
        backoff_s = FIRST_BACKOFF_S
        while not self._stopping.is_set():
            began_s = _now_s()
            try:
                why = describe_exit(await self._run(part, label))
            except OSError as error:
                why = f"could not be started: {error}"
            if await self._stopped_within(SIGNAL_RACE_S):
                return
            if _now_s() - began_s >= HEALTHY_AFTER_S:
                backoff_s = FIRST_BACKOFF_S
            self.console.say(f"{label} {why}; it starts again in {backoff_s:g} s")
            if await self._stopped_within(backoff_s):
                return
            backoff_s = min(backoff_s * 2, LONGEST_BACKOFF_S)

    async def _run(self, part: Part, label: str) -> int:
        relay = _Relay(label, self.console)
        try:
            try:
                process = await self._spawn(part, relay.sink)
            finally:
                os.close(relay.sink)
            self._processes[process] = part
            if self._stopping.is_set():
                process.terminate()
            try:
                return await process.wait()
            finally:
                del self._processes[process]
        finally:
            relay.close()

    async def _spawn(self, part: Part, sink: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *part.argv,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd=self._cwd,
            env={**self.env, **part.env},
            pass_fds=part.pass_fds,
            # What the others need to the end must not get the Ctrl-C that a terminal sends to the whole process group.
            process_group=0 if part.ends_last else None,
            preexec_fn=_tie_to_parent(),
        )

    def _signal(self, number: signal.Signals, *, last: bool) -> None:
        for process, part in self._processes.items():
            if part.ends_last == last:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(number)

    async def _gone(self, timeout_s: float, *, last: bool) -> bool:
        """Whether all processes of that half ended within the time."""
        deadline_s = _now_s() + timeout_s
        while any(part.ends_last == last and not keeper.done() for keeper, part in self._keepers.items()):
            if _now_s() > deadline_s:
                return False
            await asyncio.sleep(0.02)
        return True

    async def _stopped_within(self, timeout_s: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), timeout_s)
        return self._stopping.is_set()


async def run_until_stopped(group: Group, work: Coroutine[Any, Any, int]) -> int:
    """Do the work, which starts the group's parts, until it ends or a signal comes; then end the group.

    The first signal ends it in order, a second Ctrl-C at once. Returns the work's exit code, 0 after a signal.
    """
    working = asyncio.create_task(work)

    def heed(number: signal.Signals) -> None:
        if not working.cancelling():
            group.console.say("stopping (Ctrl-C again: at once)" if number == signal.SIGINT else "stopping")
            working.cancel()
        elif number == signal.SIGINT:
            group.kill()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, heed, number)
    try:
        return await working
    except asyncio.CancelledError:
        return 0
    finally:
        await group.stop()


def describe_exit(code: int) -> str:
    """`ended with exit code 1`, `was ended by SIGKILL`."""
    if code >= 0:
        return f"ended with exit code {code}"
    names = {each.value: each.name for each in signal.Signals}
    return f"was ended by {names.get(-code, f'signal {-code}')}"


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _tie_to_parent() -> Callable[[], None] | None:
    """For a child, before it becomes its program: die when this process dies, even by kill -9. Linux only."""
    libc, parent = _libc, os.getpid()
    if libc is None:
        return None

    def tie() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return tie
