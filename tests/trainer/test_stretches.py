"""Turns whose prompts are on record: exact, in as few stretches as they allow, and learned from all the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from propound.episode import Episode
from propound.policy.chat import encode_message, generation_prefix, load_tokenizer, sampled_turn
from propound.trajectory import Prompt, Sampling, observation_message
from tests.factories import checkpoints, experience
from tests.trainer.test_update import gradients, learner
from trainer.batch import DataError
from trainer.experience import Experience, Group, Stretch, packs, read_group

CONTEXT = 4096
Render = Callable[[Sequence[int], Sequence[int], list[int]], list[int]]
"""Prompt and sampled tokens of the turn before, and the answer to it -> the next prompt."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.write(tmp_path_factory.mktemp("checkpoint"), context=CONTEXT)


@pytest.fixture(scope="module")
def sampled(folder: Path) -> list[Episode]:
    (group,) = experience.episodes(folder, groups=1)
    return [experience.rewarded(each, j) for j, each in enumerate(group)]


def goes_on(prompt: Sequence[int], ids: Sequence[int], answer: list[int]) -> list[int]:
    return [*prompt, *ids, *answer]


def drops(prompt: Sequence[int], ids: Sequence[int], answer: list[int]) -> list[int]:
    """As a template that leaves out the first half of what was written: the thought."""
    return [*prompt, *ids[len(ids) // 2 :], *answer]


def recorded(folder: Path, episode: Episode, render: Render) -> Episode:
    """The episode as a server with such a template would have had it recorded."""
    tokenizer = load_tokenizer(folder)
    trajectory = episode.trajectory
    prompt = [token for message in trajectory.prompt for token in encode_message(tokenizer, message)]
    prompt += generation_prefix(tokenizer)
    before: tuple[int, ...] = ()
    steps = []
    for step in trajectory.steps:
        assert isinstance(step.sampling, Sampling)
        update = {"prompt": Prompt.of(prompt, before)}
        steps.append(step.model_copy(update={"sampling": step.sampling.model_copy(update=update)}))
        ids = step.sampling.token_ids
        before = (*prompt, *ids)
        _, after = sampled_turn(tokenizer, ids)
        answer = [*after, *encode_message(tokenizer, observation_message(step.observation))]
        prompt = render(prompt, ids, [*answer, *generation_prefix(tokenizer)])
    changed = trajectory.model_copy(update={"steps": tuple(steps)})
    return episode.model_copy(update={"trajectory": changed})


def read(folder: Path, episodes: list[Episode], render: Render) -> Group:
    return read_group(
        load_tokenizer(folder), [recorded(folder, each, render) for each in episodes], CONTEXT, 320
    )


def apart(member: Experience) -> Experience:
    """The same tokens with a stretch for each turn."""
    (whole,) = member.stretches
    found = []
    for step in range(len(member.stages)):
        own = [place for place, of in zip(whole.own, member.step_of, strict=True) if of == step]
        found.append(Stretch(whole.ids[: own[-1] + 1], own[0], tuple(own)))
    return replace(member, stretches=tuple(found))


def test_prompts_that_go_on_are_one_stretch(folder: Path, sampled: list[Episode]) -> None:
    group = read(folder, sampled, goes_on)
    for member, episode in zip(group.members, sampled, strict=True):
        (stretch,) = member.stretches
        samplings = [step.sampling for step in episode.trajectory.steps]
        tokens = [token for each in samplings if isinstance(each, Sampling) for token in each.token_ids]
        assert [stretch.ids[place] for place in stretch.own] == tokens


def test_what_a_template_leaves_out_begins_another_stretch(folder: Path, sampled: list[Episode]) -> None:
    """Of three turns, by hand: prompts P, P b2 A and P b2 A d2 B, written ab = a1 b2, cd, ef."""
    group = read(folder, sampled, drops)
    plain = read(folder, sampled, goes_on)
    for member, whole in zip(group.members, plain.members, strict=True):
        assert len(member.stretches) == len(member.stages) == 3
        assert (member.step_of, member.old) == (whole.step_of, whole.old)
        first, second, third = member.stretches
        prompt, turn = first.ids[: first.prompt], first.ids[first.prompt :]
        assert second.ids[: len(prompt)] == prompt
        half = turn[len(turn) // 2 :]
        assert second.ids[len(prompt) :][: len(half)] == half
        assert third.ids[: second.prompt] == second.ids[: second.prompt]
        assert all(each.own == tuple(range(each.prompt, len(each.ids))) for each in member.stretches)


def test_neither_loss_nor_gradient_depends_on_how_turns_are_split(
    folder: Path, sampled: list[Episode]
) -> None:
    group = read(folder, sampled, goes_on)
    split = replace(group, members=tuple(map(apart, group.members)))
    assert (split.tokens, len(split.stretches)) == (group.tokens, 9)
    loss, whole = gradients(learner(folder), [group])
    for pack, share in ((100_000, True), (100_000, False), (700, True)):
        split_loss, other = gradients(learner(folder, pack=pack, share=share), [split])
        assert loss == pytest.approx(split_loss, abs=1e-6)
        for first, second in zip(whole, other, strict=True):
            torch.testing.assert_close(first, second, atol=1e-6, rtol=1e-4)


def test_a_shared_beginning_changes_no_gradient_of_turns_apart(folder: Path, sampled: list[Episode]) -> None:
    group = read(folder, sampled, drops)
    versions = {"another version"}  # the tiny network did not sample from these prompts
    found = []
    for share in (True, False):
        which = learner(folder, share=share)
        found.append(which.gradients(which.weigh([group], versions)))
    assert found[0].loss == pytest.approx(found[1].loss, abs=1e-6)
    for first, second in zip(found[0].parameters, found[1].parameters, strict=True):
        torch.testing.assert_close(first, second, atol=1e-6, rtol=1e-4)
    (pack,) = packs(group, 100_000)
    assert pack.shared
    assert len(pack.lengths) == 10
    assert pack.lengths[0] == group.stretches[0].prompt - 1


def test_weights_of_turns_apart_by_hand(folder: Path, sampled: list[Episode]) -> None:
    """At the reference, without process rewards: r_T of 1 and 0 are A_E of 1 and -1, the weight of each token."""
    two = []
    for terminal, each in zip((1.0, 0.0), sampled, strict=False):
        steps = tuple(0.0 for _ in each.rewards.steps)
        rewards = each.rewards.model_copy(update={"terminal": terminal, "steps": steps})
        two.append(each.model_copy(update={"rewards": rewards}))
    for render in (goes_on, drops):
        group = read(folder, two, render)
        which = learner(folder)
        which.reference = which.network
        (weighed,) = which.weigh([group], {"another version"})
        assert weighed.weights.step.tolist() == pytest.approx([1, 1, 1, -1, -1, -1])


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        (Prompt(kept=0, ids=(1,) * 4000), "does not spell its messages"),
        (Prompt(kept=5, ids=()), "keeps 5 tokens of 0"),
        (None, "some prompts and not of others"),
    ],
)
def test_a_record_that_does_not_fit_is_refused(
    folder: Path, sampled: list[Episode], prompt: Prompt | None, said: str
) -> None:
    group = [recorded(folder, each, goes_on) for each in sampled]
    first, *others = group[0].trajectory.steps
    assert isinstance(first.sampling, Sampling)
    wrong = first.model_copy(update={"sampling": first.sampling.model_copy(update={"prompt": prompt})})
    trajectory = group[0].trajectory.model_copy(update={"steps": (wrong, *others)})
    group[0] = group[0].model_copy(update={"trajectory": trajectory})
    with pytest.raises(DataError, match=said):
        read_group(load_tokenizer(folder), group, CONTEXT, 320)
