"""The demo, for real: every process, a small job, and nothing left behind, however it ends."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.commands import MODEL, propound, read_until, running
from tests.embedded.processes import processes_of, wait_until_gone

pytestmark = pytest.mark.slow

COUNT = 10


def rows_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_makes_a_file_tells_of_it_and_leaves_nothing_running(tmp_path: Path) -> None:
    first = propound("demo", "--count", str(COUNT), folder=tmp_path, **MODEL)
    assert first.returncode == 0, first.stdout + first.stderr
    (path,) = (tmp_path / "exports").glob("demo-*.jsonl")
    rows = rows_of(path)
    assert len(rows) == COUNT
    domains = Counter(str(row["domain"]) for row in rows)
    assert set(domains) == {"mathematics", "coding", "science"}
    assert f"{COUNT}/{COUNT} accepted, succeeded" in first.stdout
    assert str(path.relative_to(tmp_path)) in first.stdout
    assert first.stdout.count("Answer: ") == 3
    assert "\x1b" not in first.stdout
    check_funnel(first.stdout)
    assert wait_until_gone(tmp_path) == {}

    again = propound("demo", "--count", str(COUNT), "--out", "again.jsonl", folder=tmp_path, **MODEL)
    assert again.returncode == 0, again.stdout + again.stderr
    assert digest(tmp_path / "again.jsonl") == digest(path)


def check_funnel(said: str) -> None:
    """The printed table adds up."""
    lines = said[said.index("episodes") :].splitlines()[1:]
    table = [match for line in lines if (match := re.fullmatch(r"(.+?) +(\d+) *", line)) and "/" not in line]
    name, proposed = table[0].groups()
    assert name == "proposed"
    parts = [int(match[2]) for match in table[1:] if match[1].startswith("  ")]
    assert int(proposed) == sum(parts)
    assert COUNT in parts


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("moment", "signum"),
    [
        ("Starting PostgreSQL", signal.SIGTERM),
        ("Starting the API", signal.SIGINT),
        ("Submitted", signal.SIGTERM),
        ("running", signal.SIGINT),
    ],
)
def test_interrupted_at_any_moment(tmp_path: Path, moment: str, signum: signal.Signals) -> None:
    with running("demo", "--count", "2000", folder=tmp_path, more=MODEL) as process:
        said = read_until(process, moment)
        assert moment in said
        process.send_signal(signum)
        assert process.stdout is not None
        said += process.stdout.read()
        assert process.wait() == 128 + signum, said
    assert "everything is stopped" in said
    assert "Traceback" not in said
    assert wait_until_gone(tmp_path) == {}


def test_killed_demo_leaves_nothing_and_does_not_hinder_the_next(tmp_path: Path) -> None:
    with running("demo", "--count", "2000", folder=tmp_path, more=MODEL) as process:
        read_until(process, "running")
        process.kill()
    assert wait_until_gone(tmp_path) == {}
    after = propound("demo", "--count", "3", folder=tmp_path)
    assert after.returncode == 0, after.stdout + after.stderr


@pytest.mark.parametrize("name", ["uvicorn", "celery", "postgres"])
def test_death_of_a_process_is_told_and_ends_the_demo(tmp_path: Path, name: str) -> None:
    with running("demo", "--count", "2000", folder=tmp_path) as process:
        said = read_until(process, "running")
        assert "running" in said
        parents = children_of(process.pid)
        (victim,) = [pid for pid, command in processes_of(tmp_path).items() if name in command and pid in parents]
        os.kill(victim, signal.SIGKILL)
        assert process.stdout is not None
        said = process.stdout.read()
        assert process.wait() == 1, said
    assert "was ended by SIGKILL" in said or "ended with exit code" in said
    assert "The end of" in said
    assert "Traceback" not in said.partition("error:")[0]
    assert wait_until_gone(tmp_path) == {}


def children_of(pid: int) -> set[int]:
    return {int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_worker_without_a_sandbox_is_told(tmp_path: Path) -> None:
    run = propound("demo", "--count", "3", folder=tmp_path, PROPOUND_SANDBOX_TIER="none")
    assert run.returncode == 1
    assert "The worker" in run.stderr
    assert wait_until_gone(tmp_path) == {}
