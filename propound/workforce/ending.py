"""How a process of a pool ends itself: when its parent was killed, or when everything in it is stuck.

Nobody else would end it. What it holds open beside itself (vLLM's own process has the GPU's memory) is let go of
first. Its leases are released by whoever sees that it is gone.
"""

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


def end_with_parent(parent: int, leave: Callable[[], None]) -> None:
    """End this process soon after its parent has, whatever it is doing; watched for in a thread of its own.

    Celery has the kernel do that with SIGKILL, which would leave what runs beside this process to itself.

    Args:
        parent: id of the process that forked this one; nothing is done in that one itself, where a pool has only it.
        leave: lets go of what is held open; called from another thread than the one that works, while that one works.
    """
    if os.getpid() == parent:
        return
    with suppress(OSError):  # only Linux has the signal
        set_pdeathsig(0)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        end_now(leave)

    Thread(target=watch, name="parent-watch", daemon=True).start()


def end_now(leave: Callable[[], None]) -> None:
    """Let go of what is held open, as far as it can be done in `CLOSING_SECONDS`, and kill this process."""
    leaving = Thread(target=leave, name="leaving", daemon=True)
    leaving.start()
    leaving.join(CLOSING_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
