"""Work that is killed on its way and done again asks only for what is missing: nothing is paid or counted twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.responses import Response

from propound.storage import requests
from propound.storage.session import Database
from tests.factories import jobs
from tests.factories.model_server import Answer, ModelServer, fails, model_server, says

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from propound.models.catalogue import Model
from propound.models.client import Client, Persistence
from propound.models.purpose import Origin, Purpose, Role
from propound.storage.requests import DatabaseLedger
from propound.storage.session import Database

database_url, url, job = sys.argv[1:]
model = Model(name="qwen", served="m", url=url, prompt_price=1e6, completion_price=0)
client = Client(model, DatabaseLedger(Database(database_url)), persistence=Persistence(first_wait_s=0.01))
said = []
for turn in range(6):
    messages = [{"role": "user", "content": " ".join(["go on:", *said])}]
    purpose = Purpose(origin=Origin(job=job, spec=4), member=1, role=Role.PROPOSER, turn=turn)
    said.append(client.ask(messages, purpose=purpose, seed=turn, temperature=1.0).text)
print(*said)
"""


def run(database_url: str, server: ModelServer, job_id: str) -> subprocess.Popen[str]:
    """Six requests, each of which follows from the answers before."""
    words = [sys.executable, "-c", PROGRAM, database_url, server.url, job_id]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def answers() -> list[Answer]:
    return [says(f"word{number}", usage=(1, 1)) for number in range(20)]


@pytest.mark.parametrize("failing", [False, True], ids=["all answered", "with failures"])
def test_a_killed_process_is_not_paid_for_again(database: Database, database_url: str, *, failing: bool) -> None:
    job_id = jobs.make(database)
    over = Event()

    def late(body: dict[str, Any]) -> Response:
        over.wait(60)
        return says("too late")(body)

    with model_server() as server:
        busy = [fails(503, "loading")] if failing else []
        server.script.extend([*answers()[:2], *busy, answers()[2], late])
        killed = run(database_url, server, job_id)
        sent = 4 + len(busy)
        deadline = time.monotonic() + 60
        while len(server.requests) < sent:
            assert time.monotonic() < deadline
            assert killed.poll() is None
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        over.set()
        with database.begin() as session:
            before = requests.of_jobs(session, [job_id])[job_id]
        assert (before.requests, before.failures, before.cost) == (3 + len(busy), len(busy), 3.0)

        server.script.extend(answers()[3:])
        again = run(database_url, server, job_id)
        said, _ = again.communicate(timeout=60)
        assert again.returncode == 0
        assert said.split() == [f"word{number}" for number in range(6)]
        assert len(server.requests) == sent + 3, "only the one under way at the kill, and those after it"

        once_more = run(database_url, server, job_id)
        assert once_more.communicate(timeout=60)[0] == said
        assert len(server.requests) == sent + 3, "all is there"
    with database.begin() as session:
        found = requests.of_jobs(session, [job_id])[job_id]
    assert (found.requests, found.failures, found.cost) == (6 + len(busy), len(busy), 6.0)
    assert (found.prompt_tokens, found.completion_tokens, found.unpriced) == (6, 6, 0)
    assert set(found.by_role) == {"proposer"}
