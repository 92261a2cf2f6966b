"""Drafts of open mode: a statement with its author's program, and what a spec asks of them."""

from __future__ import annotations

from typing import Any

from propound.domain import Domain
from propound.problem import Terms, Work
from tests.factories.cards import card

BALLS = "An urn holds 12 numbered balls. In how many ways can 5 of them be drawn at once, if the order does not matter?"
COUNTED = """from math import comb

GIVEN = {"balls": 12, "drawn": 5}
BOUNDS = {"balls": (6, 40), "drawn": (2, 6)}

def solve(balls, drawn):
    return comb(balls, drawn)
"""
"""792."""
RUN = (
    "Write a function `longest_run(values, limit)` that takes a list of 1 to 30 integers between -50 and 50 and an"
    " integer limit between 0 and 100, and returns the length of the longest run of neighbours that differ by at most"
    " `limit`. For example, `longest_run([1, 2, 9], 1)` returns `2`."
)
LONGEST_RUN = """def longest_run(values, limit):
    best = run = 1
    for before, after in zip(values, values[1:]):
        run = run + 1 if abs(before - after) <= limit else 1
        best = max(best, run)
    return best
"""
RUNS = """def generate(rng):
    size = rng.randint(1, 30)
    return [[rng.randint(-50, 50) for _ in range(size)], rng.randint(0, 100)]
"""
"""Inputs for `LONGEST_RUN`."""


def terms(**changes: Any) -> Terms:
    """What a spec with one card asks for."""
    return Terms(**{"cards": (card(),), **changes})


def work(program: str = COUNTED, **changes: Any) -> Work:
    """What an author hands in."""
    return Work(program=program, **changes)


SCIENCE, MATHEMATICS, CODING = Domain.SCIENCE, Domain.MATHEMATICS, Domain.CODING
