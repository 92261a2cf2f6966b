"""A worker is killed in the middle of an episode that a model behind a server writes: no turn is asked for twice."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.responses import Response
from redis import Redis
from sqlalchemy import select

from propound.job import JobRequest, JobState
from propound.models.purpose import Role
from propound.queue import Publisher
from propound.storage import requests
from propound.storage.session import Database
from propound.storage.tables import StoredRequest, StoredTrajectory
from tests.factories import jobs
from tests.factories.model_server import model_server, says
from tests.worker.processes import wait_until, worker

pytestmark = pytest.mark.slow

TURNS = 4
EPISODES = 2


def thought(number: int) -> str:
    return f'<tool_call>\n{{"name": "think", "arguments": {{"text": "thought {number}"}}}}\n</tool_call>'


def test_an_episode_that_is_made_again_reads_what_is_there(
    database: Database, database_url: str, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    request = JobRequest(count=1, group_size=1, max_episodes=EPISODES, seed=3)
    job_id = jobs.make(database, request)
    over = Event()

    def late(body: dict[str, Any]) -> Response:
        over.wait(60)
        return says("too late")(body)

    with model_server() as server:
        answers = [says(thought(number), usage=(100 + number, 10)) for number in range(20)]
        server.script.extend([*answers[:2], late])
        environment = {
            "PROPOUND_DATABASE_URL": database_url,
            "PROPOUND_REDIS_URL": redis_url,
            "PROPOUND_LEASE_SECONDS": "2",
            "PROPOUND_CONCURRENCY": "1",
            "PROPOUND_EPISODES_IN_FLIGHT": "1",
            "PROPOUND_POLICY": "model",
            "PROPOUND_MAX_STEPS": str(TURNS),
            "PROPOUND_ENDPOINT_URL": server.url,
            "PROPOUND_ENDPOINT_MODEL": "small",
            "PROPOUND_ENDPOINT_PROMPT_PRICE": "1000000",
            "PROPOUND_ENDPOINT_COMPLETION_PRICE": "0",
            "PROPOUND_ENDPOINT_CONCURRENCY": "1",
        }
        publisher = Publisher(redis_url)
        publisher.wake()
        with worker("worker.app", tmp_path / "first.log", **environment) as first:
            wait_until(lambda: len(server.requests) == 3, first)
            first.kill()
        over.set()
        with database.begin() as session:
            assert requests.of_jobs(session, [job_id])[job_id].requests == 2
            assert session.scalars(select(StoredTrajectory)).all() == []
        server.script.extend(answers[2:])
        with worker("worker.app", tmp_path / "second.log", **environment) as second:
            wait_until(lambda: jobs.read(database, job_id).state.is_final, second)
        publisher.close()
        assert len(server.requests) == 1 + EPISODES * TURNS, "only the one that was under way is sent again"

    with database.begin() as session:
        rows = session.scalars(select(StoredRequest).order_by(StoredRequest.number)).all()
        records = session.scalars(select(StoredTrajectory.record).order_by(StoredTrajectory.spec_index)).all()
        spent = requests.of_jobs(session, [job_id])[job_id]
    assert [(row.spec_index, row.turn) for row in rows] == [
        (spec, turn) for spec in range(EPISODES) for turn in range(TURNS)
    ]
    assert {(row.job_id, row.role, row.member, row.failure) for row in rows} == {(job_id, Role.PROPOSER, 0, None)}
    told = [step["text"] for record in records for step in record["steps"]]
    assert told == [thought(number) for number in range(EPISODES * TURNS)]
    assert (spent.requests, spent.failures, spent.unpriced) == (8, 0, 0)
    assert spent.cost == spent.prompt_tokens == sum(range(100, 108))
    assert jobs.read(database, job_id).state is JobState.EXHAUSTED
