"""Picks tests that tell a reference from its mutants; runs inside the sandbox as the main program, never here.

The standard library and the toolkit only, which is on the path there. The reference may take this process over: what
it then writes is about itself, and the outputs are computed once more apart from it.
"""

from __future__ import annotations

import json
import os
import random

TASK = "task.json"


def main() -> None:
    """Write a line of JSON: what `toolkit.coding.pick_tests` finds, or {"failed": reason}."""
    from toolkit.coding import pick_tests  # type: ignore[import-not-found]
    from toolkit.execution import compile_program  # type: ignore[import-not-found]

    lines = os.dup(1)
    os.dup2(2, 1)
    with open(TASK, encoding="utf-8") as file:  # noqa: PTH123
        task = json.load(file)
    try:
        run = compile_program(task["reference"] + task["tail"], task["mode"])
        expected = {json.dumps(value): run(value) for value in [*task["pool"], *task["extra"]]}
        report = pick_tests(
            task["reference"],
            task["pool"],
            task["extra"],
            expected=expected,
            mode=task["mode"],
            rng=random.Random(task["seed"]),
            tail=task["tail"],
        )
    except BaseException as error:  # noqa: BLE001 - whatever a reference raises is its failure
        report = {"failed": f"{type(error).__name__}: {error}"[:200]}
    os.write(lines, json.dumps(report).encode() + b"\n")
    os._exit(0)


if __name__ == "__main__":
    main()
