"""A language model as policy: its writer keeps the exact tokens of a conversation and lets an engine go on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer

from propound.models.purpose import NOBODY, Origin
from propound.policy.chat import encode_message, end_token, generation_prefix, sampled_turn
from propound.policy.engine import Engine
from propound.policy.protocol import Turn
from propound.problem import ProblemSpec
from propound.trajectory import Sampling

MAX_TOKENS = 1_024
"""Most tokens of a turn, unless a policy says otherwise."""


@dataclass
class LanguagePolicy:
    """Any engine and its tokenizer; safe to use from many threads at once."""

    engine: Engine
    tokenizer: Tokenizer
    name: str
    version: str
    temperature: float = 1.0
    max_tokens: int = MAX_TOKENS

    def begin(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> LanguageWriter:  # noqa: ARG002
        """A writer whose draws follow from the spec's seed, the member and the turn."""
        return LanguageWriter(self, f"{spec.seed}:{member}")


class LanguageWriter:
    """One episode: every token that the model has read or written, in order."""

    def __init__(self, policy: LanguagePolicy, seed: str) -> None:
        """`seed` is text that names the episode."""
        self._policy = policy
        self._seed = seed
        self._ids: list[int] = []
        self._read = 0
        self._turns = 0

    def write(self, messages: Sequence[dict[str, Any]]) -> Turn:
        """The next turn; the messages are those of the last call, what it returned, and what came after.

        Raises:
            ContextTooLongError: no token fits after the conversation.
            EngineError: the engine is closed or broken; the episode is to be made again.
        """
        tokenizer = self._policy.tokenizer
        for message in messages[self._read :]:
            self._ids += encode_message(tokenizer, message)
        prefix = generation_prefix(tokenizer)
        completion = self._policy.engine.complete(
            self._ids + prefix,
            seed=_number(f"{self._seed}:{self._turns}"),
            temperature=self._policy.temperature,
            max_tokens=self._policy.max_tokens,
        )
        before, after = sampled_turn(tokenizer, completion.token_ids)
        self._ids += [*before, *completion.token_ids, *after]
        self._read = len(messages) + 1
        self._turns += 1
        ended = completion.token_ids[-1:] == (end_token(tokenizer),)
        content = completion.token_ids[: len(completion.token_ids) - ended]
        return Turn(
            text=tokenizer.decode(content, skip_special_tokens=False),
            sampling=Sampling(
                token_ids=completion.token_ids,
                log_probabilities=completion.log_probabilities,
                temperature=self._policy.temperature,
                finish_reason=completion.finish_reason,
            ),
        )


def _number(text: str) -> int:
    """A seed of 63 bits."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
