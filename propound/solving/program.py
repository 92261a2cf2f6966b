"""The program in what a model wrote, for solvers and for grading."""

from __future__ import annotations

import re

_BLOCK = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)\n?```", re.DOTALL)


def program_of(text: str) -> str:
    """The last block of code in a text; empty where there is none."""
    blocks = _BLOCK.findall(text)
    return blocks[-1] if blocks else ""
