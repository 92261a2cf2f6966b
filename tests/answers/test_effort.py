"""The bound on the work of one comparison, counted in function calls and never timed, for inputs made to be costly."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, Self

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from propound.answers import Agreement, compare, effort, limits, registry
from propound.answers.effort import Effort
from propound.answers.kinds import AnswerKind
from propound.answers.limits import SYMBOLIC_CALLS

MOST_CALLS = 3_000_000
"""Calls, into C as well, of one comparison outside sympy: several times what the costliest known input takes."""

KINDS = st.sampled_from(
    [
        *(
            AnswerKind.EXPRESSION,
            AnswerKind.POLYNOMIAL,
            AnswerKind.EQUATION,
            AnswerKind.SET,
            AnswerKind.TUPLE,
        ),
        *(
            AnswerKind.INTERVAL,
            AnswerKind.MATRIX,
            AnswerKind.MODULO_CONSTANT,
            AnswerKind.REAL,
            AnswerKind.QUANTITY,
        ),
    ]
)
ATOMS = st.sampled_from(
    [*"xyz27", "9999999999", "10^{400}", "0.1", r"\pi", "e", "i", r"\infty", "1000!", "a_1", "10^{-400}"]
)
SHAPES = (
    r"\frac{%s}{%s}", "(%s)^{%s}", "(%s)(%s)", "(%s)+(%s)", "(%s)-(%s)", r"\binom{%s}{%s}", r"\log_{%s}(%s)",
    "(%s)^{200}+%s",
    r"\sqrt[3]{%s}-\sqrt{%s}", r"\sin(%s)\cos(%s)", r"e^{%s}\ln(%s)", r"|%s|\tan(%s)", r"\lfloor %s\rfloor(%s)!",
    r"\arctan(%s)+\arcsin(%s)",
)  # fmt: skip
COSTLY = st.recursive(
    ATOMS,
    lambda inner: st.builds(
        lambda shape, one, other: shape % (one, other), st.sampled_from(SHAPES), inner, inner
    ),
    max_leaves=14,
)
WRAPPERS = (r"\{1, %s\}", "(%s, 2)", "[[%s, 1]]", "%s + C", "%s m/s")


@pytest.fixture(autouse=True, scope="module")
def own_limits() -> Iterator[None]:
    """Here the bounds are those of real use (tests/conftest.py takes the clock's away)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(effort, "COMPARISON_SECONDS", limits.COMPARISON_SECONDS)
        patch.setattr(registry, "SYMBOLIC_SECONDS", limits.SYMBOLIC_SECONDS)
        yield


class Calls:
    """Counts the function calls of a piece of work; sympy's are counted by `Effort` itself meanwhile."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Self:
        self._outer = sys.getprofile()
        sys.setprofile(self._add)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(self._outer)

    def _add(self, _frame: FrameType, event: str, _argument: Any) -> None:
        self.count += event in {"call", "c_call"}


def costly(gold: str, answer: str, kind: AnswerKind) -> None:
    """Compares, and fails where that took more calls than the bound."""
    with Calls() as calls:
        compare(gold=gold, answer=answer, kind=kind)
    assert calls.count <= MOST_CALLS


@settings(max_examples=30)
@given(COSTLY, COSTLY, KINDS)
@example("5", "((((x^9)^9)^9)^9)^9", AnswerKind.EXPRESSION)
@example("y = 2x", "(x+1)^{100}(y+1)^{100}", AnswerKind.EQUATION)
@example("{1}", "(a+b+c+d)^{40}", AnswerKind.SET)
@example("9", "9^{9^{9^{9}}}", AnswerKind.EXPRESSION)
@example("[0,1)", "{" + ",".join(rf"\sin({n})" for n in range(190)) + "}", AnswerKind.INTERVAL)
@example("x", "+".join(rf"\sqrt{{x+{n}}}" for n in range(2, 60)), AnswerKind.EXPRESSION)
@example("x", r"\sin(" * 20 + "x" + ")" * 20, AnswerKind.EXPRESSION)
@example("1", r"\sin(10^{4000})", AnswerKind.EXPRESSION)
def test_what_is_read_and_computed_is_bounded(one: str, other: str, kind: AnswerKind) -> None:
    costly(one, other, kind)
    costly(WRAPPERS[len(one + other) % len(WRAPPERS)] % other, one, kind)


def test_endless_work_ends() -> None:
    bound = Effort(calls=10_000, seconds=60)

    def forever() -> None:
        while True:
            len("")

    assert bound.run(forever) is None
    assert bound.calls <= 0
    assert bound.run(lambda: 1) is None


def test_it_is_not_swallowed_by_a_generator_that_is_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the budget ends, `all` leaving its generator early included."""
    swallowed: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", swallowed.append)

    def work() -> int:
        for _ in range(3):
            all(abs(n) == 0 for n in range(5))
        return 1

    for calls in range(1, 60):
        Effort(calls, seconds=60).run(work)
    assert swallowed == []
    assert Effort(60, seconds=60).run(work) == 1


def test_endless_generators_end() -> None:
    def endless() -> Iterator[int]:
        while True:
            yield 1

    assert Effort(calls=100, seconds=60).run(lambda: [one for one in endless() if not one]) is None


def test_long_work_of_few_calls_ends() -> None:
    bound = Effort(calls=10**9, seconds=0.05)
    assert bound.run(lambda: [sum(range(10_000)) for _ in iter(int, 1)]) is None
    assert bound.seconds <= 0


def test_sympy_may_call_no_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """An identity that sympy proves is undecided, not equal, where it has used up its calls."""
    gold, answer = r"\sin^2 x", r"\frac{1-\cos 2x}{2}"
    assert compare(gold=gold, answer=answer, kind=AnswerKind.EXPRESSION).result is Agreement.EQUAL
    monkeypatch.setattr("propound.answers.registry.SYMBOLIC_CALLS", 500)
    assert compare(gold=gold, answer=answer, kind=AnswerKind.EXPRESSION).result is Agreement.UNDECIDED
    assert SYMBOLIC_CALLS <= MOST_CALLS
