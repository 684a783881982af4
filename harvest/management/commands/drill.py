"""`manage.py drill --google=429 --openlibrary=slow:5`: how the service does while its providers do not.

It starts the whole service in a folder that is thrown away, with a stand-in of the outside catalogues, asks it first while all are well,
then while they have the faults, then when the faults have ended. It needs no network and touches nothing of the operator's. Exit code 0
when the drill is passed, 1 when it is not, 2 when it could not be held.
"""

import asyncio
import contextlib
import os
import random
import signal
import sys
from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from bookstrack.lib import logging
from harvest.drill import faults, load
from harvest.drill.house import DidNotStart
from harvest.drill.report import Report, as_text
from harvest.drill.running import Drill, run

NOT_HELD = 2
LIMIT_S = 600.0


class Command(BaseCommand):
    help = "Play failures of the outside catalogues against the whole service, and show what its users see meanwhile."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        for option in faults.OPTIONS:
            parser.add_argument(f"--{option}", default="ok", metavar="FAULT", help="ok" if option != "google" else faults.FORMS)
        parser.add_argument("--requests", type=int, default=500, help=f"searches and pictures during the faults, from {load.LEAST}")
        parser.add_argument("--concurrency", type=int, default=16, help="clients at once")
        parser.add_argument("--seed", type=int, help="repeats a drill; it is printed")
        parser.add_argument("--bar", type=float, default=0.99, help="the share of answers that must come in time, 0..1")
        parser.add_argument("--quick", action="store_true", help="close circuits by hand after the faults instead of waiting a minute")
        parser.add_argument("--limit", type=float, default=LIMIT_S, metavar="SECONDS", help="give up after so long")
        parser.add_argument("--tied", action="store_true", help="end when standard input is closed: for whoever starts it as a process")
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.to_stderr()
        os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
        report = self._held(_drill(options), options["limit"], tied=options["tied"]).as_dict()
        if options["json"]:
            self.stdout.write(orjson.dumps(report).decode())
        else:
            self.stdout.write(as_text(report))
        if not report["passed"]:
            raise SystemExit(1)

    def _held(self, drill: Drill, limit_s: float, *, tied: bool) -> Report:
        """Raises: CommandError when it could not be held."""

        def say(text: str) -> None:
            self.stderr.write(text, self.style.NOTICE)

        async def held() -> Report:
            _end_when_told(tied=tied)
            async with asyncio.timeout(limit_s):
                return await run(drill, say)

        try:
            return asyncio.run(held())
        except TimeoutError:
            raise CommandError(f"The drill did not end within {limit_s:g} s.", returncode=NOT_HELD) from None
        except DidNotStart as error:
            raise CommandError(f"The service could not be started: {error}", returncode=NOT_HELD) from None
        except (KeyboardInterrupt, asyncio.CancelledError):
            with contextlib.suppress(OSError):
                self.stderr.write("stopped; everything that the drill had started has ended")
            sys.exit(NOT_HELD)


def _end_when_told(*, tied: bool) -> None:
    """Cancel the running task by SIGTERM too, as Ctrl-C does, so that everything that was started is ended."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is None:
        raise RuntimeError("no task runs")
    loop.add_signal_handler(signal.SIGTERM, task.cancel)

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            loop.remove_reader(sys.stdin.fileno())
            task.cancel()

    if tied:
        loop.add_reader(sys.stdin.fileno(), read)


def _drill(options: dict[str, Any]) -> Drill:
    """Raises: CommandError."""
    try:
        chosen = {name: faults.parsed(options[option]) for option, name in faults.OPTIONS.items()}
    except faults.BadFault as error:
        raise CommandError(str(error), returncode=NOT_HELD) from None
    bounds = {"requests": (load.LEAST, 20_000), "concurrency": (1, 64), "bar": (0.0, 1.0), "limit": (1.0, 3_600.0)}
    for name, (least, most) in bounds.items():
        if not least <= options[name] <= most:
            raise CommandError(f"--{name} takes {least:g} to {most:g}.", returncode=NOT_HELD)
    seed = random.randrange(10**6) if options["seed"] is None else options["seed"]
    return Drill(chosen, options["requests"], options["concurrency"], seed, options["bar"], options["quick"])
