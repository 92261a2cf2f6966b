"""Curriculum: requests are checked, specs are deterministic, the weak categories come more often."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.curriculum import category_weights, check_request, draw_spec, update_mastery, ways_out
from propound.domain import Domain
from propound.errors import ImpossibleSpecError, UnknownSkillError
from propound.job import JobRequest
from propound.skills import Category, default_library

LIBRARY = default_library()


def test_mastery_by_hand() -> None:
    assert update_mastery(0.5, 1.0, alpha=0.1) == pytest.approx(0.55)
    assert update_mastery(0.55, 0.0, alpha=0.2) == pytest.approx(0.44)


def test_category_weights_by_hand() -> None:
    weights = category_weights({"algebra": 0.45, "geometry": 0.95}, epsilon=0.05)
    assert weights == pytest.approx({"algebra": 2 / 3, "geometry": 1 / 3})


def test_unknown_skills_and_categories_are_named() -> None:
    with pytest.raises(UnknownSkillError, match="no-such-skill"):
        check_request(JobRequest(count=1, skills=("no-such-skill",)), LIBRARY)
    with pytest.raises(UnknownSkillError, match="alchemy"):
        check_request(JobRequest(count=1, categories=("alchemy",)), LIBRARY)


def test_impossible_requests_say_why() -> None:
    with pytest.raises(ImpossibleSpecError, match="can be combined"):
        check_request(
            JobRequest(count=1, domains=(Domain.MATHEMATICS,), skills=("modular-power",), minimum_skills=2),
            LIBRARY,
        )
    with pytest.raises(ImpossibleSpecError, match="no skill of coding"):
        check_request(JobRequest(count=1, categories=("algebra",)), LIBRARY)


@given(st.integers(0, 2**40), st.integers(0, 10_000))
def test_specs_follow_from_request_and_index(seed: int, index: int) -> None:
    request = JobRequest(count=1, seed=seed, minimum_skills=2, maximum_skills=3)
    spec = draw_spec(request, LIBRARY, index)
    assert spec == draw_spec(request, LIBRARY, index)
    assert spec.domain is request.domains[index % 3]
    assert 2 <= len(spec.skills) <= 3
    assert not set(spec.skills) & set(spec.alternates)
    assert LIBRARY.chains(spec.skills)


def test_conflicting_offers_come_with_a_way_out() -> None:
    request = JobRequest(count=1, seed=7)
    specs = [draw_spec(request, LIBRARY, index) for index in range(600)]
    conflicting = [spec for spec in specs if LIBRARY.conflict(spec.skills)]
    assert 0.04 * len(specs) <= len(conflicting) <= 0.4 * len(specs)
    solvable = [spec for spec in conflicting if ways_out(LIBRARY, spec.skills, spec.alternates)]
    assert len(solvable) >= 0.9 * len(conflicting)


def test_sizes_and_skills_are_spread() -> None:
    request = JobRequest(count=1, seed=1)
    specs = [draw_spec(request, LIBRARY, index) for index in range(900)]
    sizes = Counter(len(spec.skills) for spec in specs)
    assert min(sizes[size] for size in (1, 2, 3, 4)) > 150
    assert {name for spec in specs for name in spec.skills} == set(LIBRARY.packages)


def test_weights_shift_what_is_drawn() -> None:
    request = JobRequest(count=1, domains=(Domain.MATHEMATICS,), maximum_skills=1)
    weights = {str(LIBRARY[name].category): 0.02 for name in LIBRARY.names(Domain.MATHEMATICS)} | {
        "number-theory": 1.0
    }
    drawn = Counter(
        LIBRARY[draw_spec(request, LIBRARY, index, weights).skills[0]].category for index in range(200)
    )
    assert drawn[Category.NUMBER_THEORY] > 150
