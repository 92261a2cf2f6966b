"""A run of MGPO: it learns from groups, goes on exactly where it was stopped, and ends itself when it goes wrong."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from propound.curriculum import draw_spec
from propound.domain import Domain
from propound.episode import Episode
from propound.episodes import EpisodeRunner
from propound.errors import ImpossibleSpecError, UnknownSkillError
from propound.evaluation import held_out_specs
from propound.policy.checkpoint import load_checkpoint
from propound.policy.engines import EngineKind
from propound.refinement import StopRule
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.training import StopReason
from tests.factories import checkpoints, experience
from tests.trainer.refining import changed, metrics, refine_file
from trainer.batch import DataError
from trainer.experience import Group
from trainer.refine import Refined, RefineError, refine
from trainer.settings import RefineSettings
from trainer.sources import read_groups, write_groups

pytestmark = pytest.mark.slow

SETTINGS = RefineSettings(
    steps=4, groups=2, group_size=3, evaluation=0, mark=2, rate=1e-3, low_precision=False, health=False
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.write(tmp_path_factory.mktemp("checkpoint"), context=4096)


@pytest.fixture(scope="module")
def groups(folder: Path) -> list[list[Episode]]:
    """Eight groups, rewarded at random."""
    sampled = experience.episodes(folder, groups=8)
    return [
        [experience.rewarded(each, (i, j)) for j, each in enumerate(group)] for i, group in enumerate(sampled)
    ]


@pytest.fixture
def file(tmp_path: Path, groups: list[list[Episode]]) -> Path:
    path = tmp_path / "groups.jsonl"
    write_groups(path, groups)
    return path


def run(folder: Path, out: Path, file: Path, settings: RefineSettings = SETTINGS, **given: Any) -> Refined:
    return refine_file(folder, out, file, settings, **given)


def weights(out: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = torch.load(out / "state.pt", weights_only=True)["network"]
    return found


def test_a_run_learns_and_leaves_checkpoints(folder: Path, tmp_path: Path, file: Path) -> None:
    seen: list[dict[str, Any]] = []
    refined = run(folder, tmp_path / "out", file, observe=seen.append)
    assert (refined.reason, refined.steps) == (StopReason.STEPS, 4)
    assert refined.folder == tmp_path / "out" / "step-000004"
    assert load_checkpoint(refined.folder).metadata["recipe"]["kind"] == "mgpo"
    assert (tmp_path / "out" / "step-000002").is_dir()
    assert [figures["step"] for figures in seen] == [1, 2, 3, 4]
    assert seen[0]["kl"] == pytest.approx(0, abs=1e-9)
    assert seen[-1]["kl"] > 0
    assert (tmp_path / "out" / "report.png").read_bytes().startswith(b"\x89PNG")
    assert "4 steps" in (tmp_path / "out" / "report.md").read_text()
    before, after = load_checkpoint(folder).version, load_checkpoint(refined.folder).version
    assert before != after


def test_its_problems_are_of_the_skills_asked_for() -> None:
    """In the domains that have them, and so are the held-out ones."""
    library = default_library()
    asked = ("carnot-work", "letter-shift")
    request = changed(SETTINGS, skills=asked, maximum_skills=1).request(library)
    specs = [draw_spec(request, library, index) for index in range(8)] + held_out_specs(
        library, 8, 0, request
    )
    assert {spec.skills for spec in specs} == {(name,) for name in asked}
    assert {spec.domain for spec in specs} == {Domain.CODING, Domain.SCIENCE}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"skills": ("alchemy",)}, UnknownSkillError),
        ({"skills": ("carnot-work",), "minimum_skills": 2}, ImpossibleSpecError),
        ({"minimum_skills": 3, "maximum_skills": 2}, ValidationError),
        ({"level": 9}, ValidationError),
        ({"without": ("submit",)}, ValidationError),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_the_first_step(
    folder: Path, tmp_path: Path, file: Path, change: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        run(folder, tmp_path / "out", file, changed(SETTINGS, **change))


def test_a_group_is_learnt_from_once(folder: Path, tmp_path: Path, file: Path) -> None:
    refined = run(folder, tmp_path / "out", file, changed(SETTINGS, steps=10))
    assert (refined.reason, refined.steps) == (StopReason.STARVED, 4)


def test_it_is_deterministic_and_goes_on_exactly_where_it_was_stopped(
    folder: Path, tmp_path: Path, file: Path
) -> None:
    run(folder, tmp_path / "whole", file)
    for stop in (1, 2, 3):
        out = tmp_path / f"stopped-{stop}"
        steps = itertools.count()
        first = run(folder, out, file, cancelled=lambda steps=steps, stop=stop: next(steps) == stop)
        assert (first.reason, first.steps) == (StopReason.CANCELLED, stop)
        second = run(folder, out, file)
        assert second.steps == 4
        assert metrics(out) == metrics(tmp_path / "whole")
        for name, value in weights(tmp_path / "whole").items():
            assert torch.equal(weights(out)[name], value), name


def test_a_killed_process_costs_time_alone(folder: Path, tmp_path: Path, file: Path) -> None:
    """kill -9 after the first step's state is written, wherever the process then is."""
    out, whole = tmp_path / "out", tmp_path / "whole"
    options = ["--groups", str(file), "--steps", "4", "--groups-per-step", "2", "--rate", "1e-3"]
    command = [sys.executable, "-m", "trainer.mgpo", "--from", str(folder), *options, "--evaluation", "0"]
    environment = {**os.environ, "PYTHONPATH": "."}
    process = subprocess.Popen(
        [*command, "--out", str(out)], env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while not (out / "state.pt").exists():
            assert process.poll() is None
            time.sleep(0.01)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for place in (out, whole):
        subprocess.run(
            [*command, "--out", str(place), "--json"], env=environment, check=True, stdout=subprocess.DEVNULL
        )
    assert len(metrics(out)) == 4
    assert metrics(out) == metrics(whole)
    for name, value in weights(whole).items():
        assert torch.equal(weights(out)[name], value), name


def test_another_runs_folder_is_refused(folder: Path, tmp_path: Path, file: Path) -> None:
    run(folder, tmp_path / "out", file, changed(SETTINGS, steps=1))
    with pytest.raises(RefineError, match="another base or other settings"):
        run(folder, tmp_path / "out", file, changed(SETTINGS, rate=2e-3))
    run(folder, tmp_path / "out", file, changed(SETTINGS, steps=2))


def test_a_stop_rule_ends_the_run_and_takes_the_best_mark(folder: Path, tmp_path: Path, file: Path) -> None:
    rule = StopRule(figure="kl", above=1e-7)
    refined = run(folder, tmp_path / "out", file, changed(SETTINGS, stop=(rule,)))
    assert (refined.reason, refined.detail) == (StopReason.RULE, "kl was above 1e-07")
    assert refined.steps == 2
    marks = [0, 2]
    assert refined.folder.name in {folder.name, *(f"step-{mark:06d}" for mark in marks)}


def test_a_loss_that_is_not_finite_ends_the_run_without_an_update(
    folder: Path, tmp_path: Path, file: Path
) -> None:
    """The first update throws the weights far away: nothing after it is a number."""
    refined = run(folder, tmp_path / "out", file, SETTINGS.model_copy(update={"rate": 1e30}))
    assert (refined.reason, refined.detail, refined.steps) == (
        StopReason.RULE,
        "the loss or its gradient is not finite",
        2,
    )
    assert refined.folder == folder
    assert metrics(tmp_path / "out")[1]["finite"] == 0


def test_groups_without_any_difference_are_not_learnt_from(
    folder: Path, tmp_path: Path, groups: list[list[Episode]]
) -> None:
    alike = [groups[0][0].model_copy(update={"rewards": groups[0][0].rewards})] * 3
    path = tmp_path / "groups.jsonl"
    members = [
        each.model_copy(update={"trajectory": each.trajectory.model_copy(update={"member": i})})
        for i, each in enumerate(alike)
    ]
    write_groups(path, [members])
    refined = run(folder, tmp_path / "out", path, changed(SETTINGS, algorithm="grpo"))
    assert (refined.reason, refined.steps) == (StopReason.STARVED, 0)
    assert refined.folder == folder


def own(folder: Path, out: Path, **chosen: Any) -> Refined:
    """One step on the run's own episodes, which a random network all fails alike."""
    settings = changed(SETTINGS, algorithm="grpo", steps=1, refill=0, max_steps=1, max_tokens=4, **chosen)
    runner = EpisodeRunner(default_library(), open_sandbox())
    return refine(load_checkpoint(folder), settings, out, runner=runner)


def test_own_groups_are_drawn_until_one_carries_a_gradient(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first: list[Group] = []

    def fourth_does(group: Group, _: object) -> bool:
        first.extend([group] if group not in first else [])
        return first.index(group) == 3

    monkeypatch.setattr("trainer.refine.carries", fourth_does)
    assert own(folder, tmp_path / "out").steps == 1
    (figures,) = metrics(tmp_path / "out")
    assert (figures["groups"], figures["dropped_groups"], figures["zero_variance"]) == (4, 3, 1)


def test_transformers_can_sample(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.refine.carries", lambda *_: True)
    assert own(folder, tmp_path / "out", engine=EngineKind.TRANSFORMERS).steps == 1


def test_a_run_whose_own_groups_carry_nothing_ends(folder: Path, tmp_path: Path) -> None:
    refined = own(folder, tmp_path / "out")
    assert (refined.reason, refined.steps) == (StopReason.STARVED, 0)


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"episodes": [{}]}', "{"])
def test_a_file_that_holds_no_groups_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "groups.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(DataError, match=r"line 1: no episode|holds no episode"):
        read_groups(path)


def test_groups_survive_their_file(tmp_path: Path, groups: list[list[Episode]]) -> None:
    path = tmp_path / "groups.jsonl"
    write_groups(path, groups)
    assert read_groups(path) == groups
    single = tmp_path / "episodes.jsonl"
    single.write_text("".join(each.model_dump_json() + "\n" for group in groups for each in group))
    assert read_groups(single) == groups
