"""The author's first step as a hint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.answers.kinds import AnswerKind
from propound.domain import Domain
from propound.models.purpose import Purpose
from propound.probing.hint import first_step, with_hint
from propound.probing.probe import Probe
from propound.probing.prober import Prober
from propound.problem import Origins, Problem, Work
from propound.sandbox import open_sandbox


@pytest.mark.parametrize(
    ("program", "step"),
    [
        ("rolls = 7\nleft = rolls * 12 - 61\nprint(left % 5)", "left = rolls * 12 - 61"),
        ("def solve(n):\n    half = n / 2\n    return half - 1", "half = n / 2"),
        ("print(7 * 12)", None),
        ("x = 5\nprint(x)", None),
        ("x = (", None),
    ],
)
def test_the_first_step_computes_something(program: str, step: str | None) -> None:
    assert first_step(program) == step


@given(st.text())
def test_any_text_is_a_program_or_none(text: str) -> None:
    step = first_step(text)
    assert step is None or "\n" not in step


def problem(program: str = "left = 7 * 12 - 61\nprint(left % 5)") -> Problem:
    """An open one."""
    return Problem(
        domain=Domain.MATHEMATICS,
        statement="How many rolls are left?",
        answer="3",
        answer_kind=AnswerKind.INTEGER,
        composition=(),
        open=Origins(skills=("rolls",), work=Work(program=program)),
    )


def test_a_problem_without_a_step_has_no_hint() -> None:
    assert with_hint(problem("print(3)")) is None
    assert with_hint(problem().model_copy(update={"open": None})) is None


class NeedsHint:
    """A solver that comes to the answer only where it is told a step."""

    name, version = "needs a hint", "1"

    def __init__(self, *, helps: bool = True) -> None:
        self.helps = helps

    def write(self, statement: str, _: int, __: Purpose) -> str:
        """As `Solver`."""
        return "print(3)" if self.helps and "begin with left = 7 * 12 - 61" in statement else "print(4)"

    def close(self) -> None:
        """As `Solver`."""


@pytest.mark.parametrize(("helps", "hinted", "unknown"), [(True, 2, False), (False, 0, True)])
def test_hard_is_told_from_unknown(helps: bool, hinted: int, unknown: bool) -> None:
    found = Prober(NeedsHint(helps=helps), open_sandbox(), attempts=2).probe(problem())
    assert (found.solved, found.hinted, found.is_unknown) == (0, hinted, unknown)


def test_where_nobody_was_told_a_rate_of_nothing_stands() -> None:
    assert not Probe(prober="p", version="1", attempts=4, solved=0).is_unknown
