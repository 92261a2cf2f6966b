"""What nobody judged teaches nothing: episodes without a verdict are in no mean and get no gradient."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from propound.episode import Episode
from propound.policy.chat import load_tokenizer
from propound.reward import Rewards
from propound.verification.vote import Rejection
from tests.factories import checkpoints, experience
from trainer.advantage import trajectory_advantage
from trainer.experience import Group, read_group
from trainer.figures import carries
from trainer.loss import MGPO, weigh

CONTEXT = 4096


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.write(tmp_path_factory.mktemp("checkpoint"), context=CONTEXT)


@pytest.fixture(scope="module")
def four(folder: Path) -> list[Episode]:
    (group,) = experience.episodes(folder, groups=1, size=4)
    return group


def earning(episode: Episode, terminal: float, rejection: Rejection | None = None) -> Episode:
    """The episode with this reward and every step alike; rejected for this reason, or as it was."""
    rewards = Rewards(terminal=terminal, steps=(0.1,) * len(episode.trajectory.steps), pass_rate=None)
    verdict = episode.verdict
    if rejection is not None:
        verdict = verdict.model_copy(update={"accepted": False, "rejection": rejection})
    return episode.model_copy(update={"rewards": rewards, "verdict": verdict})


def read(folder: Path, episodes: list[Episode]) -> Group:
    return read_group(load_tokenizer(folder), episodes, CONTEXT)


@pytest.mark.parametrize("rejection", [Rejection.UNDECIDED, Rejection.POLICY_FAILED])
def test_a_masked_member_is_in_no_mean(folder: Path, four: list[Episode], rejection: Rejection) -> None:
    """Rewards 1, 2 and 0 without a verdict: mean 3/2 and deviation 1/2, not 1 and sqrt(2/3)."""
    group = read(folder, [earning(four[0], 1), earning(four[1], 0, rejection), earning(four[2], 2)])
    tensors = group.tensors()
    assert tensors.terminal.tolist() == [1, 2]
    assert trajectory_advantage(tensors.terminal).tolist() == [-1, 1]
    assert len(group.episodes) == 3
    weights = weigh(tensors, tensors.old, tensors.old, MGPO)
    lengths = [len(member.old) for member in group.members]
    assert len(weights.token) == sum(lengths) == group.tokens, "its tokens are not among those that are learned"
    assert weights.token[: lengths[0]].tolist() == pytest.approx([-1] * lengths[0])
    assert weights.token[lengths[0] :].tolist() == pytest.approx([1] * lengths[1])


def test_a_reason_that_is_a_verdict_counts_as_nothing_earned(folder: Path, four: list[Episode]) -> None:
    """Rewards 0, 0 and 3: mean 1, deviation sqrt(2)."""
    refused = [earning(four[0], 0, Rejection.WRONG_ANSWER), earning(four[1], 0, Rejection.NO_SUBMISSION)]
    group = read(folder, [*refused, earning(four[2], 3)])
    expected = [-(0.5**0.5), -(0.5**0.5), 2**0.5]
    assert trajectory_advantage(group.tensors().terminal).tolist() == pytest.approx(expected)


def test_a_group_with_one_verdict_or_none_teaches_nothing(folder: Path, four: list[Episode]) -> None:
    """Not even where its one member has steps of different worth."""
    undecided = [earning(each, 0, Rejection.UNDECIDED) for each in four]
    nothing = read(folder, undecided)
    assert (nothing.members, nothing.tokens) == ((), 0)
    assert not carries(nothing, MGPO)
    one = earning(four[0], 1)
    steps = (0.1, *(-0.02 for _ in one.rewards.steps[1:]))
    one = one.model_copy(update={"rewards": one.rewards.model_copy(update={"steps": steps})})
    assert not carries(read(folder, [one, *undecided[1:]]), MGPO)
    assert carries(read(folder, [one, earning(four[1], 0), *undecided[2:]]), MGPO)


def test_masking_changes_nothing_for_the_others(folder: Path, four: list[Episode]) -> None:
    """The group with a masked member is weighed as the group without it."""
    decided = [experience.rewarded(each, number) for number, each in enumerate(four[:3])]
    masked = [*decided[:1], earning(four[3], 0, Rejection.UNDECIDED), *decided[1:]]
    found, expected = (
        weigh(each, each.old, each.old - 0.1, MGPO)
        for each in (read(folder, made).tensors() for made in (masked, decided))
    )
    torch.testing.assert_close(found.token, expected.token)
