"""How much a job has under way: enough to finish, never more than its budget."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.job import JobState
from propound.storage.plan import UNSETTLED_SHARDS, members, specs_to_cut, total_specs
from propound.storage.tables import Job


def job(**changes: int) -> Job:
    values = {
        "count": 100,
        "group_size": 4,
        "episodes": 2_000,
        "next_spec": 0,
        "settled_spec": 0,
        "proposed": 0,
        "pending": 0,
        "accepted": 0,
        "surplus": 0,
        "rejected": 0,
    }
    return Job(state=JobState.RUNNING, **{**values, **changes})


@given(st.integers(1, 500), st.integers(1, 16))
def test_the_members_of_all_specs_are_the_budget(episodes: int, group_size: int) -> None:
    budget = job(episodes=episodes, group_size=group_size)
    sizes = [members(budget, spec) for spec in range(total_specs(budget) + 2)]
    assert sum(sizes) == episodes
    assert all(0 < size <= group_size for size in sizes[:-2])
    assert sizes[-2:] == [0, 0]


@pytest.mark.parametrize(
    ("state", "specs"),
    [
        ({}, 4),
        ({"count": 5}, 2),
        ({"count": 4, "next_spec": 1}, 0),  # one group under way may be enough
        ({"next_spec": 25}, 0),  # 100 under way for 100
        ({"next_spec": 25, "settled_spec": 25, "proposed": 100, "accepted": 50, "rejected": 50}, 4),
        (
            {"next_spec": 40, "settled_spec": 25, "proposed": 100, "accepted": 50, "rejected": 50},
            4,
        ),  # 80 wanted
        ({"next_spec": 50, "settled_spec": 25, "proposed": 100, "accepted": 50, "rejected": 50}, 0),
        ({"next_spec": 25, "settled_spec": 25, "proposed": 100, "rejected": 100}, 4),  # nothing is verified
        ({"next_spec": 499, "settled_spec": 499, "proposed": 1_996, "rejected": 1_996}, 1),
        ({"next_spec": 500, "settled_spec": 500, "proposed": 2_000, "rejected": 2_000}, 0),
        ({"count": 10_000, "episodes": 10**6, "next_spec": UNSETTLED_SHARDS * 4}, 0),
        ({"count": 10_000, "episodes": 10**6, "next_spec": UNSETTLED_SHARDS * 4 - 1}, 1),
        ({"next_spec": 25, "proposed": 100, "pending": 100}, 0),
    ],
)
def test_what_is_cut_next(state: dict[str, int], specs: int) -> None:
    assert specs_to_cut(job(**state), 4) == specs


@pytest.mark.parametrize("state", [state for state in JobState if state not in {"queued", "running"}])
def test_only_working_jobs_are_cut(state: JobState) -> None:
    ended = job()
    ended.state = state
    assert specs_to_cut(ended, 4) == 0
