"""Episodes as the trainer reads them: the exact tokens of a group, whose they are, and what they earned.

Nothing is tokenised again: what the policy sampled is taken from the record, and what lay between is encoded by
the rule that the rollout used (`propound.policy.chat`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from propound.episode import Episode
from propound.policy.chat import encode_message, sampled_turn
from propound.trajectory import Stage, observation_message
from trainer.batch import DataError
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


@dataclass(frozen=True)
class Part:
    """Some members of a group as one pack: with `shared`, the first of `lengths` is their common beginning."""

    ids: Tensor
    """(T,)."""
    lengths: list[int]
    shared: bool
    chosen: Tensor
    """Positions whose next token is the agent's, (n,), in the order of members and places."""
    targets: Tensor
    """Those tokens, (n,)."""


def read_group(tokenizer: Tokenizer, episodes: Sequence[Episode], context: int) -> Group:
    """The group of one spec's episodes.

    Raises:
        DataError: it was not sampled by one policy at one temperature with log-probabilities, is longer than the
            context, or is of several specs.
    """
    members = tuple(_read(tokenizer, episode) for episode in episodes)
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
    if temperature <= 0:
        raise DataError("a group sampled at temperature 0 has no probabilities to learn from")
    longest = max(len(member.ids) for member in members)
    if longest > context:
        raise DataError(f"a trajectory of {longest} tokens, more than the context of {context}")
    return Group(members, tuple(episodes), temperature)


def _read(tokenizer: Tokenizer, episode: Episode) -> Experience:
    trajectory = episode.trajectory
    ids = [token for message in trajectory.prompt for token in encode_message(tokenizer, message)]
    own: list[int] = []
    step_of: list[int] = []
    old: list[float] = []
    prompt = 0
    for number, step in enumerate(trajectory.steps):
        sampling = step.sampling
        if sampling is None or len(sampling.token_ids) != len(sampling.log_probabilities):
            raise DataError(
                f"step {number} of a trajectory of {trajectory.policy} has no record of its tokens"
            )
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


def parts(group: Group, size: int, *, share: bool = True) -> Iterator[Part]:
    """The group in packs of at most about `size` tokens, members in order.

    With `share` the common beginning of the prompts is in each pack once. It ends before the prompt's last token,
    which each member has for itself: the agent's first token is predicted there.
    """
    common = _common(group) if share else 0
    pending: list[Experience] = []
    room = size - common
    for member in group.members:
        if not member.own:
            continue
        length = len(member.ids) - common
        if pending and length > room:
            yield _part(pending, common)
            pending, room = [], size - common
        pending.append(member)
        room -= length
    yield _part(pending, common)


def _common(group: Group) -> int:
    prompts = {member.ids[: member.prompt] for member in group.members if member.own}
    return len(prompts.pop()) - 1 if len(prompts) == 1 and len(group.members) > 1 else 0


def _part(members: Sequence[Experience], common: int) -> Part:
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
    return Part(torch.tensor(ids), lengths, bool(common), torch.tensor(chosen), torch.tensor(targets))
