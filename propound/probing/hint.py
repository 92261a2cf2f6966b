"""The author's first step as a hint: it tells a problem that is hard from one that nobody could solve at all."""

from __future__ import annotations

import ast

from propound.problem import Problem

MAX_HINT = 200
"""Longest hint, in characters."""
_MOST = 200_000
"""Longest program that is looked at."""


def with_hint(problem: Problem) -> str | None:
    """The statement with the first step of the author's program; None where there is none to tell.

    The first step is the first assignment that computes something; the whole program is no step, so one that prints at
    once has none.
    """
    if problem.open is None or problem.coding is not None:
        return None
    step = first_step(problem.open.work.program)
    return None if step is None else f"{problem.statement}\n\nHint: begin with {step}"


def first_step(program: str) -> str | None:
    """The first assignment of a program, in its functions too, whose value is more than a constant or a call of one."""
    try:
        tree = ast.parse(program[:_MOST])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and any(isinstance(each, ast.BinOp) for each in ast.walk(node.value))
    )
    first = min(found, key=lambda node: (node.lineno, node.col_offset), default=None)
    if first is None:
        return None
    text = ast.unparse(first)
    return text if len(text) <= MAX_HINT and "\n" not in text else None
