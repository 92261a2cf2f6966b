"""Evidence: intervals by hand, a plan that is read, and a comparison of two real runs."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.factories import checkpoints
from trainer.evidence import Plan, interval, main

PLAN = """
base = "{base}"
seeds = [1, 2]
evaluation = 2
temperature = 1.0

[common]
steps = 1
groups = 1
group_size = 2
refill = 0
evaluation = 0
max_steps = 2
max_tokens = 8
maximum_skills = 1
threads = 1
rate = 1e-4

[arms.mgpo]
algorithm = "mgpo"

[arms.grpo]
algorithm = "grpo"
rate = 2e-4
"""


def test_an_interval_by_hand() -> None:
    mean, half = interval([0.1, 0.2, 0.6])
    assert mean == pytest.approx(0.3)
    # s = sqrt((0.04 + 0.01 + 0.09) / 2) = 0.264575; t(2) = 4.303
    assert half == pytest.approx(4.303 * 0.264575 / math.sqrt(3), rel=1e-5)
    assert interval([0.4]) == (0.4, math.inf)


def test_the_plan_of_the_project_is_sound() -> None:
    plan = Plan.read(Path("trainer/evidence.toml"))
    settings = [plan.settings(arm, plan.seeds[0]) for arm in plan.arms]
    assert len({each.algorithm for each in settings}) == len(settings) >= 3
    assert len({(each.steps, each.groups, each.group_size) for each in settings}) == 1
    for each in settings:
        each.resolved()


def test_runs_are_made_once_and_compared(tmp_path: Path) -> None:
    folder = checkpoints.write(tmp_path / "base", context=8_192)
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN.format(base=folder))
    arguments = [str(plan), str(tmp_path / "out"), "--seeds", "1", "--processes", "2"]
    main(arguments)
    found = (tmp_path / "out" / "evidence.md").read_text()
    assert "| base |" in found
    assert "| mgpo | 1 |" in found
    assert (tmp_path / "out" / "evidence.png").stat().st_size > 1_000
    ended = tmp_path / "out" / "mgpo-1" / "ended.json"
    assert json.loads(ended.read_text())["steps"] <= 1
    before = ended.stat().st_mtime_ns
    main(arguments)
    assert ended.stat().st_mtime_ns == before
