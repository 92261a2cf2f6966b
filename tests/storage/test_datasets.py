"""Datasets and problems: by tenant, in order, page by page."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from propound.job import JobRequest, JobState
from propound.problem import Domain
from propound.storage import datasets, jobs, trajectories
from propound.storage.session import Database
from propound.storage.tables import StoredProblem
from tests.factories import coding
from tests.factories import jobs as work

MIXED = JobRequest(count=6, group_size=2)


def fill(database: Database, tenant: str = work.TENANT) -> str:
    """A finished job, every other problem about coding; its dataset."""
    job_id = work.make(database, MIXED, tenant=tenant)
    work.work(database, lambda spec, member: coding.problem(spec) if member else work.fresh(spec, 0))
    with database.begin() as session:
        return datasets.of_job(session, job_id).id


def test_problems_come_in_order_and_pages_fit_together(database: Database) -> None:
    dataset_id = fill(database)
    with database.begin() as session:
        assert datasets.size(session, dataset_id) == 6
        first = datasets.problems(session, dataset_id, limit=4)
        rest = datasets.problems(session, dataset_id, limit=4, after=first[-1].ordinal)
        assert [problem.ordinal for problem in first + rest] == [1, 2, 3, 4, 5, 6]


def test_problems_by_domain_and_skill(database: Database) -> None:
    dataset_id = fill(database)
    with database.begin() as session:
        by_domain = datasets.problems(session, dataset_id, limit=10, domain=Domain.CODING)
        by_skill = datasets.problems(session, dataset_id, limit=10, skill="shift-items")
        assert [problem.ordinal for problem in by_domain] == [2, 4, 6]
        assert by_domain == by_skill
        assert datasets.problems(session, dataset_id, limit=10, skill="none' OR 1=1") == []


def test_another_tenant_sees_nothing(database: Database) -> None:
    dataset_id = fill(database)
    with database.begin() as session:
        problem = session.scalars(select(StoredProblem)).first()
        dataset = datasets.get(session, work.TENANT, dataset_id)
        assert problem is not None
        assert dataset is not None
        assert datasets.problem(session, work.TENANT, problem.id) is problem
        assert trajectories.get(session, work.TENANT, problem.trajectory_id) is not None
        assert jobs.get(session, work.TENANT, dataset.job_id) is not None
        assert datasets.get(session, "other", dataset_id) is None
        assert datasets.problem(session, "other", problem.id) is None
        assert trajectories.get(session, "other", problem.trajectory_id) is None
        assert jobs.get(session, "other", dataset.job_id) is None
        assert datasets.page(session, "other", limit=9) == []
        assert jobs.page(session, "other", limit=9) == []


def test_evidence_names_where_a_problem_comes_from(database: Database) -> None:
    fill(database)
    with database.begin() as session:
        problem = session.scalars(select(StoredProblem).where(StoredProblem.ordinal == 4)).one()
        trajectory = trajectories.get(session, work.TENANT, problem.trajectory_id)
        assert trajectory is not None
        evidence = problem.evidence
        assert evidence["skills"] == {"shift-items": "ab" * 32}
        assert (evidence["spec_index"], evidence["member"], evidence["seed"]) == (1, 1, 1)
        assert (evidence["policy"], evidence["policy_version"]) == ("fake", "1")
        assert evidence["library_version"] == "library-1"
        assert evidence["trajectory_digest"] == trajectory.digest
        assert [vote["valid"] for vote in evidence["votes"]] == [True]
        assert evidence["checks"] == trajectory.checks


def test_jobs_and_datasets_are_listed_newest_first(database: Database) -> None:
    ids = [work.make(database) for _ in range(3)]
    with database.begin() as session:
        assert [job.id for job in jobs.page(session, work.TENANT, limit=9)] == ids[::-1]
        assert [job.id for job in jobs.page(session, work.TENANT, limit=1, before=ids[2])] == [ids[1]]
        assert jobs.page(session, work.TENANT, limit=9, state=JobState.RUNNING) == []
        assert len(jobs.page(session, work.TENANT, limit=9, state=JobState.QUEUED)) == 3
        assert set(datasets.of_jobs(session, ids)) == set(ids)
        listed = datasets.page(session, work.TENANT, limit=9)
        assert [dataset.job_id for dataset in listed] == ids[::-1]
        assert datasets.page(session, work.TENANT, limit=9, before=listed[1].id) == [listed[2]]


def test_the_tag_is_the_content_of_the_export(database: Database) -> None:
    ids = [fill(database), fill(database)]
    empty = work.make(database)
    with database.begin() as session:
        tags = [datasets.content_tag(session, dataset_id) for dataset_id in ids]
        digests = session.scalars(
            select(StoredProblem.content_digest)
            .where(StoredProblem.dataset_id == ids[0])
            .order_by(StoredProblem.ordinal)
        )
        assert tags == [hashlib.sha256("".join(digests).encode()).hexdigest()] * 2
        nothing = datasets.content_tag(session, datasets.of_job(session, empty).id)
        assert nothing == hashlib.sha256().hexdigest()
