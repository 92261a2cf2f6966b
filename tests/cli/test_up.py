"""`propound up` and the commands around it, for real, as on a normal day."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from propound.embedded.credentials import load_credentials, save_credentials
from propound.embedded.redis import free_port
from tests.cli.commands import propound, read_until, running
from tests.embedded.processes import processes_of, wait_until_gone
from tests.services import Services

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder in which the system runs, and what `propound up` said; it ends cleanly on SIGTERM."""
    folder = tmp_path_factory.mktemp("house")
    with running("up", "--trainer", "--port", str(free_port()), folder=folder) as process:
        said = read_until(process, "Ctrl-C stops it")
        assert "Ctrl-C stops it" in said, said
        yield folder, said
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        rest = process.stdout.read()
        assert process.wait() == 128 + signal.SIGTERM, rest
    assert wait_until_gone(folder) == {}


def answer(folder: Path, *words: str, **more: str) -> Any:
    run = propound(*words, "--json", folder=folder, **more)
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout)


def test_first_key_is_shown_and_kept_for_its_owner(house: tuple[Path, str]) -> None:
    folder, said = house
    (secret,) = re.findall(r"pp_\S+", said)
    kept = folder / ".propound" / "credentials.json"
    assert json.loads(kept.read_text())["key"] == secret
    assert kept.stat().st_mode & 0o077 == 0
    for log in (folder / ".propound" / "logs").iterdir():
        assert secret not in log.read_text()


def test_a_trainer_waits_for_runs(house: tuple[Path, str]) -> None:
    folder, _ = house
    url = load_credentials(folder / ".propound")["url"]
    deadline = time.monotonic() + 120
    while not (ready := httpx.get(f"{url}/readyz", trust_env=False).json())["trainers"]:
        assert time.monotonic() < deadline, ready
        time.sleep(0.2)
    log = (folder / ".propound" / "logs" / "trainer.log").read_text()
    assert "Traceback" not in log
    assert answer(folder, "trainings", "list") == []


def test_a_job_from_the_command_line(house: tuple[Path, str]) -> None:
    folder, _ = house
    words = ("generate", "--count", "4", "--domain", "mathematics", "--max-skills", "2", "--name", "four")
    job = answer(folder, *words, "--out", "four.jsonl")
    assert job["state"] == "succeeded"
    rows = [json.loads(line) for line in (folder / "four.jsonl").read_text().splitlines()]
    assert len(rows) == 4
    assert {row["domain"] for row in rows} == {"mathematics"}
    assert max(len(row["skills"]) for row in rows) <= 2

    listed = answer(folder, "jobs", "list", "--state", "succeeded")
    assert job["id"] in [entry["id"] for entry in listed]
    assert answer(folder, "jobs", "show", job["id"])["funnel"] == job["funnel"]
    shown = propound("jobs", "show", job["id"], folder=folder).stdout
    assert "4/4 accepted, succeeded" in shown
    assert "four" in propound("jobs", "list", folder=folder).stdout
    events = propound("jobs", "watch", "--json", job["id"], folder=folder)
    kinds = [json.loads(line)["kind"] for line in events.stdout.splitlines()]
    assert "state" in kinds
    assert "4/4" in propound("jobs", "watch", job["id"], folder=folder).stdout

    (dataset,) = [entry for entry in answer(folder, "datasets", "list") if entry["job_id"] == job["id"]]
    exported = propound("datasets", "export", dataset["id"], folder=folder)
    assert exported.returncode == 0, exported.stderr
    assert (folder / "exports" / f"{dataset['id']}.jsonl").read_bytes() == (
        folder / "four.jsonl"
    ).read_bytes()
    again = propound("jobs", "cancel", job["id"], folder=folder)
    assert again.returncode == 1
    assert "ended" in again.stderr


def test_a_job_is_cancelled(house: tuple[Path, str]) -> None:
    folder, _ = house
    job = answer(folder, "generate", "--count", "5000")
    assert not job["funnel"]["rejected"]
    assert answer(folder, "jobs", "cancel", job["id"])["state"] in ("cancelling", "cancelled")
    watched = propound("jobs", "watch", job["id"], folder=folder)
    assert "cancelled" in watched.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--skill", "no-such-skill"], "no-such-skill"),
        (["--category", "astrology"], "astrology"),
        (["--domain", "science", "--skill", "modular-power"], "science"),
    ],
)
def test_refused_requests_are_told_in_words(house: tuple[Path, str], words: list[str], said: str) -> None:
    run = propound("generate", "--count", "3", *words, folder=house[0])
    assert run.returncode == 1
    assert said in run.stderr
    assert "Traceback" not in run.stderr


def test_keys(house: tuple[Path, str]) -> None:
    folder, _ = house
    made = answer(folder, "keys", "create", "reader", "--scope", "jobs:read")
    url = json.loads((folder / ".propound" / "credentials.json").read_text())["url"]
    reader = {"PROPOUND_API_KEY": made["secret"], "PROPOUND_URL": url}
    assert answer(folder, "jobs", "list", **reader) is not None
    refused = propound("keys", "list", folder=folder, **reader)
    assert refused.returncode == 1
    assert "scope" in refused.stderr
    assert made["secret"] not in propound("keys", "list", folder=folder).stdout
    assert propound("keys", "revoke", made["id"], folder=folder).returncode == 0
    assert "revoked" in propound("keys", "list", folder=folder).stdout
    gone = propound("jobs", "list", folder=folder, **reader)
    assert gone.returncode == 1
    assert "key" in gone.stderr


def test_the_kept_key_goes_to_no_other_address(house: tuple[Path, str]) -> None:
    run = propound("jobs", "list", "--url", "http://127.0.0.1:1", folder=house[0])
    assert run.returncode == 1
    assert "PROPOUND_API_KEY" in run.stderr


def test_second_system_is_refused(house: tuple[Path, str]) -> None:
    folder, _ = house
    second = propound("up", "--port", str(free_port()), folder=folder)
    assert second.returncode == 1
    assert "already runs" in second.stderr
    port = json.loads((folder / ".propound" / "credentials.json").read_text())["url"].rpartition(":")[2]
    taken = propound("up", "--port", port, folder=folder)
    assert taken.returncode == 1
    assert "PROPOUND_PORT" in taken.stderr


def test_doctor_and_migrate_see_the_running_system(house: tuple[Path, str]) -> None:
    folder, _ = house
    found = {finding["name"]: finding for finding in answer(folder, "doctor")}
    assert all(finding["ok"] for finding in found.values())
    assert "running, newest schema" in found["postgresql"]["detail"]
    assert found["redis"]["detail"] == "embedded, running"
    migrated = propound("migrate", folder=folder)
    assert migrated.returncode == 0
    assert "newest schema" in migrated.stdout
    assert "pp_" not in migrated.stdout


def test_doctor_tells_what_is_missing(tmp_path: Path) -> None:
    run = propound("doctor", folder=tmp_path, PROPOUND_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert run.returncode == 1
    assert re.search(r"postgresql +MISSING", run.stdout)
    assert re.search(r"redis +ok", run.stdout)


@pytest.mark.usefixtures("redis")
def test_servers_elsewhere_are_used_and_left_alone(
    tmp_path: Path, services: Services, process_name: str, redis_url: str
) -> None:
    database_url = services.create_database(f"{process_name}_up")
    named = {"PROPOUND_DATABASE_URL": database_url, "PROPOUND_REDIS_URL": redis_url}
    with running("up", "--port", str(free_port()), folder=tmp_path, more=named) as process:
        said = read_until(process, "Ctrl-C stops it")
        assert "Starting PostgreSQL" not in said
        job = answer(tmp_path, "generate", "--count", "2", "--wait")
        assert job["state"] == "succeeded"
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        rest = process.stdout.read()
        assert process.wait() == 128 + signal.SIGINT, rest
    assert not (tmp_path / ".propound" / "postgres").exists()
    assert wait_until_gone(tmp_path) == {}


def test_a_later_start_keeps_the_key_and_follows_the_address(tmp_path: Path) -> None:
    kept: list[dict[str, str]] = []
    for _ in range(2):
        port = free_port()
        with running("up", "--port", str(port), folder=tmp_path) as process:
            said = read_until(process, "Ctrl-C stops it")
            assert ("pp_" in said) == (not kept), said
            assert answer(tmp_path, "jobs", "list") == []
            kept.append(json.loads((tmp_path / ".propound" / "credentials.json").read_text()))
            assert kept[-1]["url"].endswith(f":{port}")
            process.send_signal(signal.SIGTERM)
            process.wait()
    assert kept[0]["key"] == kept[1]["key"]
    assert wait_until_gone(tmp_path) == {}


def wait_until_they_run(folder: Path, *names: str) -> None:
    """Past the moment between fork and exec, in which a child does not yet know that it dies with its parent."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        commands = [command for command in processes_of(folder).values() if "setpriv" not in command]
        if all(any(f" -m {name} " in command for command in commands) for name in names):
            return
        time.sleep(0.05)
    raise AssertionError(f"{names} did not start: {processes_of(folder)}")


def test_the_first_key_outlives_a_start_that_fails(tmp_path: Path) -> None:
    with running("up", "--port", str(free_port()), folder=tmp_path) as process:
        read_until(process, "Starting the API")
        wait_until_they_run(tmp_path, "uvicorn", "celery")
        process.kill()
    assert wait_until_gone(tmp_path) == {}
    with running("up", "--port", str(free_port()), folder=tmp_path) as process:
        said = read_until(process, "Ctrl-C stops it")
        assert "pp_" not in said
        assert answer(tmp_path, "jobs", "list") == []
        process.send_signal(signal.SIGTERM)
        process.wait()


def test_what_dies_is_started_again_and_a_job_ends_well(tmp_path: Path) -> None:
    """kill -9 of the API, of the worker's parent, of one of its processes, of PostgreSQL and of Redis, under a job."""
    slow = {"PROPOUND_LEASE_SECONDS": "86400"}
    with running("up", "--port", str(free_port()), folder=tmp_path, more=slow) as process:
        assert "Ctrl-C stops it" in read_until(process, "Ctrl-C stops it")
        job = answer(tmp_path, "generate", "--count", "600", "--name", "survivor")
        for name in ("celery", "redis-server", "postgres", "uvicorn"):
            (victim,) = [
                pid
                for pid, command in processes_of(tmp_path).items()
                if name in command and parent_of(pid) == process.pid
            ]
            os.kill(victim, signal.SIGKILL)
            said = read_until(process, "is started again\n")
            assert "was ended by SIGKILL" in said, said
        assert succeeded(tmp_path, job["id"])
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 128 + signal.SIGTERM
    log = (tmp_path / ".propound" / "logs" / "up.log").read_text()
    assert log.count("is started again\n") >= 4
    assert wait_until_gone(tmp_path) == {}


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def succeeded(folder: Path, job_id: str) -> bool:
    """Whether the job comes to its end; the API may be about to start."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        shown = propound("jobs", "show", job_id, "--json", folder=folder)
        if shown.returncode == 0 and json.loads(shown.stdout)["state"] not in ("queued", "running", "finalizing"):
            return bool(json.loads(shown.stdout)["state"] == "succeeded")
        time.sleep(0.2)
    raise AssertionError(f"the job did not end: {shown.stdout}{shown.stderr}")


def test_a_worker_that_cannot_start_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    impossible = {"PROPOUND_SANDBOX_TIER": "none"}
    with running("up", "--port", str(free_port()), folder=tmp_path, more=impossible) as process:
        said = read_until(process, "cannot be kept running")
        assert "The worker does not start" in said
        assert answer(tmp_path, "jobs", "list") == []
        process.send_signal(signal.SIGTERM)
        process.wait()
    assert wait_until_gone(tmp_path) == {}


def test_credentials_that_others_could_change_are_not_trusted(tmp_path: Path) -> None:
    path = save_credentials(tmp_path, "http://127.0.0.1:1", "pp_x")
    assert load_credentials(tmp_path) == {"url": "http://127.0.0.1:1", "key": "pp_x"}
    path.chmod(0o666)
    assert load_credentials(tmp_path) == {}
    path.chmod(0o600)
    for nonsense in ("", "[]", "{", '{"url": 1}'):
        path.write_text(nonsense)
        assert load_credentials(tmp_path) == {}
