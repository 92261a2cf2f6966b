"""The API as `propound up` starts it: a process of its own, told to stop while somebody listens."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from propound.storage.session import Database
from tests.service.conftest import MakeKey
from tests.service.filling import create, filled
from tests.service.test_events import parse


@pytest.fixture
def process(database_url: str, redis_url: str) -> Iterator[subprocess.Popen[str]]:
    """A server on a free port; it writes what it does to its standard error."""
    environment = {**os.environ, "PROPOUND_DATABASE_URL": database_url, "PROPOUND_REDIS_URL": redis_url}
    command = [sys.executable, "-W", "error", "-m", "uvicorn", "service.app:app", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as started:
        yield started
        started.kill()


def address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(r"running on (http://\S+)", line)
        if found:
            return found[1]
    raise AssertionError("the server did not start")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_stops_at_once_although_a_stream_is_open(
    process: subprocess.Popen[str], database: Database, make_key: MakeKey, number: signal.Signals
) -> None:
    done, waiting = filled(database), create(database, count=3)
    headers = {"Authorization": f"Bearer {make_key()}"}
    with httpx.Client(base_url=address(process), headers=headers, trust_env=False, timeout=60) as client:
        assert client.get("/readyz").status_code == 200
        assert len(client.get(f"/v1/datasets/{done.dataset_id}/export").text.splitlines()) == 6
        with client.stream("GET", f"/v1/jobs/{waiting.job_id}/events") as response:
            events = parse(response.iter_lines())
            assert next(events).data["state"] == "queued"
            process.send_signal(number)
            assert list(events) == [], "the stream ends in good order"

    _, rest = process.communicate(timeout=60)
    assert process.returncode in (0, -number)
    assert "Traceback" not in rest
    assert "Finished server process" in rest
