"""Requests for training: what may be asked for, stop rules, and the times of schedules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from propound.refinement import Algorithm, StopRule, broken_rule
from propound.schedule import ScheduleRequest, next_time
from propound.training import Experience, TrainingRequest, TrainingState
from trainer.loss import ALGORITHMS


def test_algorithms_are_those_of_the_trainer() -> None:
    assert {each.value for each in Algorithm} == set(ALGORITHMS)


@pytest.mark.parametrize("base", ["../live", "/etc", "a/b", ".hidden", "", "x" * 65, "a b"])
def test_a_base_is_a_name_and_never_a_path(base: str) -> None:
    with pytest.raises(ValidationError):
        TrainingRequest(base=base)


def test_final_states() -> None:
    assert {state for state in TrainingState if state.is_final} == {"succeeded", "failed", "cancelled"}


@pytest.mark.parametrize("bounds", [{}, {"above": 1.0, "below": 0.0}, {"above": float("nan")}])
def test_a_stop_rule_has_one_bound(bounds: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        StopRule(figure="kl", **bounds)  # type: ignore[arg-type]


def test_a_rule_holds_after_so_many_steps_in_a_row() -> None:
    rule = StopRule(figure="kl", above=0.5, steps=2)
    assert broken_rule([rule], [{"kl": 0.9}]) is None
    assert broken_rule([rule], [{"kl": 0.9}, {"kl": 0.5}]) is None
    assert broken_rule([rule], [{"kl": 0.1}, {"kl": 0.6}, {"kl": 0.7}]) is rule
    assert str(rule) == "kl was above 0.5 for 2 steps"
    assert str(StopRule(figure="reward", below=0)) == "reward was below 0"


@pytest.mark.parametrize("figures", [{}, {"kl": None}, {"kl": "high"}])
def test_a_figure_that_is_not_there_breaks_no_rule(figures: dict[str, Any]) -> None:
    assert broken_rule([StopRule(figure="kl", above=0), StopRule(figure="kl", below=9)], [figures]) is None


@given(values=st.lists(st.floats(-1, 1), max_size=12), steps=st.integers(1, 4), bound=st.floats(-1, 1))
def test_a_rule_looks_at_the_last_steps_alone(values: list[float], steps: int, bound: float) -> None:
    rule = StopRule(figure="f", below=bound, steps=steps)
    history = [{"f": value} for value in values]
    expected = len(values) >= steps and all(value < bound for value in values[-steps:])
    assert (broken_rule([rule], history) is rule) == expected


def test_a_schedule_has_one_trigger() -> None:
    stored = TrainingRequest(experience=Experience.STORED)
    assert ScheduleRequest(every_groups=5, training=stored).cron is None
    for wrong in ({}, {"cron": "0 3 * * *", "every_groups": 5, "training": stored}, {"every_groups": 5}):
        with pytest.raises(ValidationError):
            ScheduleRequest(**wrong)


@pytest.mark.parametrize("cron", ["", "nonsense", "* * * *", "61 * * * *", "* * * * * *", "0 0 30 2 *"])
def test_an_expression_that_never_comes_true_is_refused(cron: str) -> None:
    with pytest.raises(ValidationError):
        ScheduleRequest(cron=cron)


def test_times_of_an_expression() -> None:
    noon = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert next_time("0 3 * * *", noon) == datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    assert next_time("*/15 * * * *", noon) == datetime(2026, 11, 21, 12, 15, tzinfo=UTC)
    assert next_time("30 4 1 * *", noon) == datetime(2026, 12, 1, 4, 30, tzinfo=UTC)
