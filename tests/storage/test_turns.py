"""Whose turn it is: tenants first, then their jobs; a long queue costs no more than a short one."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import func, select, text, update

from propound.job import JobRequest, JobState
from propound.storage import shards
from propound.storage.session import Database
from propound.storage.sweep import sweep
from propound.storage.tables import Job, Shard, ShardState, Tenant
from tests.factories import jobs as work
from tests.storage.plans import listening, rows_read

SMALL = JobRequest(count=40, group_size=1)


def queue(database: Database, number: int, tenant: str = work.TENANT) -> None:
    """Copies of a queued job, each made a moment after the one before."""
    original = work.make(database, SMALL, tenant=tenant)
    columns = ", ".join(
        column.name for column in Job.__table__.columns if column.name not in ("id", "last_served_at")
    )
    with database.begin() as session:
        session.execute(
            text(
                f"INSERT INTO jobs (id, last_served_at, {columns}) "
                f"SELECT 'job_' || lpad(n::text, 26, '0'), last_served_at + n * interval '1 ms', {columns} "
                "FROM jobs, generate_series(1, :number) n WHERE id = :original"
            ),
            {"number": number - 1, "original": original},
        )
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE jobs"))


def reads_of_a_claim(database: Database) -> dict[str, int]:
    """Rows that a claim reads, by table."""
    with database.begin() as session:
        with listening(session) as seen:
            assert shards.claim(session, work.claimant()) is not None
        read = rows_read(session, seen)
        session.rollback()
    return read


def test_a_claim_reads_no_more_rows_with_five_thousand_jobs_than_with_a_few(database: Database) -> None:
    queue(database, 2 * shards.AT_ONCE)
    few = reads_of_a_claim(database)
    with database.begin() as session:
        session.execute(text("TRUNCATE jobs CASCADE"))
    queue(database, 5_000)
    with database.begin() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 5_000
    for _ in range(8):  # after some repetitions the driver and the server keep their plans
        many = reads_of_a_claim(database)
        assert many["jobs"] <= few["jobs"] + 1
        assert many["jobs"] <= shards.AT_ONCE + 3
        assert many.get("shards", 0) <= few.get("shards", 0) + 1


def test_jobs_without_work_to_give_are_passed_over_page_by_page(database: Database) -> None:
    queue(database, 3 * shards.AT_ONCE)
    with database.begin() as session:
        order = session.scalars(select(Job.id).order_by(Job.last_served_at, Job.id)).all()
        session.execute(update(Job).where(Job.id != order[-1]).values(state=JobState.CANCELLING))
    lease = work.claim(database)
    assert lease is not None
    assert lease.job_id == order[-1]


def test_tenants_take_turns_however_many_jobs_they_have(database: Database) -> None:
    for tenant, number in (("many", 6), ("few", 1), ("two", 2)):
        for _ in range(number):
            work.make(database, SMALL, tenant=tenant)
    served: list[str] = []
    for _ in range(9):
        lease = work.claim(database)
        assert lease is not None
        served.append(work.read(database, lease.job_id).tenant)
    assert Counter(served) == {"many": 3, "few": 3, "two": 3}
    assert all(len(set(served[place : place + 3])) == 3 for place in range(7)), served


def test_the_jobs_of_a_tenant_take_turns(database: Database) -> None:
    ids = [work.make(database, SMALL) for _ in range(3)]
    served = [lease.job_id for _ in range(6) if (lease := work.claim(database))]
    assert served == ids + ids


def test_a_tenant_without_work_holds_nobody_up(database: Database) -> None:
    idle = work.make(database, JobRequest(count=1, group_size=1), tenant="idle")
    other = work.make(database, SMALL, tenant="other")
    first = work.claim(database)
    assert first is not None
    assert first.job_id == idle
    with database.begin() as session:
        session.execute(update(Tenant).where(Tenant.name == "other").values(last_served_at=func.now()))
    for _ in range(2):  # all work of the first is under way
        lease = work.claim(database)
        assert lease is not None
        assert lease.job_id == other


def test_two_claims_at_once_get_two_jobs(database: Database) -> None:
    first, second = work.make(database, SMALL, tenant="a"), work.make(database, SMALL, tenant="b")
    with database.begin() as one, database.begin() as two:
        leases = [shards.claim(session, work.claimant()) for session in (one, two)]
        assert [lease.job_id for lease in leases if lease] == [first, second]


@pytest.mark.parametrize("jobs", [0, 1, 40])
def test_the_sweep_tells_of_jobs_that_wait(database: Database, jobs: int) -> None:
    for _ in range(jobs):
        work.make(database, SMALL)
    assert (sweep(database, 4) > 0) is (jobs > 0)


def test_the_sweep_tells_of_shards_that_were_given_back(database: Database) -> None:
    work.make(database, JobRequest(count=1, group_size=1))
    assert work.claim(database) is not None
    assert sweep(database, 4) == 0
    work.expire_leases(database)
    assert sweep(database, 4) == 1
    with database.begin() as session:
        assert session.scalars(select(Shard.state)).all() == [ShardState.LEASED]
