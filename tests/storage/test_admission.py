"""What may not enter a dataset: near-duplicates and what a benchmark holds, whoever works on the job."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from propound.decontamination import Layout, read_rows
from propound.job import JobRequest, JobState
from propound.problem import Problem, SkillUse
from propound.storage import benchmarks
from propound.storage.session import Database
from propound.storage.tables import Benchmark, Decision, Job, StoredBenchmarkRow, StoredTrajectory
from propound.verification.vote import Rejection
from tests.factories import jobs, mathematics

WORDS = (
    "A bag contains {red} red and {white} white balls, alike except for their colour, and {draws} of them are taken "
    "out by somebody who does not look. What is the probability that all of them are red?"
)


def urn(red: int, white: int, draws: int) -> Problem:
    numbers = {"red": red, "white": white, "draws": draws}
    return mathematics.problem().model_copy(
        update={
            "statement": WORDS.format(**numbers),
            "composition": (SkillUse(skill="urn", parameters=dict(numbers)),),
        }
    )


def upload(database: Database, text: str, *, tenant: str = jobs.TENANT) -> str:
    with database.begin() as session:
        rows = read_rows(text.encode().splitlines(), Layout.LINES)
        return benchmarks.create(session, tenant=tenant, name="b", file_digest="", rows=rows).id


def trajectories(database: Database, job_id: str) -> list[StoredTrajectory]:
    with database.begin() as session:
        query = select(StoredTrajectory).where(StoredTrajectory.job_id == job_id)
        return list(session.scalars(query.order_by(StoredTrajectory.spec_index, StoredTrajectory.member)))


def test_a_near_duplicate_keeps_its_reason(database: Database) -> None:
    script = [urn(12, 7, 3), urn(12, 7, 2), urn(11, 9, 4), urn(12, 8, 3)]
    job_id = jobs.make(database, JobRequest(count=4, group_size=1, max_episodes=4))
    jobs.work(database, lambda spec, _member: script[spec], jobs.claimant(shard_specs=1))
    job = jobs.reconcile(database, job_id)

    assert (job.state, job.accepted) == (JobState.EXHAUSTED, 2)
    assert job.rejections == {"near_duplicate": 2}
    first, second, third, _ = trajectories(database, job_id)
    assert [first.decision, third.decision] == [Decision.ACCEPTED, Decision.ACCEPTED]
    assert (second.decision, second.rejection) == (Decision.REJECTED, Rejection.NEAR_DUPLICATE)
    assert [check["name"] for check in second.checks] == ["read-back", "no near-duplicate"]
    assert second.checks[-1]["passed"] is False
    assert second.checks[-1]["detail"].startswith("problem 1 of the dataset has the same words to 0.")


def test_datasets_do_not_compare_with_each_other(database: Database) -> None:
    ids = [jobs.make(database, JobRequest(count=1, group_size=1)) for _ in range(2)]
    jobs.work(database, lambda _spec, _member: urn(12, 7, 3))

    assert [jobs.reconcile(database, job_id).accepted for job_id in ids] == [1, 1]


def test_a_contaminated_problem_names_the_row(database: Database) -> None:
    other = upload(database, "Something else that nobody would ever ask in a problem.")
    named = upload(
        database,
        "One more row that is of no importance here at all.\n" + WORDS.format(red=12, white=8, draws=3),
    )
    upload(database, WORDS.format(red=30, white=50, draws=7))
    request = JobRequest(count=2, group_size=1, max_episodes=3, benchmarks=(other, named))
    job_id = jobs.make(database, request)
    script = [urn(12, 8, 3), mathematics.problem(5), urn(30, 50, 7)]
    jobs.work(database, lambda spec, _member: script[spec])
    job = jobs.reconcile(database, job_id)

    first, second, third = trajectories(database, job_id)
    assert job.rejections == {"contaminated": 2}
    assert second.decision is Decision.ACCEPTED
    assert (first.rejection, first.checks[-1]["name"]) == (Rejection.CONTAMINATED, "clear of benchmarks")
    assert first.checks[-1]["detail"].startswith(f"row 2 of benchmark {named} has ")
    assert third.rejection is Rejection.CONTAMINATED, "other numbers do not make another question"


def test_the_row_with_most_in_common_is_named_and_ties_go_to_the_first(database: Database) -> None:
    text = WORDS.format(red=12, white=8, draws=3)
    near = upload(database, text.replace("12", "13"))
    twins = [upload(database, f"{text}\n{text}") for _ in range(2)]
    with database.begin() as session:
        found = benchmarks.overlap(session, [near, *reversed(twins)], text)
        assert found is not None
        assert (found.benchmark_id, found.row) == (twins[1], 1)
        assert found.shared == found.grams == found.row_grams
        assert benchmarks.overlap(session, [near], "?!") is None
        assert benchmarks.overlap(session, [near], "Quite another question, without a ball in it.") is None


def test_a_deleted_benchmark_leaves_no_rows(database: Database) -> None:
    benchmark_id = upload(database, "one\ntwo\nthree")
    with database.begin() as session:
        assert not benchmarks.delete(session, "somebody else", benchmark_id)
        assert benchmarks.delete(session, jobs.TENANT, benchmark_id)
    with database.begin() as session:
        assert session.scalars(select(Benchmark)).all() == []
        assert session.scalars(select(StoredBenchmarkRow)).all() == []


def test_a_benchmark_in_use_stays(database: Database) -> None:
    benchmark_id = upload(database, "one row")
    jobs.make(database, JobRequest(count=1, group_size=1, benchmarks=(benchmark_id,)))
    with pytest.raises(benchmarks.BenchmarkInUseError), database.begin() as session:
        benchmarks.delete(session, jobs.TENANT, benchmark_id)
    jobs.work(database)
    with database.begin() as session:
        assert benchmarks.delete(session, jobs.TENANT, benchmark_id)


urns = [urn(*numbers) for numbers in product((12, 13), (7, 8), (2, 3))]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    script=st.lists(st.sampled_from(urns), min_size=10, max_size=16),
    shard_specs=st.integers(1, 4),
    row=st.integers(0, 8),
)
def test_many_workers_make_the_dataset_of_one(
    database: Database, script: list[Problem], shard_specs: int, row: int
) -> None:
    """Same request, same benchmarks: the same accepted problems and the same reasons, whatever the order."""
    named = (upload(database, urns[row].statement),) if row < len(urns) else ()
    request = JobRequest(count=8, group_size=2, max_episodes=len(script), benchmarks=named)

    def result(spec_index: int, member: int) -> Problem:
        return script[2 * spec_index + member]

    ids = [jobs.make(database, request)]
    jobs.work(database, result, jobs.claimant("lone", shard_specs=1))
    ids.append(jobs.make(database, request))
    start = threading.Barrier(3)

    def be_a_worker(number: int) -> None:
        start.wait()
        mine = jobs.claimant(f"w{number}", shard_specs=shard_specs)
        while not jobs.read(database, ids[1]).state.is_final:
            if lease := jobs.claim(database, mine):
                jobs.run(database, lease, result)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(be_a_worker, range(3)))
    lone, shared = (jobs.reconcile(database, job_id) for job_id in ids)
    assert jobs.export(database, ids[0]) == jobs.export(database, ids[1])
    told = [[(one.decision, one.rejection) for one in trajectories(database, job_id)] for job_id in ids]
    assert told[0][: len(told[1])] == told[1][: len(told[0])]
    assert (lone.state, lone.accepted) == (shared.state, shared.accepted)
    with database.begin() as session:
        session.execute(delete(Job))
        session.execute(delete(Benchmark))
