"""Tasks of reasoning-gym as problems: those with an integer as answer, which our solvers' programs can print.

reasoning-gym (Stojanovski et al. 2025, arXiv 2505.24760) writes its tasks procedurally, from a seed; its words are not
those of our library. It comes with `pip install 'propound[downstream]'`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from propound.answers.kinds import AnswerKind
from propound.domain import Domain
from propound.errors import PropoundError
from propound.problem import Problem

TASKS = ("chain_sum", "count_primes", "gcd", "lcm")
"""Sums of a few numbers, primes in a range, greatest common divisors and least common multiples."""


class GymError(PropoundError):
    """reasoning-gym is not installed, or a task is not one of integers."""


def gym_problems(task: str, count: int, seed: int) -> list[Problem]:
    """`count` problems of a task, as its default settings write them.

    Raises:
        GymError: reasoning-gym is not there, or the task's answers are no integers.
    """
    try:
        import reasoning_gym
    except ImportError:
        raise GymError(
            "reasoning-gym is not installed: pip install 'propound[downstream]', or --tasks 0"
        ) from None
    return [as_problem(entry) for entry in reasoning_gym.create_dataset(task, size=count, seed=seed)]


def as_problem(entry: Mapping[str, Any]) -> Problem:
    """The problem of an entry {"question", "answer", ...}.

    Raises:
        GymError: its answer is no integer.
    """
    question, answer = str(entry["question"]).strip(), str(entry["answer"]).strip()
    if not answer.removeprefix("-").isdecimal():
        raise GymError(f"an answer that is no integer: {answer[:60]}")
    return Problem(
        domain=Domain.MATHEMATICS,
        statement=question,
        answer=answer,
        answer_kind=AnswerKind.INTEGER,
        composition=(),
    )


def constant(problems: Sequence[Problem]) -> float:
    """Pass rate of a solver that has not read anything: the share of the most frequent answer."""
    return max(Counter(problem.answer for problem in problems).values()) / len(problems)
