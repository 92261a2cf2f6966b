"""Jobs of open mode through a real worker: catalogue, sandbox, HTTP, database; only what models say is scripted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from fastapi.responses import JSONResponse, Response
from redis import Redis

from propound.config import Settings
from propound.job import JobRequest, JobState
from propound.models.registry import record_in
from propound.problem import Mode
from propound.queue import Publisher
from propound.storage import jobs as repository
from propound.storage.session import Database
from tests.factories import jobs
from tests.factories.cards import skill_text
from tests.factories.model_server import ModelServer, completion, model_server
from tests.factories.open_mode import SUBMIT, draft, solution
from tests.factories.pipelines import FakePipeline
from worker.opening import open_workplace
from worker.pipeline import Pipeline
from worker.shard import Workplace, run_one

THINGS = ("sacks", "stones", "bottles", "letters", "apples", "tiles", "barrels", "coins", "planks", "lamps")
ROLES = '[roles]\nproposer = "writer"\nsolvers = ["one", "two"]\n'


def never() -> bool:
    return False


class Author:
    """A model that writes another problem in every conversation, and solves what it is told."""

    def __init__(self) -> None:
        self.begun = 0
        self.lock = Lock()

    def answer(self, body: dict[str, Any]) -> Response:
        """As whoever is asked."""
        told = " ".join(str(message["content"]) for message in body["messages"])
        if body["model"] != "writer":
            found = re.search(r"makes (\d+) (\w+) on its first day", told)
            assert found is not None, told
            said = solution(self.program(int(found[1])))
        elif any(message["role"] == "assistant" for message in body["messages"]):
            said = SUBMIT
        else:
            with self.lock:
                number, self.begun = self.begun, self.begun + 1
            said = self.problem(number)
        return JSONResponse(completion(said, usage=(300, 100)))

    @staticmethod
    def program(first: int) -> str:
        return f"print(sum({first} + 13 * day for day in range(9)))"

    def problem(self, number: int) -> str:
        thing, first = THINGS[number % len(THINGS)], 211 + 17 * number
        statement = (
            f"A workshop for {thing} makes {first} {thing} on its first day and 13 {thing} more on each day that "
            f"follows. How many {thing} does it make on its first 9 days together?"
        )
        return draft(statement, self.program(first), str(9 * first + 13 * 36))


@contextmanager
def workplace(
    database_url: str, redis_url: str, folder: Path, roles: str = ROLES, **more: object
) -> Iterator[tuple[Workplace, ModelServer, Author]]:
    """A worker's process with models of its own."""
    with model_server() as server:
        author = Author()
        server.usual = author.answer
        entry = '[[model]]\nname = "{0}"\nserved = "{0}"\nurl = "{1}"\nfamily = "{0}"\nconcurrency = 4\n'
        path = folder / "models.toml"
        path.write_text("".join(entry.format(name, server.url) for name in ("writer", "one", "two")) + roles)
        configured = Settings.model_validate(
            {
                "database_url": database_url,
                "redis_url": redis_url,
                "models": path,
                "policy": "scripted",
                **more,
            }
        )
        place = open_workplace(configured, Pipeline.open)
        try:
            yield place, server, author
        finally:
            place.pipeline.close()
            place.database.close()
            place.publisher.close()
            record_in(None)


@pytest.mark.usefixtures("redis")
def test_a_job_of_open_mode_is_made_whatever_the_policy_is(
    database: Database, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    request = JobRequest(count=3, mode=Mode.OPEN, skills=("mine",), cards=(skill_text("mine"),), group_size=2)
    with workplace(database_url, redis_url, tmp_path) as (place, server, _):
        assert server.requests == [], "nothing is opened before it is needed"
        job_id = jobs.make(database, request)
        while run_one(place, never):
            pass
        proposed = [body for body in server.requests if body["model"] == "writer"]
    job = jobs.reconcile(database, job_id)
    assert (job.state, job.accepted) == (JobState.SUCCEEDED, 3), job.rejections
    assert (job.policy, job.mode) == ("writer", Mode.OPEN)
    assert repository.trust(job, None).families == ("one", "two")
    assert any("deal out a whole" in str(body["messages"]) for body in proposed), (
        "the card of the request is shown"
    )
    with database.begin() as session:
        (shown,) = repository.show_all(session, [job_id])
        assert shown.spending.by_role["proposer"].prompt_tokens == 300 * len(proposed)
        assert shown.spending.by_role["solver"].requests > 0


@pytest.mark.usefixtures("redis")
def test_one_model_in_all_roles_works_and_says_that_it_is_alone(
    database: Database, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    roles = '[roles]\nproposer = "writer"\nsolvers = ["one"]\n'
    with workplace(database_url, redis_url, tmp_path, roles.replace("one", "writer")) as (
        place,
        server,
        author,
    ):
        server.usual = lambda body: author.answer({**body, "model": _asked(body)})
        job_id = jobs.make(database, JobRequest(count=1, mode=Mode.OPEN, group_size=1, domains=MATHEMATICS))
        while run_one(place, never):
            pass
    job = jobs.reconcile(database, job_id)
    assert job.state is JobState.SUCCEEDED, job.rejections
    assert repository.trust(job, None).shared_family == ("solvers",)


MATHEMATICS = JobRequest.model_validate({"count": 1, "domains": ["mathematics"]}).domains


def _asked(body: dict[str, Any]) -> str:
    """Whose part one model plays: an author has a system message."""
    return "writer" if body["messages"][0]["role"] == "system" else "one"


@pytest.mark.usefixtures("redis")
def test_a_budget_of_tokens_ends_a_job_that_gets_nowhere(
    database: Database, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    with workplace(database_url, redis_url, tmp_path) as (place, server, _):
        server.usual = lambda _: JSONResponse(completion("no tool, no program", usage=(900, 100)))
        request = JobRequest(count=3, mode=Mode.OPEN, domains=MATHEMATICS, group_size=2, max_tokens=20_000)
        job_id = jobs.make(database, request)
        while run_one(place, never):
            pass
        asked = len(server.requests)
    job = jobs.reconcile(database, job_id)
    assert (job.state, job.accepted) == (JobState.EXHAUSTED, 0)
    assert job.stop_reason == "the budget of 20000 tokens is used up"
    assert 20 <= asked <= 20 + 4 * 24, "what was under way may end"


@pytest.mark.usefixtures("redis")
def test_both_modes_are_made_side_by_side_each_at_its_own_pace(
    database: Database, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    with workplace(database_url, redis_url, tmp_path) as (place, server, _):
        free = jobs.make(database, JobRequest(count=4, mode=Mode.OPEN, domains=MATHEMATICS, group_size=2))
        plain = jobs.make(database, JobRequest(count=6, domains=MATHEMATICS, group_size=2))
        while run_one(place, never):
            pass
        assert server.most_at_once <= 12
    assert jobs.reconcile(database, free).state is JobState.SUCCEEDED
    done = jobs.reconcile(database, plain)
    assert (done.state, done.policy) == (JobState.SUCCEEDED, "scripted-teacher")


def test_a_worker_without_models_takes_no_open_jobs(database: Database, redis_url: str, redis: Redis) -> None:
    free = jobs.make(database, JobRequest(count=1, mode=Mode.OPEN))
    publisher = Publisher(redis_url)
    place = Workplace(database, publisher, FakePipeline.open(Settings()), jobs.claimant())
    assert not run_one(place, never)
    assert jobs.read(database, free).state is JobState.QUEUED
    able = replace(place, claimant=replace(place.claimant, modes=tuple(Mode)))
    assert run_one(able, never)
    publisher.close()
