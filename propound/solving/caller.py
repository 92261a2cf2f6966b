"""Calls a submitted function on each of its inputs; runs inside the sandbox as the main program, never here.

Nothing in here knows what should come out: a submission that takes this process over can only claim results.
Standard library only, and nothing of propound.
"""

from __future__ import annotations

import json
import numbers
import os
import signal
import sys
import time
import types
from typing import Any, NoReturn

SUBMISSION, TASK = "solution.py", "task.json"
PATIENCE = 10
"""Seconds by the clock for each second of processor time: a machine may have much else to do."""


class TooLongError(BaseException):
    """A call is over its time; no handler of ordinary errors catches it."""


def plain(value: Any) -> Any:
    """What `json` asks about a value that is none of its own: numbers of other libraries, and their arrays.

    Raises:
        TypeError: it is neither.
    """
    if hasattr(type(value), "tolist"):
        return value.tolist()
    if isinstance(value, numbers.Rational) and value.denominator == 1:
        return int(str(value.numerator))
    raise TypeError(f"a result of type {type(value).__name__}")


def load(source: str) -> types.ModuleType:
    """The submission as a module that somebody imports; one that ends itself well has still defined its functions.

    Raises:
        BaseException: whatever the submission raises.
    """
    module = types.ModuleType("solution")
    module.__file__ = SUBMISSION
    sys.modules["solution"] = module
    try:
        exec(compile(source, SUBMISSION, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    except SystemExit as end:
        if end.code not in (None, 0):
            raise
    return module


def main() -> NoReturn:
    """Write a line for each input, in JSON: [result], or for the last one {"failed": reason}."""
    lines = os.dup(1)
    os.dup2(2, 1)  # what a function prints is not what it returns
    clock = time.process_time
    with open(TASK, encoding="utf-8") as file:  # noqa: PTH123
        task = json.load(file)
    with open(SUBMISSION, encoding="utf-8", newline="") as file:  # noqa: PTH123
        source = file.read()

    def stop(*_: object) -> None:
        raise TooLongError

    def limit(seconds: float) -> None:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds)

    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, stop)
    reason = ""
    try:
        limit(task["seconds"] + 1)
        function = getattr(load(source), task["name"])
        for arguments in task["inputs"]:
            began = clock()
            limit(task["seconds"])
            result = function(*arguments)
            limit(0)
            if clock() - began > task["seconds"]:
                stop()
            os.write(lines, json.dumps([result], default=plain).encode() + b"\n")
    except TooLongError:
        reason = f"over the time limit of {task['seconds']} s"
    except BaseException as error:  # noqa: BLE001 - whatever a submission raises is its failure
        limit(0)
        reason = f"{type(error).__name__}: {error}"
    if reason:
        os.write(lines, json.dumps({"failed": reason[:300]}).encode() + b"\n")
    os._exit(0)


if __name__ == "__main__":
    main()
