"""An update sees exactly what was sampled, and is the same however a batch is split, shared or spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from propound.episode import Episode
from propound.policy.chat import load_tokenizer
from propound.policy.checkpoint import load_checkpoint
from propound.trajectory import Outcome
from tests.factories import checkpoints, experience
from tests.factories.networks import logits
from trainer.batch import DataError
from trainer.experience import Group, packs, read_group
from trainer.loss import MGPO
from trainer.network import load_network
from trainer.optimizer import Optimizer, Rates
from trainer.update import Drift, DriftError, Learner

CONTEXT = 4096


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.write(tmp_path_factory.mktemp("checkpoint"), context=CONTEXT)


@pytest.fixture(scope="module")
def sampled(folder: Path) -> list[list[Episode]]:
    return experience.episodes(folder)


@pytest.fixture(scope="module")
def groups(folder: Path, sampled: list[list[Episode]]) -> list[Group]:
    rewarded = [
        [experience.rewarded(each, (i, j)) for j, each in enumerate(g)] for i, g in enumerate(sampled)
    ]
    return [read_group(load_tokenizer(folder), each, CONTEXT) for each in rewarded]


def learner(folder: Path, *, pack: int = 100_000, share: bool = True, low_precision: bool = False) -> Learner:
    network, reference = load_network(folder), load_network(folder)
    with torch.no_grad():
        for parameter in reference.parameters():
            parameter.mul_(1.01)
    rates = Rates(matrices=1e-4, others=1e-4)
    return Learner(
        network,
        reference,
        Optimizer(network, rates),
        MGPO,
        pack=pack,
        share=share,
        threads=2,
        low_precision=low_precision,
    )


def gradients(which: Learner, groups: Sequence[Group]) -> tuple[float, list[Tensor]]:
    found = which.gradients(which.weigh(groups, {groups[0].version}))
    return found.loss, found.parameters


def test_what_was_sampled_is_what_the_trainer_sees(folder: Path, groups: list[Group]) -> None:
    measured = learner(folder).measure(groups)
    for group, each in zip(groups, measured, strict=True):
        torch.testing.assert_close(each, group.tensors().old, atol=1e-3, rtol=0)


def test_temperature_is_part_of_what_was_sampled(folder: Path) -> None:
    (episodes,) = experience.episodes(folder, groups=1, size=2, temperature=0.6)
    group = read_group(load_tokenizer(folder), episodes, CONTEXT)
    (measured,) = learner(folder).measure([group])
    torch.testing.assert_close(measured, group.tensors().old, atol=1e-3, rtol=0)


def test_a_batch_that_drifts_is_refused_with_a_diagnosis(folder: Path, groups: list[Group]) -> None:
    other = learner(folder)
    with torch.no_grad():
        next(iter(other.optimizer.parameters)).mul_(1.05)
    with pytest.raises(DriftError, match=r"was recorded with .* the engine and the trainer disagree"):
        other.weigh(groups, {groups[0].version})
    other.weigh(groups, {"another version"})
    other.drift = Drift(usual=10.0, largest=50.0)
    other.weigh(groups, {groups[0].version})


def recorded_otherwise(group: Group, by: float) -> Group:
    """The group as if its tokens had been recorded with other log-probabilities."""
    members = tuple(replace(each, old=tuple(old - by for old in each.old)) for each in group.members)
    return replace(group, members=members)


def test_of_exact_groups_one_a_turn_is_measured_and_the_rest_is_as_recorded(
    folder: Path, groups: list[Group]
) -> None:
    versions = {groups[0].version}
    batch = learner(folder).weigh(groups, versions, 1)
    assert [bool((each.weights.ratio == 1).all()) for each in batch] == [True, False]
    wrong = [groups[0], recorded_otherwise(groups[1], 0.01)]
    for turn in (0, 2):
        learner(folder).weigh(wrong, versions, turn)
    for turn in (1, 3):
        with pytest.raises(DriftError):
            learner(folder).weigh(wrong, versions, turn)


@pytest.mark.parametrize("low_precision", [True, False])
def test_what_the_gradient_sees_is_compared_with_every_record(
    folder: Path, groups: list[Group], low_precision: bool
) -> None:
    which = learner(folder, low_precision=low_precision)
    versions = {groups[0].version}
    which.gradients(which.weigh(groups, versions))
    batch = which.weigh([groups[0], recorded_otherwise(groups[1], 1.0)], versions)
    with pytest.raises(DriftError, match=r"was recorded with"):
        which.gradients(batch)


def test_rounding_of_the_gradients_own_pass_is_no_drift(
    folder: Path, groups: list[Group], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pass beyond the rough bound is judged by one in float32, which agrees with the record here."""
    which = learner(folder, low_precision=True)
    batch = which.weigh(groups, {groups[0].version})
    measured: list[Group] = []
    measure = which.measure

    def counted(which_groups: Sequence[Group], **how: bool) -> list[Tensor]:
        measured.extend(which_groups)
        return measure(which_groups, **how)

    monkeypatch.setattr(which, "measure", counted)
    which.gradients(batch)
    assert not measured
    monkeypatch.setattr("trainer.update.ROUGH", Drift(0.0, 0.0))
    which.gradients(batch)
    assert measured == list(groups)


def test_a_loss_that_is_no_number_is_given_not_taken_for_drift(folder: Path, groups: list[Group]) -> None:
    which = learner(folder)
    batch = which.weigh(groups, {groups[0].version})
    with torch.no_grad():
        next(iter(which.optimizer.parameters)).fill_(float("nan"))
    assert math.isnan(which.gradients(batch).loss)


def test_entropies_are_those_of_all_tokens_of_the_batch(folder: Path, groups: list[Group]) -> None:
    """One token at a time, from a plain forward pass of its trajectory."""
    which = learner(folder, pack=1500)
    expected = []
    for group in groups:
        for stretch in group.stretches:
            ids = torch.tensor(stretch.ids)
            with torch.no_grad():
                full = torch.log_softmax(logits(which.network, ids, [len(ids)]), -1)
            expected += [-(full[place - 1].exp() * full[place - 1]).sum() for place in stretch.own]
    found = which.gradients(which.weigh(groups, {groups[0].version})).entropies
    torch.testing.assert_close(found, torch.stack(expected).double(), atol=1e-4, rtol=1e-4)


def test_a_shared_prompt_changes_no_gradient(folder: Path, groups: list[Group]) -> None:
    loss, shared = gradients(learner(folder, share=True), groups)
    plain_loss, plain = gradients(learner(folder, share=False), groups)
    assert loss == pytest.approx(plain_loss, abs=1e-6)
    for first, second in zip(shared, plain, strict=True):
        torch.testing.assert_close(first, second, atol=1e-6, rtol=1e-4)


def test_sharing_computes_the_prompt_once(groups: list[Group]) -> None:
    group = groups[0]
    (pack,) = packs(group, 100_000)
    prompt = group.stretches[0].prompt
    assert pack.shared
    assert pack.lengths[0] == prompt - 1
    assert len(pack.ids) == group.length - (len(group.members) - 1) * (prompt - 1)
    (plain,) = packs(group, 100_000, share=False)
    assert len(plain.ids) == group.length
    assert plain.ids[plain.chosen + 1].tolist() == plain.targets.tolist()
    assert pack.targets.tolist() == plain.targets.tolist()


def test_two_trajectories_share_a_prompt_however_small_a_pack_may_be(groups: list[Group]) -> None:
    assert [len(each.lengths) for each in packs(groups[0], 1)] == [3, 2]
    assert [len(each.lengths) for each in packs(groups[0], 1, share=False)] == [1, 1, 1]


@pytest.mark.parametrize("share", [True, False])
@pytest.mark.parametrize("pack", [1, 1500])
def test_micro_batches_change_no_gradient(folder: Path, groups: list[Group], pack: int, share: bool) -> None:
    assert len(list(packs(groups[0], pack, share=share))) > 1
    loss, whole = gradients(learner(folder), groups)
    split_loss, split = gradients(learner(folder, pack=pack, share=share), groups)
    assert loss == pytest.approx(split_loss, abs=1e-6)
    for first, second in zip(whole, split, strict=True):
        torch.testing.assert_close(first, second, atol=1e-6, rtol=1e-4)


def test_the_gradient_is_that_of_a_padded_batch_and_only_of_the_agents_own_tokens(
    folder: Path, groups: list[Group]
) -> None:
    """Against one forward pass per trajectory, with every other token's weight at zero."""
    which = learner(folder)
    batch = which.weigh(groups, {groups[0].version})
    found = which.gradients(batch).parameters
    network = which.network
    total = sum(group.tokens for group in groups)
    loss = torch.zeros(())
    for each in batch:
        start = 0
        for stretch in each.group.stretches:
            ids = torch.tensor([*stretch.ids, *[0] * 50])
            everywhere = torch.zeros(len(ids))
            everywhere[list(stretch.own)] = each.weights.token[start : start + len(stretch.own)].float()
            start += len(stretch.own)
            full = logits(network, ids, [len(ids)])
            taken = -F.cross_entropy(full[:-1], ids[1:], reduction="none")
            loss = loss - (everywhere[1:] * taken).sum() / total
    expected = torch.autograd.grad(loss, which.optimizer.parameters)
    for first, second in zip(found, expected, strict=True):
        torch.testing.assert_close(first, second, atol=1e-6, rtol=1e-4)


def test_low_precision_changes_the_gradient_little(folder: Path, groups: list[Group]) -> None:
    _, exact = gradients(learner(folder), groups)
    _, fast = gradients(learner(folder, low_precision=True), groups)
    flat, other = (torch.cat([each.flatten() for each in which]) for which in (exact, fast))
    assert float(F.cosine_similarity(flat, other, dim=0)) > 0.98


def test_an_update_moves_towards_what_was_rewarded(folder: Path, groups: list[Group]) -> None:
    which = learner(folder)
    batch = which.weigh(groups, {groups[0].version})
    which.update(batch)
    after = which.measure(groups)
    gain = sum(
        float((each.weights.token * (now - each.current)).sum())
        for each, now in zip(batch, after, strict=True)
    )
    assert gain > 0


def test_a_trajectory_without_a_token_counts_by_its_reward_alone(
    folder: Path, sampled: list[list[Episode]]
) -> None:
    failed = sampled[0][0].model_copy(
        update={
            "trajectory": sampled[0][0].trajectory.model_copy(
                update={"steps": (), "outcome": Outcome.POLICY_FAILED}
            ),
            "rewards": sampled[0][0].rewards.model_copy(update={"steps": ()}),
        }
    )
    group = read_group(load_tokenizer(folder), [failed, *sampled[0][1:]], CONTEXT)
    assert len(group.tensors().terminal) == 3
    _, found = gradients(learner(folder), [group])
    assert all(bool(each.isfinite().all()) for each in found)


def test_groups_that_do_not_belong_together_are_refused(folder: Path, sampled: list[list[Episode]]) -> None:
    tokenizer = load_tokenizer(folder)
    with pytest.raises(DataError, match="several specs"):
        read_group(tokenizer, [sampled[0][0], sampled[1][0]], CONTEXT)
    trajectory = sampled[0][0].trajectory
    other = sampled[0][1].model_copy(
        update={"trajectory": trajectory.model_copy(update={"policy_version": "f" * 16})}
    )
    with pytest.raises(DataError, match="several policies"):
        read_group(tokenizer, [sampled[0][0], other], CONTEXT)
    unsampled = trajectory.model_copy(
        update={"steps": tuple(step.model_copy(update={"sampling": None}) for step in trajectory.steps)}
    )
    with pytest.raises(DataError, match="no record of its tokens"):
        read_group(tokenizer, [sampled[0][0].model_copy(update={"trajectory": unsampled})], CONTEXT)
    with pytest.raises(DataError, match="more than the context"):
        read_group(tokenizer, sampled[0], 100)


def test_the_version_of_a_group_is_that_of_the_checkpoint(folder: Path, groups: list[Group]) -> None:
    assert groups[0].version == load_checkpoint(folder).version
