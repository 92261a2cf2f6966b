"""The engine under a language policy: token ids in, sampled token ids out, many callers at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from propound.errors import PropoundError
from propound.policy.protocol import PolicyError


class EngineError(PropoundError):
    """The engine is closed or broken, or cannot run a checkpoint: says nothing about the episode."""


class ContextTooLongError(PolicyError):
    """The context leaves no room for another token: an outcome of the episode."""


@dataclass(frozen=True)
class Completion:
    """What was sampled after a context."""

    token_ids: tuple[int, ...]
    """With the end of the turn, if it was reached."""
    log_probabilities: tuple[float, ...]
    """Of each token under the distribution that it was drawn from, the temperature included; at temperature
    0, where the likeliest token is taken, under the model's own."""
    finish_reason: str
    """`stop`: the turn's end; `length`: cut off."""


class Engine(Protocol):
    """Runs one checkpoint. Whoever has a context that only grows pays for the new tokens alone."""

    def complete(
        self, context: Sequence[int], *, seed: int, temperature: float, max_tokens: int
    ) -> Completion:
        """Sample until the end of the turn or `max_tokens`; blocks, and callers in other threads are batched.

        Equal arguments give equal tokens as far as the engine's arithmetic allows; each says how far.

        Raises:
            ContextTooLongError: no token fits after the context.
            EngineError: the engine is closed or broken, or the request is none.
        """
        ...

    def close(self) -> None:
        """Let go of everything; what is still asked for fails."""
        ...
