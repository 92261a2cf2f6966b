"""Schedules fall due once, whoever looks and however late; one run at a time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import func, update

from propound.queue import Publisher
from propound.schedule import ScheduleRequest
from propound.storage import checkpoints, groups, schedules, trainings
from propound.storage.session import Database
from propound.storage.tables import Schedule
from tests.factories import trainings as runs
from trainer.app import sweep

STORED = {"experience": "stored", "steps": 5}


def make(database: Database, **wanted: Any) -> str:
    with database.begin() as session:
        return schedules.create(session, ScheduleRequest.model_validate(wanted)).id


def due(database: Database, versions: Sequence[str] = ()) -> list[str]:
    """Begin what is due; the ids of the runs."""
    with database.begin() as session:
        return [run.id for run in schedules.begin_due(session, versions)]


def make_late(database: Database) -> None:
    """As if nobody had looked for two days."""
    with database.begin() as session:
        session.execute(update(Schedule).values(next_at=func.now() - timedelta(days=2)))


def finish(database: Database) -> None:
    with database.begin() as session:
        lease = trainings.claim(session, "t", runs.LEASE)
        assert lease is not None
        trainings.finish(session, lease, stop_reason="steps", checkpoint_version=None, comparison=None)


def test_a_schedule_falls_due_once_however_late(database: Database) -> None:
    schedule_id = make(database, cron="*/5 * * * *", training={"steps": 5})
    assert due(database) == []
    make_late(database)
    (run,) = due(database)
    assert due(database) == []
    with database.begin() as session:
        made = trainings.get(session, run)
        assert made is not None
        assert (made.schedule_id, made.request["steps"]) == (schedule_id, 5)
        schedule = schedules.get(session, schedule_id)
        assert schedule is not None
        assert schedule.last_training_id == run
        assert schedule.next_at is not None
        assert timedelta(0) < schedule.next_at - datetime.now(UTC) <= timedelta(minutes=5)


def test_many_trainers_begin_a_run_once(database: Database) -> None:
    make(database, cron="0 * * * *")
    make_late(database)
    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(lambda _: due(database), range(4)))
    assert sum(map(len, begun)) == 1


def test_one_run_at_a_time(database: Database) -> None:
    make(database, cron="0 * * * *")
    make_late(database)
    assert len(due(database)) == 1
    make_late(database)
    assert due(database) == []
    finish(database)
    make_late(database)
    assert len(due(database)) == 1


def test_enough_fresh_groups_begin_a_run(database: Database) -> None:
    make(database, every_groups=3, training=STORED)
    runs.experience(database, 2, version="live")
    runs.experience(database, 5, version="old")
    assert due(database, ["live"]) == []
    assert due(database, []) == []
    runs.experience(database, 1, version="live")
    (run,) = due(database, ["live"])
    with database.begin() as session:
        assert len(groups.claim(session, run, 9, ["live"])) == 3
    finish(database)
    assert due(database, ["live"]) == []


def test_a_deleted_schedule_begins_nothing_and_its_run_stays(database: Database) -> None:
    schedule_id = make(database, cron="0 * * * *")
    make_late(database)
    (run,) = due(database)
    with database.begin() as session:
        assert schedules.delete(session, schedule_id)
        assert not schedules.delete(session, schedule_id)
    with database.begin() as session:
        found = trainings.get(session, run)
        assert found is not None
        assert found.schedule_id is None
    assert due(database) == []


def test_schedules_are_listed_newest_first(database: Database) -> None:
    ids = [make(database, cron="0 * * * *", name=name) for name in ("first", "second")]
    with database.begin() as session:
        assert [each.id for each in schedules.page(session, limit=9)] == ids[::-1]
        assert [each.name for each in schedules.page(session, limit=9, before=ids[1])] == ["first"]


@pytest.mark.parametrize("promoted", [False, True])
def test_a_sweep_begins_what_is_due_and_tells_of_it(
    database: Database, redis_url: str, redis: Redis, *, promoted: bool
) -> None:
    make(database, every_groups=2, training=STORED)
    runs.experience(database, 2, version="default" if not promoted else "a" * 16)
    if promoted:
        runs.keep(database, "a" * 16)
        with database.begin() as session:
            checkpoints.promote(session, "a" * 16, by="test", reason="test")
    publisher = Publisher(redis_url)
    assert sweep(database, publisher, "default") == 1
    assert sweep(database, publisher, "default") == 1
    publisher.close()
