"""Groups of others that cannot be read: refused one by one, counted, and never the end of a run that has others."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from propound.episode import Episode
from propound.policy.chat import load_tokenizer
from propound.training import StopReason
from propound.trajectory import Sampling, Step
from tests.factories import checkpoints, experience
from tests.trainer.refining import changed, metrics, refine_file
from trainer.batch import DataError
from trainer.experience import read_group
from trainer.intake import UnreadableGroupsError
from trainer.refine import Refined
from trainer.settings import RefineSettings
from trainer.sources import write_groups

pytestmark = pytest.mark.slow

CONTEXT = 4096
VOCABULARY = checkpoints.TINY["vocabulary"]
SETTINGS = RefineSettings(
    steps=3, groups=2, group_size=3, evaluation=0, mark=9, rate=1e-3, low_precision=False, health=False
)
_OF_SOURCE = ("taken_groups", "refused_groups", "refusals")


def _sampled(**changed: Callable[[Sampling], Any]) -> Callable[[Step], Step]:
    def change(step: Step) -> Step:
        assert isinstance(step.sampling, Sampling)
        new = {name: value(step.sampling) for name, value in changed.items()}
        return step.model_copy(update={"sampling": step.sampling.model_copy(update=new)})

    return change


def _talkative(step: Step) -> Step:
    return step.model_copy(
        update={"observation": step.observation.model_copy(update={"text": "x" * CONTEXT})}
    )


SPOILT: dict[str, tuple[Callable[[Step], Step], str]] = {
    "cold": (_sampled(temperature=lambda _: 0.0), "at temperature 0 "),
    "unrecorded": (lambda step: step.model_copy(update={"sampling": None}), "no record of its tokens"),
    "long": (_talkative, "more than the context of 4096"),
    "large": (
        _sampled(token_ids=lambda s: tuple(10**6 + i for i in s.token_ids)),
        "beyond the network's 320",
    ),
    "negative": (_sampled(token_ids=lambda s: tuple(-1 for _ in s.token_ids)), "beyond the network's 320"),
    "foreign": (_sampled(token_ids=lambda s: tuple(i % 90 + 1 for i in s.token_ids)), "another tokenizer's"),
    "no number": (
        _sampled(log_probabilities=lambda s: tuple(math.nan for _ in s.log_probabilities)),
        "no numbers",
    ),
}
"""What can be wrong with the steps of a group, and how the refusal says so."""


def spoil(group: list[Episode], kind: str) -> list[Episode]:
    """The group as another policy of that name would have recorded it."""
    change, _ = SPOILT[kind]
    spoilt = []
    for each in group:
        steps = tuple(change(step) for step in each.trajectory.steps)
        trajectory = each.trajectory.model_copy(update={"steps": steps, "policy_version": kind})
        spoilt.append(each.model_copy(update={"trajectory": trajectory}))
    return spoilt


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.write(tmp_path_factory.mktemp("checkpoint"), context=CONTEXT)


@pytest.fixture(scope="module")
def good(folder: Path) -> list[list[Episode]]:
    """What three steps need."""
    sampled = experience.episodes(folder, groups=6)
    return [[experience.rewarded(e, (i, j)) for j, e in enumerate(group)] for i, group in enumerate(sampled)]


@pytest.fixture(scope="module")
def mixed(good: list[list[Episode]]) -> list[list[Episode]]:
    """Spoilt groups before, between and after the good ones; a step's first two are spoilt."""
    spoilt = [spoil(good[0], kind) for kind in SPOILT]
    return [*spoilt[:3], *good[:1], *spoilt[3:4], *good[1:3], *spoilt[4:6], *good[3:], *spoilt[6:]]


def run(
    folder: Path, out: Path, groups: list[list[Episode]], settings: RefineSettings = SETTINGS, **given: Any
) -> Refined:
    file = out.with_suffix(".jsonl")
    write_groups(file, groups)
    return refine_file(folder, out, file, settings, **given)


def state(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = torch.load(out / "state.pt", weights_only=True)
    return found


def same_weights(out: Path, other: Path) -> bool:
    found, expected = state(out)["network"], state(other)["network"]
    return all(torch.equal(found[name], value) for name, value in expected.items())


@pytest.mark.parametrize("kind", SPOILT)
def test_what_cannot_be_read_says_why(folder: Path, good: list[list[Episode]], kind: str) -> None:
    tokenizer = load_tokenizer(folder)
    read_group(tokenizer, good[0], CONTEXT, VOCABULARY)
    with pytest.raises(DataError, match=SPOILT[kind][1]):
        read_group(tokenizer, spoil(good[0], kind), CONTEXT, VOCABULARY)


def test_a_reward_is_there_for_each_step_and_a_number(folder: Path, good: list[list[Episode]]) -> None:
    rewards = good[0][0].rewards
    for wrong in ({"steps": rewards.steps[1:]}, {"terminal": math.inf}):
        spoilt = good[0][0].model_copy(update={"rewards": rewards.model_copy(update=wrong)})
        with pytest.raises(DataError, match="no reward for each of its steps"):
            read_group(load_tokenizer(folder), [spoilt, *good[0][1:]], CONTEXT, VOCABULARY)


def test_a_run_learns_from_the_others_as_if_the_spoilt_ones_were_not_there(
    folder: Path,
    tmp_path: Path,
    good: list[list[Episode]],
    mixed: list[list[Episode]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    run(folder, tmp_path / "good", good)
    refined = run(folder, tmp_path / "mixed", mixed)
    assert (refined.reason, refined.steps) == (StopReason.STEPS, 3)
    assert metrics(tmp_path / "mixed", *_OF_SOURCE) == metrics(tmp_path / "good", *_OF_SOURCE)
    assert same_weights(tmp_path / "mixed", tmp_path / "good")
    counted = [[step[name] for name in _OF_SOURCE[:2]] for step in metrics(tmp_path / "mixed")]
    assert counted == [[6, 4], [4, 2], [2, 0]]
    said = [line for line in caplog.messages if "refused" in line]
    assert len(said) == 6
    for number, kind, line in zip((1, 2, 3, 5, 8, 9), SPOILT, said, strict=False):
        assert line.startswith(f"group {number} of the source is refused: ")
        assert SPOILT[kind][1] in line
    reasons = metrics(tmp_path / "mixed")[0]["refusals"]
    assert sum(reasons.values()) == 4
    assert "Of 12 groups of its source 6 could not be read." in (tmp_path / "mixed/report.md").read_text()


def test_it_goes_on_exactly_across_refused_groups(
    folder: Path, tmp_path: Path, mixed: list[list[Episode]]
) -> None:
    run(folder, tmp_path / "whole", mixed)
    for stop in (1, 2):
        out = tmp_path / f"stopped-{stop}"
        steps = itertools.count()
        first = run(folder, out, mixed, cancelled=lambda steps=steps, stop=stop: next(steps) == stop)
        assert (first.reason, first.steps) == (StopReason.CANCELLED, stop)
        assert state(out)["taken"] == [6, 10][stop - 1]
        assert run(folder, out, mixed).reason is StopReason.STEPS
        assert metrics(out) == metrics(tmp_path / "whole")
        assert same_weights(out, tmp_path / "whole")


def test_only_spoilt_groups_fail_the_run_and_it_says_why(
    folder: Path, tmp_path: Path, good: list[list[Episode]]
) -> None:
    spoilt = [spoil(good[0], kind) for kind in ("cold", "foreign", "long")]
    with pytest.raises(UnreadableGroupsError) as raised:
        run(folder, tmp_path / "out", spoilt)
    assert str(raised.value).startswith(
        "no group of the source can be read: refused were 3 of 3 groups (1 for: "
    )
    for kind in ("cold", "foreign", "long"):
        assert SPOILT[kind][1] in str(raised.value)
    assert not (tmp_path / "out" / "state.pt").exists()


def test_what_is_refused_at_the_end_is_not_passed_over_in_silence(
    folder: Path, tmp_path: Path, good: list[list[Episode]]
) -> None:
    groups = [*good[:2], spoil(good[0], "cold")]
    refined = run(folder, tmp_path / "out", groups, changed(SETTINGS, steps=9))
    assert (refined.reason, refined.steps) == (StopReason.STARVED, 1)
    assert "refused were 1 of 1 groups (1 for: a group sampled at temperature 0 " in refined.detail
