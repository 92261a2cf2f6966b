"""Runs programs that our own code wrote on the inputs of a problem, many in one process. Standard library only.

Programs of anybody else run alone, as `propound.solving.outputs` does it.
"""

from __future__ import annotations

from typing import Any

from .execution import compile_program


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
