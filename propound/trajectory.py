"""The record of one decision process: what both the dataset and the trainer read.

A step holds the stage in which the agent acted, the exact text it wrote, how the environment understood
it and what it answered. A trajectory renders as chat messages with Hermes-style tool calls.
"""

from __future__ import annotations

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
    """Read a draft back and recompute it by the skills' second methods."""
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


class Sampling(Record):
    """Exactly what a language model sampled in one step; nothing is ever re-tokenised for training."""

    token_ids: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    temperature: float
    finish_reason: str


class Step(Record):
    """One turn: o_t (stage and active skills), a_t (text and action), and the environment's answer."""

    stage: Stage
    skills: tuple[str, ...]
    """Active skills K_t when the agent acted."""
    text: str
    """The agent's turn, exactly as it was written."""
    action: Action
    observation: Observation
    sampling: Sampling | None = None
    """None for policies without log-probabilities (the scripted teacher)."""


class Outcome(StrEnum):
    """How an episode ended."""

    SUBMITTED = "submitted"
    STEPS_EXHAUSTED = "steps_exhausted"
    """The step budget ran out before a submission."""
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
