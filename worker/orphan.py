"""A process of the pool without its worker: nobody waits for what it has in flight, and nobody would stop it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

from billiard.util import set_pdeathsig

LOOK_SECONDS = 0.5
"""Between two looks for the parent."""

CLOSING_SECONDS = 10.0
"""What is held open must be let go of within that time; the process ends in any case."""


def end_as_orphan(parent: int, leave: Callable[[], None]) -> None:
    """End this process soon after its parent has, whatever it is doing; watched for in a thread of its own.

    Celery has the kernel do that with SIGKILL, which would leave what an engine runs beside it, vLLM's process with
    the GPU's memory, to itself. Here `leave` lets go of it first. The leases of what was in flight expire.

    Args:
        parent: id of the process that forked this one; nothing is done in that one itself, where a pool has only it.
        leave: called from another thread than the one that works, while that one works.
    """
    if os.getpid() == parent:
        return
    with suppress(OSError):  # only Linux has the signal
        set_pdeathsig(0)
    Thread(target=_watch, args=(parent, leave), name="orphan", daemon=True).start()


def _watch(parent: int, leave: Callable[[], None]) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    leaving = Thread(target=leave, name="leaving", daemon=True)
    leaving.start()
    leaving.join(CLOSING_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
