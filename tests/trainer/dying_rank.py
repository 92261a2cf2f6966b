"""`trainer.mgpo` on several ranks, of which the one in DIES is killed in its first step."""

from __future__ import annotations

import os
import runpy
import signal

from trainer.ranks import everywhere
from trainer.update import Learner


def step(_self: Learner, progress: float, scale: float = 1.0) -> float:
    os.kill(os.getpid(), signal.SIGKILL)
    return progress * scale


if os.environ["RANK"] == os.environ["DIES"]:
    Learner.step = everywhere(step)  # type: ignore[method-assign]
runpy.run_module("trainer.mgpo", run_name="__main__")
