"""Runs someone's program on the inputs of a problem, and prints what comes out. Standard library only.

Nothing here knows what should come out: a program that takes over this process can only claim outputs.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from .execution import compile_program


def main() -> None:
    """Read {"source", "mode", "inputs"} from standard input; the last line printed is a list, one item for each input.

    An item is a list with the output, or null where the program failed; after a failure no other input is tried.
    """
    case = json.loads(sys.stdin.read())
    print("\n" + json.dumps(outputs(case["source"], case["mode"], case["inputs"])))


def outputs(source: str, mode: str, inputs: list[Any]) -> list[list[Any] | None]:
    """What the program does with each input, as [output], up to the first on which it fails: None."""
    found: list[list[Any] | None] = []
    try:
        run = compile_program(source, mode)
        for value in inputs:
            output = run(value)
            found.append([output])
    except BaseException:  # noqa: BLE001  # whatever it raises, SystemExit included
        found.append(None)
    return found
