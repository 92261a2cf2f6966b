"""Runs several whole programs one after the other, and tells what each prints; inside the sandbox, never here.

Standard library only, and nothing of propound. Nothing in here knows what should come out.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import types

TASK = "task.json"
MOST_TEXT = 20_000
"""Characters that a program may print."""
PATIENCE = 10
"""Seconds by the clock for each second of processor time: a machine may have much else to do."""


class TooLongError(BaseException):
    """A program is over its time; no handler of ordinary errors catches it."""


def run(source: str) -> str:
    """What a program prints.

    Raises:
        BaseException: whatever the program raises.
    """
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.stdout = printed = io.StringIO()
    sys.stdin = io.StringIO()
    try:
        exec(compile(source, "program.py", "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    except SystemExit as end:
        if end.code not in (None, 0):
            raise
    return printed.getvalue()


def main() -> None:
    """Write a line of JSON for each program: what it prints, or null where it fails. Stops when time is up."""
    lines = os.dup(1)
    os.dup2(2, 1)
    with open(TASK, encoding="utf-8") as file:  # noqa: PTH123
        task = json.load(file)

    def stop(*_: object) -> None:
        raise TooLongError

    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, stop)
    late = 0
    for name in task["programs"]:
        with open(name, encoding="utf-8", newline="") as file:  # noqa: PTH123
            source = file.read()
        text: str | None = None
        try:
            signal.setitimer(signal.ITIMER_PROF, task["seconds"])
            signal.setitimer(signal.ITIMER_REAL, PATIENCE * task["seconds"])
            text = run(source)[:MOST_TEXT]
        except TooLongError:
            late += 1
        except BaseException:  # noqa: BLE001, S110 - whatever a program raises is its failure
            pass
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        os.write(lines, json.dumps(text).encode() + b"\n")
        if late > task["late"]:
            break
    os._exit(0)


if __name__ == "__main__":
    main()
