"""Evidence: intervals by hand, a plan that is read, and a comparison of two real runs, killed or not."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from propound.curriculum import draw_spec
from propound.episodes import EpisodeRunner, of_specs, run_all
from propound.job import JobRequest
from propound.policy.checkpoint import load_checkpoint
from propound.policy.teacher import Teacher
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.trajectory import ActionKind
from tests.factories import checkpoints
from trainer import evidence
from trainer.evidence import Plan, interval, main, write
from trainer.refine import RefineError
from trainer.settings import RefineSettings

pytestmark = pytest.mark.slow

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


@pytest.mark.parametrize("name", ["default", "pruning", "rates"])
def test_every_arm_of_the_other_plans_can_run(name: str) -> None:
    plan = Plan.read(Path(f"trainer/{name}.toml"))
    for arm in plan.arms:
        assert plan.settings(arm, plan.seeds[0]).request(default_library()).maximum_skills >= 1


def test_the_ablations_change_one_thing_each() -> None:
    plan = Plan.read(Path("trainer/ablations.toml"))
    reference, *others = (plan.settings(arm, 1) for arm in plan.arms)
    assert Plan.read(Path("trainer/evidence.toml")).settings("mgpo", 1) == reference
    changed = []
    for each in others:
        (name,) = (
            n for n in RefineSettings.model_fields if getattr(each, n) != getattr(reference, n)
        )
        changed.append((name, getattr(each, name)))
    assert changed == [
        ("omega", 0.0),
        ("omega", 0.25),
        ("omega", 1.0),
        ("curriculum", True),
    ]
    assert {each.resolved().omega for each in (reference, *others)} == {0.0, 0.25, 0.5, 1.0}


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ('algorithm = "ppo"', ValidationError),
        ("gropus = 3", ValidationError),
        ('without = ["hammer"]', ValidationError),
    ],
)
def test_a_plan_that_is_not_sound_is_refused_before_the_first_run(
    tmp_path: Path, line: str, error: type[Exception]
) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.format(base="weak") + f"\n[arms.wrong]\n{line}\n")
    with pytest.raises(error):
        Plan.read(path)


def test_a_tool_that_is_withheld_is_neither_offered_nor_performed() -> None:
    library = default_library()
    specs = [
        draw_spec(JobRequest(count=1, seed=3, minimum_skills=2, maximum_skills=3), library, i)
        for i in range(9)
    ]
    for withheld in ((), (ActionKind.EDIT,)):
        runner = EpisodeRunner(library, open_sandbox(), Teacher(library), 16, withheld=withheld)
        trajectories = [each.trajectory for each in run_all(runner, of_specs(specs), in_flight=4)]
        offered = ["edit_skills(" in each.prompt[0]["content"] for each in trajectories]
        edits = [step for each in trajectories for step in each.steps if step.action.kind is ActionKind.EDIT]
        assert offered == [not withheld] * len(specs)
        assert edits
        assert any(step.observation.ok for step in edits) is not bool(withheld)


def test_the_table_by_hand(tmp_path: Path) -> None:
    """Two seeds of one arm, one of the other, whose last step was not finite."""
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.format(base="weak"))

    def found(accepted: float, pruned: int) -> dict[str, Any]:
        shares = dict.fromkeys(("submitted", "distinct", "well_formed"), 1.0)
        return {
            **shares,
            "accepted": accepted,
            "verified": 0.5,
            "pass_rate": accepted / 2,
            "pruned": {"episodes": pruned},
            "episodes": 20,
        }

    def step(number: int, **figures: Any) -> str:
        curves = dict.fromkeys(("validity", "reward", "kl", "entropy"), 0.25)
        counts = {"groups": 4, "dropped_groups": 1, "tokens": 1_000}
        return json.dumps({"step": number, "finite": 1.0, **counts, **curves, **figures}) + "\n"

    for run in ("mgpo-1", "mgpo-2", "grpo-2"):
        (tmp_path / run).mkdir()
        steps = (step(n, validity=n / 10) for n in range(1, 7 if run == "mgpo-1" else 3))
        (tmp_path / run / "metrics.jsonl").write_text("".join(steps))
    with (tmp_path / "grpo-2" / "metrics.jsonl").open("a") as lines:
        lines.write(step(3, finite=0.0, kl=None, reward=None, dropped_groups=4, validity=0.3))
    runs = [("grpo", 2, found(0.35, 0)), ("mgpo", 2, found(0.4, 1)), ("mgpo", 1, found(0.2, 3))]
    write(Plan.read(path), tmp_path, found(0.1, 2), runs)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in _lines(tmp_path / "evidence.md")]
    names = rows[0]
    base, mgpo, grpo = (dict(zip(names, row, strict=True)) for row in rows[2:])
    # 12.706 * 0.1414 / sqrt(2) = 1.2706
    assert (mgpo["seeds"], mgpo["accepted"], mgpo["accepted, against mgpo"]) == ("2", "30.0% ± 127.1%", "")
    assert mgpo["pass rate"] == "15.0% ± 63.5%"
    assert mgpo["pruned"] == "10.0% ± 63.5%"
    # updates 2 to 6 of seed 1: 0.4; both of seed 2: 0.15; all three of grpo's seed 2: 0.2
    assert mgpo["valid in the last 5 updates"] == "27.5% ± 158.8%"
    assert grpo["valid in the last 5 updates, against mgpo"] == "+5.0%"
    assert (mgpo["groups that carried a gradient"], mgpo["tokens learnt from"]) == ("75%", "4 k")
    assert (grpo["seeds"], grpo["accepted, against mgpo"]) == ("1", "-5.0%")
    assert (grpo["groups that carried a gradient"], grpo["tokens learnt from"]) == ("50%", "3 k")
    assert (base["accepted"], base["pruned"], base["verified, against mgpo"]) == ("10.0%", "10.0%", "")
    assert (tmp_path / "evidence.png").read_bytes().startswith(b"\x89PNG")


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_a_killed_call_leaves_no_run_behind_and_is_gone_on_with(tmp_path: Path) -> None:
    """kill -9 of the call alone, in the middle of a run: nothing goes on beside the next call."""
    folder = checkpoints.write(tmp_path / "base", context=8_192)
    plan, out = tmp_path / "plan.toml", tmp_path / "out"
    plan.write_text(PLAN.format(base=folder).replace("groups = 1", "groups = 1000"))
    command = [sys.executable, "-m", "trainer.evidence", str(plan), str(out), "--seeds", "1"]
    call = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": ".", "OMP_NUM_THREADS": "1"}, stdout=subprocess.DEVNULL
    )
    try:
        while not (out / "mgpo-1" / "policy").exists():
            assert call.poll() is None
            time.sleep(0.05)
        children = Path(f"/proc/{call.pid}/task/{call.pid}/children").read_text().split()
    finally:
        call.kill()
        call.wait()
    assert len(children) >= 2
    while any(alive(child) for child in children):
        time.sleep(0.05)
    plan.write_text(PLAN.format(base=folder))
    main([str(plan), str(out), "--seeds", "1", "--processes", "1"])
    assert "| grpo | 1 |" in (out / "evidence.md").read_text()
    assert not list(out.rglob("*.partial"))


def alive(process: str) -> bool:
    """Whether it runs: what nobody has waited for is over, too."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_run_that_fails_does_not_keep_the_others_from_being_compared(tmp_path: Path) -> None:
    folder = checkpoints.write(tmp_path / "base", context=8_192)
    plan, out = tmp_path / "plan.toml", tmp_path / "out"
    plan.write_text(PLAN.format(base=folder))
    (out / "mgpo-1").mkdir(parents=True)
    (out / "mgpo-1" / "state.pt").write_bytes(b"no state")
    with pytest.raises(SystemExit, match=r"1 of 2 runs failed:\nmgpo 1: "):
        main([str(plan), str(out), "--seeds", "1", "--processes", "1"])
    assert "| grpo | 1 |" in (out / "evidence.md").read_text()


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
    assert "mean of" not in found
    main([str(plan), str(tmp_path / "out"), "--processes", "2"])
    for arm in ("mgpo", "grpo"):
        assert f"| {arm}, mean of 2 weights | |" in (tmp_path / "out" / "evidence.md").read_text()
        mean = load_checkpoint(tmp_path / "out" / f"{arm}-mean-of-2")
        assert mean.metadata["recipe"]["kind"] == "average"
        assert (
            json.loads((tmp_path / "out" / f"{arm}-mean-of-2.json").read_text())["policy_version"]
            == mean.version
        )
    plan.write_text(PLAN.format(base=folder).replace("rate = 2e-4", "rate = 3e-4"))
    with pytest.raises(RefineError, match="another plan"):
        evidence._run(Plan.read(plan), "grpo", 1, tmp_path / "out" / "grpo-1")
