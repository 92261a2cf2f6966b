"""What the measurement of the service sets up is what it says."""

from __future__ import annotations

import json

from sqlalchemy import func, select

from propound.cli.bench_service import multiply, queue
from propound.job import JobRequest, JobState
from propound.storage import datasets
from propound.storage.session import Database
from propound.storage.tables import Job
from tests.factories import jobs as work


def test_a_dataset_is_made_larger(database: Database) -> None:
    job_id = work.make(database, JobRequest(count=5, group_size=1))
    work.work(database)

    assert multiply(database, job_id, 4) == 20

    job = work.read(database, job_id)
    assert (job.state, job.accepted, job.count) == (JobState.SUCCEEDED, 20, 20)
    rows = [json.loads(line) for line in work.export(database, job_id).splitlines()]
    assert [row["extra_info"]["index"] for row in rows] == list(range(20))
    with database.begin() as session:
        edition = datasets.edition(session, work.TENANT, datasets.of_job(session, job_id).id)
        assert edition is not None
        assert edition.rows == 20


def test_a_queue_stands_behind_its_first_job(database: Database) -> None:
    first = work.make(database, JobRequest(count=5, group_size=1))

    queue(database, first, 30)

    with database.begin() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 31
        assert session.scalars(select(Job.id).order_by(Job.last_served_at)).first() == first
        assert set(session.scalars(select(Job.state))) == {JobState.QUEUED}
