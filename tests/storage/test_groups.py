"""Experience is shared out: complete, exactly recorded groups, each to one run alone."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from propound.episode import Episode
from propound.storage import groups, trainings
from propound.storage.session import Database
from propound.storage.tables import StoredTrajectory
from tests.factories import episodes, jobs
from tests.factories import trainings as runs


def take(
    database: Database, training_id: str, count: int, versions: Sequence[str] = ("v1",), *, after: int = 0
) -> list[list[Episode]]:
    with database.begin() as session:
        return groups.claim(session, training_id, count, versions, after=after)


def specs(found: list[list[Episode]]) -> list[int]:
    """The specs' seeds, group by group; all members of a group have one spec."""
    for group in found:
        assert len({episode.trajectory.spec for episode in group}) == 1
        assert [episode.trajectory.member for episode in group] == list(range(len(group)))
    return [group[0].trajectory.spec.seed for group in found]


def test_the_newest_groups_come_first_and_as_they_were_made(database: Database) -> None:
    runs.experience(database, 3)
    run = runs.make(database)
    found = take(database, run, 2)
    assert specs(found) == [2, 1]
    made = episodes.episode(jobs.fresh(2, 1), member=1, of=episodes.spec(2))
    assert found[0][1] == runs.sampled(made, "v1")


def test_no_two_runs_share_a_group(database: Database) -> None:
    runs.experience(database, 8)
    ids = [runs.make(database) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda run: specs(take(database, run, 3)), ids))
    assert sorted(seed for each in found for seed in each) == list(range(8))
    assert sorted(map(len, found)) == [2, 3, 3]


def test_a_run_that_goes_on_gets_what_it_had_in_the_same_order(database: Database) -> None:
    runs.experience(database, 6)
    run = runs.make(database)
    assert specs(take(database, run, 2)) == [5, 4]
    assert specs(take(database, run, 2, after=2)) == [3, 2]
    # Its trainer is killed, once before and once after the second step was on disk.
    assert specs(take(database, run, 3, after=2)) == [3, 2, 1]
    assert specs(take(database, run, 3, after=5)) == [0]
    assert specs(take(database, run, 9)) == [5, 4, 3, 2, 1, 0]
    assert specs(take(database, run, 9, after=6)) == []


def test_a_run_that_fails_lets_others_have_its_groups(database: Database) -> None:
    runs.experience(database, 2)
    run, another = runs.make(database), runs.make(database)
    lease = runs.claim(database)
    take(database, run, 2)
    assert specs(take(database, another, 2)) == []
    with database.begin() as session:
        trainings.fail(session, lease, "no checkpoint nonsense")
    assert specs(take(database, another, 2)) == [1, 0]


def test_a_group_that_is_not_complete_waits(database: Database) -> None:
    runs.experience(database, 2, size=3, short=1)
    run = runs.make(database)
    assert specs(take(database, run, 9)) == [0]


def test_only_the_wanted_versions_are_given(database: Database) -> None:
    for version in ("old", "older", "new"):
        runs.experience(database, 1, version=version)
    run = runs.make(database)
    with database.begin() as session:
        assert groups.count_fresh(session, ["old", "new"], most=9) == 2
        assert groups.count_fresh(session, ["old", "new"], most=1) == 1
        assert groups.count_fresh(session, [], most=9) == 0
    found = take(database, run, 9, ["old", "new"])
    assert {episode.trajectory.policy_version for group in found for episode in group} == {"old", "new"}


@pytest.mark.parametrize("kind", ["unrecorded", "alone"])
def test_nothing_is_learned_without_exact_records_or_comparison(database: Database, kind: str) -> None:
    if kind == "unrecorded":
        runs.experience(database, 2, version="1", exact=False)
    else:
        runs.experience(database, 2, version="1", size=1)
    assert take(database, runs.make(database), 9, ["1"]) == []


def test_a_trajectory_says_whether_it_was_sampled(database: Database) -> None:
    runs.experience(database, 1)
    runs.experience(database, 1, exact=False)
    with database.begin() as session:
        found = session.execute(select(StoredTrajectory.policy_version, StoredTrajectory.sampled)).all()
    assert set(map(tuple, found)) == {("v1", True), ("1", False)}
