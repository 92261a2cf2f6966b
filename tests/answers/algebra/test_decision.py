"""Normal forms, refutation and proof, one by one."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction

import pytest

from propound.answers.agreement import INFERRED_COARSEST, Agreement, Terms
from propound.answers.algebra.closeness import close, tolerance
from propound.answers.algebra.decision import decide
from propound.answers.algebra.numeric import real_value, refuted
from propound.answers.algebra.rational import identical, rational_function
from propound.answers.algebra.symbolic import proven
from propound.answers.effort import Effort
from propound.answers.reading.syntax import parse


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("(x+y)^3", "x^3+3x^2y+3xy^2+y^3", True),
        ("1/x+1/y", "(x+y)/(xy)", True),
        ("x^{-2}", "1/x^2", True),
        (r"\pi x", r"x\pi", True),
        ("x", "x+1", False),
        (r"\pi", "22/7", False),
        ("e*x", "x*E", False),
        ("sin(x)", "sin(x)", None),
        ("(a+b+c+d)^{90}", "1", None),
        ("x^{201}", "x", None),
    ],
)
def test_normal_form(one: str, other: str, same: bool | None) -> None:
    assert identical(parse(one), parse(other)) is same


def test_a_polynomial_has_a_constant_denominator() -> None:
    forms = [rational_function(parse(text)) for text in ("x^2/3", "x/y", "sin(x)")]
    assert [form and form.is_polynomial for form in forms] == [True, False, None]


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        (r"\sqrt{x^2}", "x", True),
        (r"\sqrt{x^2}", "|x|", False),
        (r"\sin x", "x", True),
        (r"\ln(x^2)", r"2\ln x", False),
        ("x+10^{-30}", "x", True),
        (r"\sqrt{-4}", "2i", False),
        (r"\sqrt{-4}", "-2i", True),
        (r"\sqrt[3]{x^3}", "x", False),
        (r"\tan(10^{200})", "1", False),
        ("e^{e^{e^{e^{9}}}}", "1", False),
    ],
)
def test_refutation(one: str, other: str, differ: bool) -> None:
    assert refuted(parse(one), parse(other)) is differ


def test_real_values_are_exact_to_fifty_digits() -> None:
    value = real_value(parse(r"\sqrt{2}"))
    assert value is not None
    assert abs(value**2 - 2) < Fraction(1, 10**49)
    assert real_value(parse(r"\sqrt{-2}")) is None
    assert real_value(parse(r"\tan(10^{200})")) is None


def test_effort_ends_work_and_restores_the_profile() -> None:
    def endless() -> None:
        while True:
            abs(1)

    before = sys.getprofile()
    effort = Effort(10_000, 10.0)
    assert effort.run(endless) is None
    assert effort.run(lambda: 1) is None
    assert sys.getprofile() is before
    assert Effort(10_000, 10.0).run(lambda: 1) == 1
    assert Effort(10_000, 10.0).run(lambda: 1 // 0) is None
    assert Effort(10**12, 0.05).run(endless) is None


def test_a_comparison_has_one_budget_for_all_its_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = parse(r"\tan x"), parse(r"\sin x/\cos x")
    assert decide(one, other, Effort(2_000_000, 5.0)).result is Agreement.EQUAL
    monkeypatch.setattr("propound.answers.effort.COMPARISON_SECONDS", -1.0)
    assert decide(one, other, Effort(2_000_000, 5.0)).result is Agreement.UNDECIDED


def test_without_effort_nothing_is_proven() -> None:
    one, other = parse(r"\sqrt{3+2\sqrt{2}}"), parse(r"1+\sqrt{2}")
    assert proven(one, other, Effort(2_000_000, 5.0))
    assert not proven(one, other, Effort(10, 5.0))


def test_tolerance_by_hand() -> None:
    terms = Terms(Effort(0, 0.0))
    assert tolerance(Fraction(5, 2), Fraction(1, 200), terms) == Fraction(1, 500)
    assert tolerance(Fraction(1), Fraction(1, 2), terms) == Fraction(1, 20)
    assert tolerance(Fraction(1), Fraction(1, 2), replace(terms, coarsest=INFERRED_COARSEST)) == Fraction(
        1, 200
    )
    assert tolerance(Fraction(0), Fraction(1, 2), terms) == 0
    assert tolerance(Fraction(3), None, terms) is None
    assert tolerance(Fraction(3), None, replace(terms, relative_tolerance=0.25)) == Fraction(1, 4)
    assert close(Fraction(100), Fraction(101), Fraction(1, 100)).result is Agreement.EQUAL
    assert close(Fraction(100), Fraction(102), Fraction(1, 100)).result is Agreement.NOT_EQUAL
    assert close(Fraction(0), Fraction(1, 10**9), Fraction(1, 100)).result is Agreement.NOT_EQUAL
