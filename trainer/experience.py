"""Episodes as the trainer reads them: the exact tokens of a group, whose they are, and what they earned.

Nothing is tokenised again: what the policy sampled is taken from the record, and what lay between is on record too,
or is encoded by the rule that the rollout used (`propound.policy.chat`). Turns that go on with what was there make
one stretch of tokens; a turn whose prompt leaves something out (an earlier thought) begins another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from tokenizers import Tokenizer

from propound.episode import Episode
from propound.policy.chat import encode_message, end_token, sampled_turn
from propound.trajectory import Sampling, Stage, Step, Trajectory, observation_message
from trainer.batch import DataError, Pack
from trainer.loss import GroupTensors

STAGES = tuple(Stage)
"""The cognitive stages by number."""


@dataclass(frozen=True)
class Stretch:
    """Tokens that the network reads in one go."""

    ids: tuple[int, ...]
    """(T,); the last one is the agent's own."""
    prompt: int
    """Tokens before the agent's first one."""
    own: tuple[int, ...]
    """Places of its own tokens, in order."""


@dataclass(frozen=True)
class Experience:
    """One trajectory of S steps with N tokens of the agent's own, which are those of its stretches in a row."""

    stretches: tuple[Stretch, ...]
    """As few as the prompts allow; none where the agent wrote nothing."""
    step_of: tuple[int, ...]
    """Steps of its own tokens, (N,)."""
    old: tuple[float, ...]
    """Their log-probabilities when they were sampled, (N,)."""
    stages: tuple[int, ...]
    """(S,)."""
    process: tuple[float, ...]
    """r_proc, (S,)."""
    terminal: float
    """r_T."""


@dataclass(frozen=True)
class Group:
    """The trajectories of one spec by one policy; one that failed before its first token only has its reward.

    Episodes without a verdict (`Episode.is_decided`) are masked: nobody knows what they are worth, so they are no
    members, add nothing to any mean, and get no gradient.
    """

    members: tuple[Experience, ...]
    """Of the episodes with a verdict, in order."""
    episodes: tuple[Episode, ...]
    """All."""
    temperature: float
    """At which all were sampled."""

    @property
    def tokens(self) -> int:
        """The agent's own tokens, N."""
        return sum(len(member.old) for member in self.members)

    @property
    def length(self) -> int:
        """All tokens that are read."""
        return sum(len(stretch.ids) for stretch in self.stretches)

    @property
    def stretches(self) -> list[Stretch]:
        """Of all members, in order."""
        return [stretch for member in self.members for stretch in member.stretches]

    @property
    def version(self) -> str:
        """Of the policy that sampled."""
        return self.episodes[0].trajectory.policy_version

    def tensors(self) -> GroupTensors:
        """What the loss needs to know, members in a row."""
        owners = [i for i, member in enumerate(self.members) for _ in member.stages]
        starts = [0]
        for member in self.members:
            starts.append(starts[-1] + len(member.stages))
        return GroupTensors(
            terminal=torch.tensor([member.terminal for member in self.members], dtype=torch.float64),
            process=torch.tensor([r for member in self.members for r in member.process], dtype=torch.float64),
            stage=torch.tensor([stage for member in self.members for stage in member.stages]),
            owner=torch.tensor(owners),
            step_of=torch.tensor(
                [
                    start + s
                    for start, member in zip(starts, self.members, strict=False)
                    for s in member.step_of
                ]
            ),
            old=torch.tensor([p for member in self.members for p in member.old], dtype=torch.float64),
        )


def read_group(
    tokenizer: Tokenizer, episodes: Sequence[Episode], context: int, vocabulary: int | None = None
) -> Group:
    """The group of one spec's episodes, for a network of that context and of so many tokens.

    Raises:
        DataError: it was not sampled by one policy at one temperature with log-probabilities, is longer than the
            context, is of several specs, or has other tokens than the network.
        ChatError: its prompt cannot be encoded.
    """
    members = tuple(_read(tokenizer, episode, vocabulary) for episode in episodes if episode.is_decided)
    first = episodes[0].trajectory
    if any(each.trajectory.spec != first.spec for each in episodes):
        raise DataError("episodes of several specs in one group")
    if any(each.trajectory.policy_version != first.policy_version for each in episodes):
        raise DataError("trajectories of several policies in one group")
    samplings = (step.sampling for each in episodes for step in each.trajectory.steps)
    temperatures = {sampling.temperature for sampling in samplings if isinstance(sampling, Sampling)}
    if len(temperatures) != 1:
        raise DataError(f"a group sampled at temperatures {sorted(temperatures)}: expected one")
    (temperature,) = temperatures
    if not 0 < temperature < math.inf:
        raise DataError(f"a group sampled at temperature {temperature:g} has no probabilities to learn from")
    group = Group(members, tuple(episodes), temperature)
    longest = max((len(stretch.ids) for stretch in group.stretches), default=0)
    if longest > context:
        raise DataError(f"a trajectory of {longest} tokens, more than the context of {context}")
    return group


def _read(tokenizer: Tokenizer, episode: Episode, vocabulary: int | None) -> Experience:
    trajectory = episode.trajectory
    earned = (episode.rewards.terminal, *episode.rewards.steps)
    if len(earned) != len(trajectory.steps) + 1 or not all(map(math.isfinite, earned)):
        raise DataError(f"a trajectory of {trajectory.policy} has no reward for each of its steps")
    samplings = []
    for number, step in enumerate(trajectory.steps):
        try:
            samplings.append(_sampling(tokenizer, step, vocabulary))
        except DataError as error:
            raise DataError(f"step {number} of a trajectory of {trajectory.policy} {error}") from None
    recorded = {sampling.prompt is not None for sampling in samplings}
    if len(recorded) > 1:
        raise DataError(f"a trajectory of {trajectory.policy} has a record of some prompts and not of others")
    prompts = (
        _recorded(tokenizer, trajectory, samplings)
        if True in recorded
        else _encoded(tokenizer, trajectory, samplings)
    )
    return Experience(
        stretches=tuple(_stretches(prompts, samplings)),
        step_of=tuple(number for number, each in enumerate(samplings) for _ in each.token_ids),
        old=tuple(value for each in samplings for value in each.log_probabilities),
        stages=tuple(STAGES.index(step.stage) for step in trajectory.steps),
        process=episode.rewards.steps,
        terminal=episode.rewards.terminal,
    )


def _stretches(prompts: Sequence[Sequence[int]], samplings: Sequence[Sampling]) -> Iterator[Stretch]:
    """The turns in as few stretches as their prompts allow."""
    building = _Building()
    for prompt, sampling in zip(prompts, samplings, strict=True):
        if tuple(prompt[: len(building.ids)]) != tuple(building.ids):
            yield building.done()
            building = _Building()
        building.ids += prompt[len(building.ids) :]
        building.own += range(len(building.ids), len(building.ids) + len(sampling.token_ids))
        building.ids += sampling.token_ids
    if building.own:
        yield building.done()


@dataclass
class _Building:
    ids: list[int] = field(default_factory=list)
    own: list[int] = field(default_factory=list)

    def done(self) -> Stretch:
        return Stretch(tuple(self.ids), self.own[0], tuple(self.own))


def _recorded(
    tokenizer: Tokenizer, trajectory: Trajectory, samplings: Sequence[Sampling]
) -> list[Sequence[int]]:
    """The prompts as they were recorded.

    Raises:
        DataError: they do not fit together, or do not spell the episode's own messages.
    """
    prompts: list[Sequence[int]] = []
    before: tuple[int, ...] = ()
    for number, sampling in enumerate(samplings):
        assert sampling.prompt is not None
        try:
            prompts.append(sampling.prompt.after(before))
        except ValueError as error:
            raise DataError(f"step {number} of a trajectory of {trajectory.policy}: {error}") from None
        before = (*prompts[-1], *sampling.token_ids)
    spelt = tokenizer.decode(list(prompts[0]), skip_special_tokens=False)
    if not all(str(message["content"]).strip() in spelt for message in trajectory.prompt):
        raise DataError(
            f"a trajectory of {trajectory.policy} has a prompt that does not spell its messages: it is another"
            " tokenizer's"
        )
    return prompts


def _encoded(
    tokenizer: Tokenizer, trajectory: Trajectory, samplings: Sequence[Sampling]
) -> list[Sequence[int]]:
    """The prompts as the rollout of a checkpoint encodes them: each goes on with the turn before."""
    prompts: list[Sequence[int]] = []
    ids = [token for message in trajectory.prompt for token in encode_message(tokenizer, message)]
    for step, sampling in zip(trajectory.steps, samplings, strict=True):
        before, after = sampled_turn(tokenizer, sampling.token_ids)
        ids += before
        prompts.append(tuple(ids))
        answer = encode_message(tokenizer, observation_message(step.observation))
        ids += [*sampling.token_ids, *after, *answer]
    return prompts


def _sampling(tokenizer: Tokenizer, step: Step, vocabulary: int | None) -> Sampling:
    """The record of a step's tokens.

    Raises:
        DataError: there is none, or not of this tokenizer; the message goes on from the name of the step.
    """
    sampling = step.sampling
    if not isinstance(sampling, Sampling) or not sampling.token_ids:
        raise DataError("has no record of its tokens")
    if len(sampling.token_ids) != len(sampling.log_probabilities):
        raise DataError("has no record of its tokens")
    if not all(map(math.isfinite, sampling.log_probabilities)):
        raise DataError("has log-probabilities that are no numbers")
    ids = sampling.token_ids
    read = sampling.prompt.ids if sampling.prompt else ()
    if vocabulary is not None and not all(0 <= token < vocabulary for token in (*read, *ids)):
        raise DataError(f"has tokens beyond the network's {vocabulary}")
    if sampling.prompt:
        return sampling  # its text lacks the thought, and its calls may be written otherwise
    content = ids[:-1] if ids[-1:] == (end_token(tokenizer),) else ids
    # a server may leave out special tokens, and the blanks at both ends
    texts = {tokenizer.decode(content, skip_special_tokens=skip).strip() for skip in (False, True)}
    if step.text.strip() not in texts:
        raise DataError("has tokens that do not spell its text: they are another tokenizer's")
    return sampling


def packs(group: Group, size: int, *, share: bool = True) -> Iterator[Pack]:
    """The group in packs of at most about `size` tokens, stretches in order.

    With `share` the common beginning of the prompts is in each pack once, and two stretches at least share it, however
    long they are. It ends before the prompt's last token, which each stretch has for itself: the agent's first token is
    predicted there.
    """
    stretches = group.stretches
    common = _common(stretches) if share else 0
    pending: list[Stretch] = []
    room = size - common
    for stretch in stretches:
        length = len(stretch.ids) - common
        if len(pending) > bool(common) and length > room:
            yield _pack(pending, common)
            pending, room = [], size - common
        pending.append(stretch)
        room -= length
    yield _pack(pending, common)


def _common(stretches: Sequence[Stretch]) -> int:
    """How many tokens all prompts begin with, their last ones left out; 0 where there is nobody to share with."""
    if len(stretches) < 2:
        return 0
    first = stretches[0].ids
    common = min(stretch.prompt for stretch in stretches) - 1
    for stretch in stretches[1:]:
        while common and stretch.ids[:common] != first[:common]:
            differs = (one != other for one, other in zip(stretch.ids, first, strict=False))
            common = min(common, next(place for place, each in enumerate(differs) if each))
    return common


def _pack(stretches: Sequence[Stretch], common: int) -> Pack:
    ids = list(stretches[0].ids[:common])
    lengths = [common] if common else []
    chosen: list[int] = []
    targets: list[int] = []
    for stretch in stretches:
        start = len(ids) - common
        chosen += (start + place - 1 for place in stretch.own)
        targets += (stretch.ids[place] for place in stretch.own)
        ids += stretch.ids[common:]
        lengths.append(len(stretch.ids) - common)
    return Pack(torch.tensor(ids), lengths, torch.tensor(chosen), torch.tensor(targets), bool(common))
