"""Fire drill: `manage.py drill` as a job, for staff. It is a process of its own, which ends when the worker does.

Its one item is the drill, and that item's result is the report.
"""

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from typing import Any

import orjson
from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from bookstrack.lib.db import in_db
from harvest.models import Run
from jobs.pipeline import Ended, Item, JobFailed, Pipeline, Queue, Result, Stage, Tell

CONCURRENCY = 8  # clients; half of the command's, beside whom real ones are served
LIMIT_S = 300.0
ENDED_WITHIN_S = 12.0
# What the command says as it goes, and how much is done by then.
STEPS = {"the service answers": 0.1, "keys are known": 0.2, "faults begin": 0.3, "faults have ended": 0.8}
FIGURES = ("requests", "availability", "wrong", "stale", "degraded", "forgotten", "tracebacks", "took")
_STATES = {"completed": Run.State.DONE, "canceled": Run.State.CANCELED, "failed": Run.State.FAILED}


class FireDrill(Pipeline):
    """Input: {run, faults: {option: fault}, requests, seed}; all of them were checked when it was started."""

    name = "fire_drill"
    label = "Fire drill"
    queue = Queue.LOW
    collection = "reports"
    stages = (Stage("drilling", 1.0),)
    concurrency = 1
    item_timeout_s = LIMIT_S + ENDED_WITHIN_S

    def __init__(self, payload: Any) -> None:
        super().__init__(payload)
        self._report: dict[str, Any] = {}

    async def prepare(self, tell: Tell) -> None:
        await in_db(_taken_up, self.payload["run"])

    def items(self) -> Sequence[Item]:
        faults = ", ".join(f"{name} {fault}" for name, fault in self.payload["faults"].items())
        return [Item(0, f"drill: {faults or 'no fault'}", self.payload)]

    async def handle(self, item: Item) -> Result:
        process = await asyncio.create_subprocess_exec(
            *command_line(item.value), stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=settings.BASE_DIR
        )
        try:
            said, told = await asyncio.gather(_read(process), self._followed(process, item))
            await process.wait()
        finally:
            await _end(process)
        try:
            self._report = orjson.loads(said)
        except orjson.JSONDecodeError:
            raise JobFailed("INTERNAL_ERROR", f"The drill could not be held: {told}", retryable=True) from None
        status = "passed" if self._report["passed"] else "not_passed"
        return Result(item.index, self._report["passed"], status, orjson.dumps({"index": item.index, "status": status, **self._report}))

    def failed(self, item: Item, code: str, message: str) -> Result:
        return Result(item.index, False, "error", orjson.dumps({"index": item.index, "status": "error", "error": message}))

    def estimated_s(self, total: int) -> float:
        return 30.0 + float(self.payload["requests"]) / 10

    def summary(self) -> dict[str, Any]:
        return {name: self._report[name] for name in (*FIGURES, "passed", "shortcomings") if name in self._report}

    async def _followed(self, process: Process, item: Item) -> str:
        """Tell how far the drill is; the last line that it said."""
        last = ""
        while process.stderr is not None and (line := await process.stderr.readline()):
            last = line.decode(errors="replace").strip() or last
            for words, share in STEPS.items():
                if words in last:
                    self.tell_part(item, share, "drilling", last)
        return last[:200]

    @classmethod
    def ended(cls, payload: Any, how: Ended) -> None:
        run = Run.objects.filter(pk=payload["run"]).first()
        if run is None:
            return
        told = how.summary
        run.state, run.ended_at = _STATES[how.state], run.ended_at or timezone.now()
        run.figures = {**run.figures, **{name: told[name] for name in FIGURES if name in told}}
        shortcomings = "; ".join(told.get("shortcomings", ()))
        passed = "passed" if told.get("passed") else f"not passed: {shortcomings}"
        run.note = (passed if "passed" in told else str((how.error or {}).get("message", "")))[:300]
        run.save(update_fields=["state", "ended_at", "figures", "note"])


def _taken_up(run_id: int) -> None:
    """Let the record say that it runs, also where an operator retries its job. Raises: JobFailed."""
    try:
        taken = Run.objects.filter(pk=run_id).update(state=Run.State.RUNNING, ended_at=None)
    except IntegrityError:
        raise JobFailed("JOB_EXISTS", "Another fire drill runs.", retryable=True) from None
    if not taken:
        raise JobFailed("NOT_FOUND", "The record of this drill is gone.")


def command_line(payload: dict[str, Any]) -> list[str]:
    """The command that holds the drill; nothing in it is interpreted by a shell."""
    faults = [f"--{option}={fault}" for option, fault in payload["faults"].items()]
    numbers = {"requests": payload["requests"], "seed": payload["seed"], "concurrency": CONCURRENCY, "limit": LIMIT_S}
    chosen = [f"--{name}={number}" for name, number in numbers.items()]
    return [sys.executable, "manage.py", "drill", *faults, *chosen, "--quick", "--json", "--tied", "--no-color"]


async def _read(process: Process) -> bytes:
    return await process.stdout.read() if process.stdout is not None else b""


async def _end(process: Process) -> None:
    """Have it end what it started; by force where it takes too long."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(ENDED_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
