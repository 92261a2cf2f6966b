"""Chains and references, by hand."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.skills import default_library
from propound.skills.toolkit.composition import (
    DrawError,
    Reference,
    arguments,
    chains,
    conflict,
    draw,
    evaluate,
    feeds,
)

LIBRARY = default_library()


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("@", 7, 7),
        ("@p+q", Fraction(6, 8), 7),
        ("@p+q", 5, 6),
        ("@%20+5", 47, 12),
        ("@p+q%4+0", Fraction(3, 4), 3),
        ("@*0.4", 10.0, 4.0),
    ],
)
def test_references_by_hand(text: str, value: Any, expected: Any) -> None:
    reference = Reference.parse(text)
    assert reference is not None
    assert reference.apply(value) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text", ["", "7", "@@", "@%1+2", "@%0+2", "@+3", "@p", "@%9999999+1", 7, None, ["@"]]
)
def test_other_values_are_no_reference(text: Any) -> None:
    assert Reference.parse(text) is None


@given(st.booleans(), st.one_of(st.none(), st.integers(2, 999_999)), st.integers(0, 999_999))
def test_references_are_read_back(lowest: bool, modulus: int | None, offset: int) -> None:
    reference = Reference(lowest_terms=lowest, modulus=modulus, offset=offset if modulus else 0)
    assert Reference.parse(str(reference)) == reference


def test_a_remainder_of_a_negative_number_is_refused() -> None:
    reference = Reference.parse("@%5+0")
    assert reference is not None
    with pytest.raises(DrawError):
        reference.apply(-3)


def test_units_decide_what_feeds_in_science() -> None:
    (kinetic,) = LIBRARY.skills(["kinetic-energy"])
    takers = [
        name for name in LIBRARY.names() if name != kinetic.name and feeds(kinetic, LIBRARY.skills([name])[0])
    ]
    assert takers
    assert all("J" in LIBRARY.skills([name])[0].port_unit.values() for name in takers)


@pytest.mark.parametrize(("taker", "port"), [("isothermal-expansion", "tk"), ("heating-time", "t0")])
def test_a_temperature_is_passed_on_whole(taker: str, port: str) -> None:
    skills = LIBRARY.skills(["water-heating", taker])
    for seed in range(60):
        try:
            steps = draw(skills, random.Random(seed), 2)
        except DrawError:
            continue
        if steps[-1]["skill"] == taker:
            assert steps[-1]["parameters"][port] == "@"


def test_domains_never_mix() -> None:
    power, kinetic = LIBRARY.skills(["modular-power", "kinetic-energy"])
    assert not feeds(power, kinetic)
    assert not feeds(kinetic, power)
    assert chains([power, kinetic]) == []


def test_conflicts_hold_in_both_directions() -> None:
    for package in LIBRARY.packages.values():
        for other in package.conflicts:
            assert conflict(LIBRARY.skills([package.name, other])) is not None
            assert conflict(LIBRARY.skills([other, package.name])) is not None
            with pytest.raises(DrawError, match="cannot be combined"):
                draw(LIBRARY.skills([other, package.name]), random.Random(0), 2)


def test_values_run_through_a_chain() -> None:
    (power,) = LIBRARY.skills(["modular-power"])
    composition = [
        {"skill": "modular-power", "parameters": {"base": 3, "exponent": 5, "modulus": 50}},
        {"skill": "modular-power", "parameters": {"base": "@%10+2", "exponent": 5, "modulus": 7}},
    ]
    # 3^5 = 243 = 43 mod 50; 43 mod 10 + 2 = 5; 5^5 = 3125 = 3 mod 7
    assert evaluate([power, power], composition, "solve") == [43, 3]
    assert evaluate([power, power], composition, "recompute") == [43, 3]
    assert arguments(power, composition[1]["parameters"], 43) == {"base": 5, "exponent": 5, "modulus": 7}  # type: ignore[arg-type]


def test_coding_results_compose_functions() -> None:
    skills = LIBRARY.skills(["digit-sums"])
    parameters = draw(skills, random.Random(1), 2)[0]["parameters"]
    composition = [{"skill": "digit-sums", "parameters": parameters}]
    assert evaluate(skills, composition, "solve", start=[5, 0, -12]) == evaluate(
        skills, composition, "recompute", start=[5, 0, -12]
    )


@given(st.integers(0, 10_000))
def test_a_draw_follows_from_its_seed(seed: int) -> None:
    skills = LIBRARY.skills(["modular-power"])
    assert draw(skills, random.Random(seed), 2) == draw(skills, random.Random(seed), 2)
