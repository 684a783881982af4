"""What goes on behind a reply: nobody waits for it, but a server that stops does, and so do tests."""

import asyncio
from collections.abc import Coroutine
from typing import Any

_tasks: set[asyncio.Task[None]] = set()


def in_background(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    """Let something go on behind the reply; `going_on` names it until it ends."""
    task = asyncio.create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


def going_on() -> list["asyncio.Task[None]"]:
    """Tasks that still go on, of all event loops of this process."""
    return [task for task in _tasks if not task.done()]
