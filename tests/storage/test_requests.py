"""Rows of requests: kept whole, answered once, summed in the same transaction, gone with their job."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from propound.models.ledger import Spending, Sums
from propound.models.purpose import Origin, Role
from propound.models.reply import Call, FinishReason, Reply, Tokens, Usage
from propound.storage import requests
from propound.storage.requests import DatabaseLedger
from propound.storage.session import Database
from propound.storage.tables import Job, RequestSum, StoredRequest
from tests.factories import jobs
from tests.factories.requests import AT, answered, failed

ODD = Reply(
    text="a\x00b \ud800 \ue000 \U0001d538",
    thought="\udfff",
    calls=(Call("submit\x00", {"n\ud801": 1e-7, "big": 10**30, "deep": ["\x00"]}), Call("think", "no {json")),
    finish_reason=FinishReason.CALLS,
    usage=Usage(12, 5, None),
    tokens=Tokens((1, 2), (3, 4), (-1.25e-05, -0.0)),
)


def spending(database: Database, job_id: str) -> Spending:
    with database.begin() as session:
        return requests.of_jobs(session, [job_id])[job_id]


def rows(database: Database) -> int:
    with database.begin() as session:
        return session.scalars(select(func.count()).select_from(StoredRequest)).one()


def test_a_reply_comes_back_as_it_was(database: Database) -> None:
    origin = Origin(job=jobs.make(database), spec=3)
    ledger = DatabaseLedger(database)
    ledger.record(answered("1", reply=ODD, origin=origin))
    found = ledger.find("1")
    assert found == ODD
    assert found is not None
    assert found.tokens is not None
    assert str(found.tokens.log_probabilities[1]) == "-0.0"
    assert ledger.find("2") is None


def test_a_row_says_all_that_an_entry_says(database: Database) -> None:
    origin = Origin(job=jobs.make(database), spec=3)
    entry = answered(
        "1",
        origin=origin,
        role=Role.JUDGE,
        model="m\x00",
        family="qwen3",
        prompt_tokens=7,
        completion_tokens=5,
        thought_tokens=2,
        cost=0.25,
    )
    purpose = entry.purpose.model_copy(update={"member": 2, "turn": 4, "attempt": 1, "part": "sceptic"})
    DatabaseLedger(database).record(entry.model_copy(update={"purpose": purpose}))
    DatabaseLedger(database).record(failed("2", "HTTP 429: \x00", origin=origin))
    with database.begin() as session:
        row, failure = session.scalars(select(StoredRequest).order_by(StoredRequest.number)).all()
    assert (row.id, row.job_id, row.command, row.spec_index) == ("1", origin.job, None, 3)
    assert (row.member, row.role, row.part, row.turn, row.attempt) == (2, Role.JUDGE, "sceptic", 4, 1)
    assert (row.model, row.family, row.cost, row.seconds, row.created_at) == ("m\x00", "qwen3", 0.25, 1.5, AT)
    assert (row.prompt_tokens, row.completion_tokens, row.thought_tokens) == (7, 5, 2)
    assert (failure.failure, failure.reply, failure.cost, failure.prompt_tokens) == (
        "HTTP 429: \x00",
        None,
        None,
        None,
    )


def test_failures_never_shadow_an_answer_and_an_answer_is_counted_once(database: Database) -> None:
    origin = Origin(job=jobs.make(database))
    ledger = DatabaseLedger(database)
    ledger.record(failed("1", origin=origin))
    assert ledger.find("1") is None
    ledger.record(answered("1", "first", origin=origin, cost=0.5))
    ledger.record(answered("1", "second", origin=origin, cost=0.5))
    ledger.record(failed("1", origin=origin))
    assert ledger.find("1") == Reply("first")
    assert origin.job is not None
    found = spending(database, origin.job)
    assert (found.requests, found.failures, found.cost, found.unpriced) == (3, 2, 0.5, 0)


def test_many_at_once_are_summed_and_one_of_equals_wins(database: Database) -> None:
    job_id = jobs.make(database)
    ledger = DatabaseLedger(database)
    entries = [
        answered(str(number % 20), str(number), origin=Origin(job=job_id), model=f"m{number % 2}", cost=0.1)
        for number in range(60)
    ]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(ledger.record, entries))
    found = spending(database, job_id)
    assert (found.requests, rows(database)) == (20, 20)
    assert found.cost == pytest.approx(2.0, abs=1e-12)
    assert {name: sums.requests for name, sums in found.by_model.items()} == {"m0": 10, "m1": 10}


def test_sums_are_those_of_the_rows(database: Database) -> None:
    job_id, other = jobs.make(database), jobs.make(database)
    mine, theirs = Origin(job=job_id), Origin(job=other)
    ledger = DatabaseLedger(database)
    entries = [
        answered(
            "1",
            origin=mine,
            role=Role.PROPOSER,
            model="qwen",
            prompt_tokens=10,
            completion_tokens=4,
            cost=0.1,
        ),
        answered("2", origin=mine, role=Role.JUDGE, model="qwen"),
        answered(
            "3", origin=mine, role=Role.JUDGE, model="other", prompt_tokens=5, thought_tokens=3, cost=0.2
        ),
        failed("4", origin=mine, role=Role.JUDGE, model="other"),
        answered("5", origin=theirs, role=Role.PROPOSER, model="qwen", prompt_tokens=1_000, cost=9.0),
    ]
    for entry in entries:
        ledger.record(entry)
    found = spending(database, job_id)
    proposer = Sums(requests=1, prompt_tokens=10, completion_tokens=4, cost=0.1)
    judge = Sums(requests=3, failures=1, prompt_tokens=5, thought_tokens=3, cost=0.2, unpriced=1)
    assert found.by_role == {"judge": judge, "proposer": proposer}
    assert found.by_model == {
        "other": Sums(requests=2, failures=1, prompt_tokens=5, thought_tokens=3, cost=0.2),
        "qwen": Sums(requests=2, prompt_tokens=10, completion_tokens=4, cost=0.1, unpriced=1),
    }
    assert (found.requests, found.failures, found.unpriced, found.thought_tokens) == (4, 1, 1, 3)
    assert found.cost == pytest.approx(0.3)


def test_without_requests_nothing_is_known(database: Database) -> None:
    assert spending(database, jobs.make(database)) == Spending()


def test_commands_have_rows_and_sums_of_their_own(database: Database) -> None:
    run = Origin(command="evaluate 2026-12-01T09:30:00Z")
    ledger = DatabaseLedger(database)
    ledger.record(answered("1", origin=run, prompt_tokens=10, cost=0.1))
    ledger.record(answered("2", origin=run, role=Role.PROBER))
    ledger.record(failed("3", origin=run))
    ledger.record(answered("4", origin=Origin(command="probe 2026-12-01T09:30:00Z"), prompt_tokens=99))
    with database.begin() as session:
        found = requests.of_command(session, "evaluate 2026-12-01T09:30:00Z")
    assert found.by_role == {
        "proposer": Sums(requests=2, failures=1, prompt_tokens=10, cost=0.1),
        "prober": Sums(requests=1, unpriced=1),
    }
    assert (found.requests, found.failures, found.unpriced) == (3, 1, 1)


def test_what_nobody_accounts_for_has_no_row(database: Database) -> None:
    ledger = DatabaseLedger(database)
    ledger.record(answered("1", origin=Origin()))
    assert (ledger.find("1"), rows(database)) == (None, 0)


def test_requests_go_with_their_job(database: Database) -> None:
    gone, kept = jobs.make(database), jobs.make(database)
    ledger = DatabaseLedger(database)
    ledger.record(answered("1", origin=Origin(job=gone)))
    ledger.record(answered("2", origin=Origin(job=kept)))
    with database.begin() as session:
        session.delete(session.get_one(Job, gone))
    assert (ledger.find("1"), rows(database)) == (None, 1)
    with database.begin() as session:
        assert session.scalars(select(RequestSum.job_id)).all() == [kept]
    ledger.record(answered("3", origin=Origin(job=gone)))
    assert rows(database) == 1
    with pytest.raises(IntegrityError), database.begin() as session:
        requests.add(session, answered("3", origin=Origin(job=gone)))
