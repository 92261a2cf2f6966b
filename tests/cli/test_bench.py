"""The benchmark measures what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from propound.cli import bench
from propound.job import JobRequest
from tests.cli.commands import propound
from tests.embedded.processes import wait_until_gone

pytestmark = pytest.mark.slow


def test_stages_are_timed_with_their_part_in_the_sandbox() -> None:
    stages = {stage.name: stage for stage in bench.time_stages(JobRequest(count=5, seed=3), 6)}
    assert set(stages) == {"draw the spec", "propose", "verify", "reward"}
    for name in ("propose", "verify"):
        assert stages[name].sandbox_runs >= 1
        assert 0 < stages[name].sandbox_milliseconds <= stages[name].milliseconds
    assert stages["draw the spec"].sandbox_runs == 0


def test_a_whole_job_is_measured(tmp_path: Path) -> None:
    run = propound("bench", "--count", "4", "--json", folder=tmp_path)
    assert run.returncode == 0, run.stderr
    measured = json.loads(run.stdout)["throughput"]
    assert measured["problems"] == 4
    assert measured["episodes"] >= 4
    assert measured["problems_per_second"] > 0
    assert wait_until_gone(tmp_path) == {}
