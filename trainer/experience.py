"""Episodes as the trainer reads them: the exact tokens of a group, whose they are, and what they earned.

Nothing is tokenised again: what the policy sampled is taken from the record, and what lay between is encoded by
the rule that the rollout used (`propound.policy.chat`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from propound.episode import Episode
from propound.policy.chat import encode_message, end_token, sampled_turn
from propound.trajectory import Sampling, Stage, Step, observation_message
from trainer.batch import DataError, Pack
from trainer.loss import GroupTensors

STAGES = tuple(Stage)
"""The cognitive stages by number."""


@dataclass(frozen=True)
class Experience:
    """One trajectory of S steps: T tokens, N of them the agent's own."""

    ids: tuple[int, ...]
    prompt: int
    """Tokens before the agent's first one."""
    own: tuple[int, ...]
    """Places of its own tokens, (N,)."""
    step_of: tuple[int, ...]
    """Their steps, (N,)."""
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
    """The trajectories of one spec by one policy; one that failed before its first token only has its reward."""

    members: tuple[Experience, ...]
    episodes: tuple[Episode, ...]
    temperature: float
    """At which all were sampled."""

    @property
    def tokens(self) -> int:
        """The agent's own tokens, N."""
        return sum(len(member.own) for member in self.members)

    @property
    def length(self) -> int:
        """All tokens, T."""
        return sum(len(member.ids) for member in self.members)

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
    members = tuple(_read(tokenizer, episode, vocabulary) for episode in episodes)
    first = episodes[0].trajectory
    if any(each.trajectory.spec != first.spec for each in episodes):
        raise DataError("episodes of several specs in one group")
    if any(each.trajectory.policy_version != first.policy_version for each in episodes):
        raise DataError("trajectories of several policies in one group")
    samplings = (step.sampling for each in episodes for step in each.trajectory.steps)
    temperatures = {sampling.temperature for sampling in samplings if sampling}
    if len(temperatures) != 1:
        raise DataError(f"a group sampled at temperatures {sorted(temperatures)}: expected one")
    (temperature,) = temperatures
    if not 0 < temperature < math.inf:
        raise DataError(f"a group sampled at temperature {temperature:g} has no probabilities to learn from")
    longest = max(len(member.ids) for member in members)
    if longest > context:
        raise DataError(f"a trajectory of {longest} tokens, more than the context of {context}")
    return Group(members, tuple(episodes), temperature)


def _read(tokenizer: Tokenizer, episode: Episode, vocabulary: int | None) -> Experience:
    trajectory = episode.trajectory
    earned = (episode.rewards.terminal, *episode.rewards.steps)
    if len(earned) != len(trajectory.steps) + 1 or not all(map(math.isfinite, earned)):
        raise DataError(f"a trajectory of {trajectory.policy} has no reward for each of its steps")
    ids = [token for message in trajectory.prompt for token in encode_message(tokenizer, message)]
    own: list[int] = []
    step_of: list[int] = []
    old: list[float] = []
    prompt = 0
    for number, step in enumerate(trajectory.steps):
        try:
            sampling = _sampling(tokenizer, step, vocabulary)
        except DataError as error:
            raise DataError(f"step {number} of a trajectory of {trajectory.policy} {error}") from None
        before, after = sampled_turn(tokenizer, sampling.token_ids)
        ids += before
        prompt = prompt or len(ids)
        own += range(len(ids), len(ids) + len(sampling.token_ids))
        step_of += [number] * len(sampling.token_ids)
        old += sampling.log_probabilities
        ids += [
            *sampling.token_ids,
            *after,
            *encode_message(tokenizer, observation_message(step.observation)),
        ]
    return Experience(
        ids=tuple(ids[: own[-1] + 1]) if own else (),
        prompt=prompt,
        own=tuple(own),
        step_of=tuple(step_of),
        old=tuple(old),
        stages=tuple(STAGES.index(step.stage) for step in trajectory.steps),
        process=episode.rewards.steps,
        terminal=episode.rewards.terminal,
    )


def _sampling(tokenizer: Tokenizer, step: Step, vocabulary: int | None) -> Sampling:
    """The record of a step's tokens.

    Raises:
        DataError: there is none, or not of this tokenizer; the message goes on from the name of the step.
    """
    sampling = step.sampling
    if sampling is None or len(sampling.token_ids) != len(sampling.log_probabilities):
        raise DataError("has no record of its tokens")
    if not all(map(math.isfinite, sampling.log_probabilities)):
        raise DataError("has log-probabilities that are no numbers")
    ids = sampling.token_ids
    if vocabulary is not None and not all(0 <= token < vocabulary for token in ids):
        raise DataError(f"has tokens beyond the network's {vocabulary}")
    content = ids[:-1] if ids[-1:] == (end_token(tokenizer),) else ids
    # a server may leave out special tokens, and the blanks at both ends
    texts = {tokenizer.decode(content, skip_special_tokens=skip).strip() for skip in (False, True)}
    if step.text.strip() not in texts:
        raise DataError("has tokens that do not spell its text: they are another tokenizer's")
    return sampling


def packs(group: Group, size: int, *, share: bool = True) -> Iterator[Pack]:
    """The group in packs of at most about `size` tokens, members in order.

    With `share` the common beginning of the prompts is in each pack once, and two members at least share it, however
    long they are. It ends before the prompt's last token, which each member has for itself: the agent's first token is
    predicted there.
    """
    common = _common(group) if share else 0
    pending: list[Experience] = []
    room = size - common
    for member in group.members:
        if not member.own:
            continue
        length = len(member.ids) - common
        if len(pending) > bool(common) and length > room:
            yield _pack(pending, common)
            pending, room = [], size - common
        pending.append(member)
        room -= length
    yield _pack(pending, common)


def _common(group: Group) -> int:
    prompts = {member.ids[: member.prompt] for member in group.members if member.own}
    return len(prompts.pop()) - 1 if len(prompts) == 1 and len(group.members) > 1 else 0


def _pack(members: Sequence[Experience], common: int) -> Pack:
    ids = list(members[0].ids[:common])
    lengths = [common] if common else []
    chosen: list[int] = []
    targets: list[int] = []
    for member in members:
        start = len(ids) - common
        chosen += (start + place - 1 for place in member.own)
        targets += (member.ids[place] for place in member.own)
        ids += member.ids[common:]
        lengths.append(len(member.ids) - common)
    return Pack(torch.tensor(ids), lengths, torch.tensor(chosen), torch.tensor(targets), bool(common))
