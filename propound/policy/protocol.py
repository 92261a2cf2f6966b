"""The interface between the rollout and whatever writes the turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from propound.errors import PropoundError
from propound.models.purpose import NOBODY, Origin
from propound.problem import ProblemSpec
from propound.trajectory import Sampling, Unrecorded


class PolicyError(PropoundError):
    """The policy itself failed (a conversation too long for it); not a malformed turn."""


@dataclass(frozen=True)
class Turn:
    """One turn as it was written, with what was sampled, or why that is not known exactly."""

    text: str
    sampling: Sampling | Unrecorded | None = None
    tokens: int = 0
    """What it used of the model, prompt included; 0 where nobody counts."""
    flaw: str | None = None
    """Why it is not whole (it was cut off, say): told to the agent, unless the turn holds a call all the same."""


class Writer(Protocol):
    """A policy within one episode."""

    def write(self, messages: Sequence[dict[str, Any]]) -> Turn:
        """The next turn of the conversation.

        Raises:
            PolicyError: the policy cannot answer.
        """
        ...


class Policy(Protocol):
    """A policy: safe to use for many episodes, one after the other."""

    name: str
    version: str

    def begin(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> Writer:
        """A writer for one episode; equal specs and members give equal episodes where the policy is deterministic.

        `origin` is whose work it is, for whoever accounts for requests.
        """
        ...
