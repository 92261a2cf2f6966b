"""The record of one decision process: what both the dataset and the trainer read.

A step holds the stage in which the agent acted, the exact text it wrote, how the environment understood
it and what it answered. A trajectory renders as chat messages with Hermes-style tool calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pydantic import Field

from propound.problem import ProblemSpec, Submission
from propound.record import Record, digest


class Stage(StrEnum):
    """The cognitive stage sigma_t (method section 2); `propound.proposing.stage` says how it moves."""

    DRAFT = "draft"
    CHECK = "check"
    REFINE = "refine"
    FINALIZE = "finalize"


class ActionKind(StrEnum):
    """What an agent can do in one turn."""

    THINK = "think"
    """Reflection in text, without a tool call."""
    READ = "read_skill"
    """Read a skill's full text."""
    DRAW = "draw"
    """Run the active skills' own scripts: parameters that fit together, and the answer."""
    CHECK = "check"
    """Test a draft: read it back and recompute it by the skills' second methods, or run its own program."""
    EXEC = "exec"
    """Run a program of the agent's own in the sandbox."""
    EDIT = "edit_skills"
    """Drop or swap active skills."""
    SUBMIT = "submit"
    """Hand in the problem; ends the episode."""
    MALFORMED = "malformed"
    """A turn that could not be understood; answered with what was wrong, and counted."""


PROGRAMS = frozenset({ActionKind.DRAW, ActionKind.CHECK, ActionKind.EXEC})
"""The actions that run a program in the sandbox: the method's exec(code), the skills' scripts by name."""


class Action(Record):
    """One parsed turn of the agent."""

    kind: ActionKind
    thought: str = ""
    """The text beside the tool call."""
    arguments: dict[str, Any] = Field(default_factory=dict)


class Observation(Record):
    """The environment's answer to an action."""

    ok: bool
    """Whether the action did what it was meant to: the program ended with 0, the skill exists, ..."""
    text: str
    tool: str | None = None
    """The tool that answers; None for plain text from the environment."""


class Prompt(Record):
    """The ids of a turn's prompt, told by what they share with the turn before: nothing is lost, little is stored.

    A server renders the whole conversation anew for each turn. Most templates go on with what was there; those of
    models that think leave earlier thoughts out, and others write a turn with other tokens than it was sampled with.
    """

    kept: int = Field(ge=0)
    """How many tokens it begins with of the turn before: of its prompt and what was sampled, one after the other."""
    ids: tuple[int, ...]
    """What follows them."""

    @classmethod
    def of(cls, ids: Sequence[int], before: Sequence[int]) -> Prompt:
        """The prompt with these ids; `before`: prompt and sampled tokens of the turn before, none for the first."""
        kept = next(
            (place for place, (one, other) in enumerate(zip(ids, before, strict=False)) if one != other),
            min(len(ids), len(before)),
        )
        return cls(kept=kept, ids=tuple(ids[kept:]))

    def after(self, before: Sequence[int]) -> tuple[int, ...]:
        """Its ids; the inverse of `of`.

        Raises:
            ValueError: the turn before has not as many tokens as are kept of it.
        """
        if self.kept > len(before):
            raise ValueError(f"a prompt keeps {self.kept} tokens of {len(before)}")
        return (*before[: self.kept], *self.ids)


class Sampling(Record):
    """Exactly what a language model sampled in one step; nothing is ever re-tokenised for training."""

    token_ids: tuple[int, ...]
    """Thought and end of the turn included."""
    log_probabilities: tuple[float, ...]
    """At the temperature of sampling."""
    temperature: float
    finish_reason: str
    prompt: Prompt | None = None
    """What the model had read; None where it follows from the messages by `propound.policy.chat`."""


class Unrecorded(StrEnum):
    """Why it is not known exactly what an episode was sampled from, so that no training can learn from it."""

    NO_MODEL = "no_model"
    """No language model wrote it, or nobody asked it for tokens."""
    NO_TURN = "no_turn"
    """It ended before its first turn."""
    NO_TOKENS = "no_tokens"
    """The server tells no token ids, or no log-probabilities."""
    TEMPERATURE = "temperature"
    """The server tells log-probabilities at temperature 1 and sampled at another, or nothing was drawn (at 0)."""
    PARAMETERS = "parameters"
    """The server refused parameters of the sampling, and drew in its own way."""

    @property
    def words(self) -> str:
        """The reason as it is told to people."""
        return _REASONS[self]


_REASONS = {
    Unrecorded.NO_MODEL: "no language model wrote them, or it was not asked for tokens",
    Unrecorded.NO_TURN: "they ended before their first turn",
    Unrecorded.NO_TOKENS: "the model's server tells no token ids or no log-probabilities",
    Unrecorded.TEMPERATURE: "they were sampled at temperature 0, or at another than 1 by a server that tells the"
    " log-probabilities at 1",
    Unrecorded.PARAMETERS: "the model's server refused parameters of the sampling",
}


class Step(Record):
    """One turn: o_t (stage and active skills), a_t (text and action), and the environment's answer."""

    stage: Stage
    skills: tuple[str, ...]
    """Active skills K_t when the agent acted."""
    text: str
    """The agent's turn, exactly as it was written."""
    action: Action
    observation: Observation
    sampling: Sampling | Unrecorded | None = None
    """What was sampled, or why that is not known; None for policies that do not sample (the scripted teacher)."""


class Outcome(StrEnum):
    """How an episode ended."""

    SUBMITTED = "submitted"
    STEPS_EXHAUSTED = "steps_exhausted"
    """The step budget ran out before a submission."""
    CONTEXT_EXHAUSTED = "context_exhausted"
    """The conversation left the policy no room for another turn: its own doing, as too many steps are."""
    TOKENS_EXHAUSTED = "tokens_exhausted"
    """The tokens that one problem may cost were used up before a submission."""
    ABANDONED = "abandoned"
    """The policy gave up: it ended its turn with nothing to say."""
    POLICY_FAILED = "policy_failed"
    """The policy itself failed; recorded, never blamed on the problem."""


class Trajectory(Record):
    """One episode from prompt to outcome, stamped with the policy that wrote it."""

    spec: ProblemSpec
    member: int = Field(ge=0)
    """Place in the group of trajectories of this spec."""
    policy: str
    policy_version: str
    prompt: tuple[dict[str, Any], ...]
    """The chat messages before the first turn."""
    steps: tuple[Step, ...]
    outcome: Outcome
    submission: Submission | None = None
    detail: str = ""
    """Why the episode ended as it did, where the outcome does not say it all."""

    @property
    def unrecorded(self) -> Unrecorded | None:
        """Why it cannot be learned from, by the first turn that tells; None where every turn is recorded exactly."""
        for step in self.steps:
            if not isinstance(step.sampling, Sampling):
                return step.sampling or Unrecorded.NO_MODEL
            if step.sampling.temperature == 0:
                return Unrecorded.TEMPERATURE
        return None if self.steps else Unrecorded.NO_TURN

    def messages(self) -> list[dict[str, Any]]:
        """The whole conversation as chat messages."""
        messages = [dict(message) for message in self.prompt]
        for step in self.steps:
            messages.append({"role": "assistant", "content": step.text})
            messages.append(observation_message(step.observation))
        return messages

    def content_digest(self) -> str:
        """Identity of the record; holds no clock and no machine, so the same seed gives the same digest."""
        return digest(self.model_dump(mode="json"))


def observation_message(observation: Observation) -> dict[str, Any]:
    """The chat message that carries an observation: role `tool` after a tool call, otherwise `user`."""
    if observation.tool is None:
        return {"role": "user", "content": observation.text}
    return {"role": "tool", "name": observation.tool, "content": observation.text}
