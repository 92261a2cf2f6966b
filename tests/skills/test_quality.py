"""Quality: answers in one notation, given-away answers, idle steps."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.skills import default_library
from propound.skills.toolkit import quality
from propound.skills.toolkit.composition import DrawError, Skill

LIBRARY = default_library()


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234.4, 3, "1230"),
        (0.0012344, 3, "0.00123"),
        (99.96, 3, "100"),
        (5.0, 3, "5.00"),
        (-2.3456, 4, "-2.346"),
        (123456789.0, 3, "1.23e8"),
        (0.00001234, 3, "1.23e-5"),
    ],
)
def test_rounding_by_hand(value: float, digits: int, text: str) -> None:
    assert quality.round_to(value, digits) == text


@pytest.mark.parametrize("value", [0.0, math.inf, math.nan, 1.235, 2.505])
def test_what_has_no_clear_rounding_is_refused(value: float) -> None:
    with pytest.raises(DrawError):
        quality.round_to(value, 3)


@given(st.floats(1e-6, 1e9), st.integers(2, 4))
def test_rounding_keeps_the_value(value: float, digits: int) -> None:
    try:
        text = quality.round_to(value, digits)
    except DrawError:
        return
    assert math.isclose(float(text), value, rel_tol=0.5 * 10.0 ** (1 - digits))


@pytest.mark.parametrize(
    ("statement", "answer", "given_away"),
    [
        ("Find 12 more than 5.", "12", True),
        ("Find $12^{5}$.", "12", True),
        ("Find 120 or 1.2 or 12.5 or x12.", "12", False),
        ("It is 12.", "12", True),
        ("A mass of 3.5 kg", "3.5 J", True),
        ("The fraction 3/4 of it", "3/4", True),
    ],
)
def test_given_away(statement: str, answer: str, given_away: bool) -> None:
    assert quality.given_away(statement, answer) is given_away


def test_a_step_without_influence_is_found() -> None:
    skills = LIBRARY.skills(["modular-power", "modular-power"])
    composition = [
        {"skill": "modular-power", "parameters": {"base": 3, "exponent": 5, "modulus": 50}},
        {"skill": "modular-power", "parameters": {"base": 1, "exponent": "@", "modulus": 7}},
    ]
    assert any("does not depend" in found for found in quality.weaknesses(skills, composition))


def test_inputs_stay_within_the_stated_bounds() -> None:
    import random

    rng = random.Random(0)
    for value in [quality.sample_input("ints", rng) for _ in range(300)] + quality.edge_inputs("ints"):
        assert 1 <= len(value) <= 40
        assert all(-100 <= item <= 100 for item in value)
    for text in [quality.sample_input("text", rng) for _ in range(300)] + quality.edge_inputs("text"):
        assert 1 <= len(text) <= 60
        assert all(word.isalpha() and word.islower() for word in text.split(" "))


def _weaknesses(skill: Skill, parameters: dict[str, Any]) -> list[str]:
    return quality.weaknesses([skill], [{"skill": skill.name, "parameters": parameters}])


def test_every_quantity_has_a_plausible_range_and_results_outside_it_are_found() -> None:
    for name, package in LIBRARY.packages.items():
        assert (package.bounds is not None) == (package.gives == "quantity"), name
    (energy,) = LIBRARY.skills(["kinetic-energy"])
    assert _weaknesses(energy, {"m": "2", "v": "30"}) == []
    assert _weaknesses(energy, {"m": "19000", "v": "950"}) == [
        "kinetic-energy: the result 8.574e+09 lies outside the plausible range 0.2..1e+09 J"
    ]


SEARCHED: dict[str, tuple[dict[str, Any], Any]] = {
    "modular-power": ({"base": 7, "exponent": 22, "modulus": 45}, 34),
    "factorial-zeros": ({"n": 100, "base": 12}, 48),
    "remainder-system": ({"place": 2, "r": 2, "m": 6, "s": 5, "t": 9}, 32),
    "quadratic-congruence": ({"b": 1, "c": 2, "m": 24}, {1, 22}),
}


@pytest.mark.parametrize("name", SEARCHED)
def test_a_second_answer_is_found(name: str) -> None:
    parameters, result = SEARCHED[name]
    (skill,) = LIBRARY.skills([name])
    assert skill.call("solve", parameters) == result
    assert _weaknesses(skill, parameters) == []
    everything = skill.script.partition("def satisfies")[0] + "def satisfies(p, x):\n    return True\n"
    generous = replace(skill, script=everything, module=[])
    assert any(quality.SECOND_ANSWER in weakness for weakness in _weaknesses(generous, parameters))
    nothing = everything.replace("return True", "return False")
    strict = replace(skill, script=nothing, module=[])
    assert any("does not satisfy" in weakness for weakness in _weaknesses(strict, parameters))


def test_the_skills_that_can_be_searched_are_the_ones_tried_here() -> None:
    skills = LIBRARY.skills(LIBRARY.names())
    assert {skill.name for skill in skills if skill.offers("satisfies")} == set(SEARCHED)
    assert all(skill.offers("candidates") == skill.offers("satisfies") for skill in skills)
