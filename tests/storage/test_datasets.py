"""Datasets and problems: by tenant, in order, page by page."""

from __future__ import annotations

import hashlib
import json
from functools import partial

import pytest
from sqlalchemy import select

from propound.domain import Domain
from propound.job import JobRequest, JobState
from propound.problem import Problem
from propound.record import digest
from propound.storage import datasets, exports, jobs, trajectories
from propound.storage.session import Database
from propound.storage.tables import Dataset, StoredProblem
from tests.factories import coding
from tests.factories import jobs as work
from tests.storage.plans import statements

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


def tag(database: Database, dataset_id: str) -> tuple[int, str]:
    with database.begin() as session:
        found = datasets.edition(session, work.TENANT, dataset_id)
        assert found is not None
        return found.rows, found.tag


def test_the_tag_follows_from_the_problems_and_their_order(database: Database) -> None:
    first, second = fill(database), fill(database)
    with database.begin() as session:
        rows = session.execute(
            select(StoredProblem.content_digest, StoredProblem.evidence["trajectory_digest"].astext)
            .where(StoredProblem.dataset_id == first)
            .order_by(StoredProblem.ordinal)
        ).all()
        chain = ""
        for content, trajectory in rows:
            chain = hashlib.sha256((chain + content + trajectory).encode()).hexdigest()
        kept = session.scalars(select(Dataset.chain).where(Dataset.id == first)).one()
        assert datasets.edition(session, "other", first) is None
    assert kept == chain
    assert tag(database, first) == tag(database, second) == (6, digest([exports.ROW_FORM, 6, chain]))


def test_the_tag_changes_with_every_problem_and_with_the_form_of_rows(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = work.make(database, JobRequest(count=9, group_size=1))
    with database.begin() as session:
        dataset_id = datasets.of_job(session, job_id).id
    tags = [tag(database, dataset_id)]
    while lease := work.claim(database, work.claimant(shard_specs=3)):
        work.run(database, lease)
        tags.append(tag(database, dataset_id))
    assert [rows for rows, _ in tags] == [0, 3, 6, 9]
    monkeypatch.setattr(datasets, "ROW_FORM", exports.ROW_FORM + 1)
    tags.append(tag(database, dataset_id))
    assert len({each for _, each in tags}) == 5


def _later(offset: int, spec: int, member: int) -> Problem:
    return work.fresh(spec + offset, member)


def test_other_problems_have_another_tag(database: Database) -> None:
    request = JobRequest(count=4, group_size=1)
    found = []
    for offset in (0, 100):
        job_id = work.make(database, request)
        work.work(database, partial(_later, offset))
        with database.begin() as session:
            found.append(tag(database, datasets.of_job(session, job_id).id))
    assert found[0][0] == found[1][0] == 4
    assert found[0][1] != found[1][1]


def test_the_tag_is_read_from_two_rows(database: Database) -> None:
    dataset_id = fill(database)
    with database.begin() as session:
        for _ in range(2):
            seen = statements(session, lambda: datasets.edition(session, work.TENANT, dataset_id))
            assert len(seen) == 1
            assert "problems" not in seen[0]


def test_a_problem_is_found_by_the_id_of_its_row(database: Database) -> None:
    first, _ = fill(database), fill(database)
    with database.begin() as session:
        rows = [json.loads(line) for line in datasets.export(session, first)]
        listed = datasets.problems(session, first, limit=9)
        for row, problem in zip(rows, listed, strict=True):
            found = datasets.problem(session, work.TENANT, row["id"])
            assert found is not None
            assert found.id == problem.id, "of equal ones it is the first"
            assert row["id"] == f"prob_{problem.content_digest[:16]}"
            assert datasets.problem(session, "other", row["id"]) is None
        unknown = "prob_" + "".join(
            "0" if sign != "0" else "1" for sign in rows[0]["id"].removeprefix("prob_")
        )
        for nothing in (unknown, rows[0]["id"][:-1] + "%", rows[0]["id"][:-1], rows[0]["id"].upper()):
            assert datasets.problem(session, work.TENANT, nothing) is None
