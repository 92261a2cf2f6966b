"""A proposer behind an endpoint: the conversation goes out as chat messages, the answer comes back as a turn."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from propound.policy.endpoint.endpoint import Endpoint
from propound.policy.endpoint.errors import RequestRefusedError
from propound.policy.endpoint.reply import Reply
from propound.policy.protocol import PolicyError, Turn
from propound.problem import ProblemSpec
from propound.record import digest
from propound.trajectory import Prompt, Sampling, Unrecorded
from propound.transcript import tool_schemas

RESPONSE = "<tool_response>\n{}\n</tool_response>"
"""How a tool's answer is told: as a message of the user, exactly as our chat template renders it."""
SEEDS = 2**31
"""Seeds are smaller than this: some servers keep them in 32 bits."""


class EndpointPolicy:
    """The policy of a model behind a server.

    A server that is down raises `EndpointDownError` through the rollout, so that the episode is made again
    later; only a request that it refuses (too long a conversation) ends the episode as failed.
    """

    def __init__(self, endpoint: Endpoint, *, temperature: float = 1.0, max_tokens: int = 1024) -> None:
        """`max_tokens` is for one turn. Only at temperature 1 turns have a `Sampling`."""
        self.endpoint = endpoint
        self.temperature = temperature
        self.max_tokens = max_tokens
        self.name = endpoint.model
        template = digest([tool_schemas(), RESPONSE, temperature, max_tokens])
        self.version = f"{endpoint.model}@{template[:12]}"

    def begin(self, spec: ProblemSpec, member: int) -> _Writer:
        """A writer that samples with seeds that follow from (spec.seed, member, step)."""
        return _Writer(self, f"{spec.seed}:{member}")


class _Writer:
    """One conversation."""

    def __init__(self, policy: EndpointPolicy, seed: str) -> None:
        self._policy = policy
        self._seed = seed
        self._step = 0
        self._ids: tuple[int, ...] = ()
        """Prompt and sampled tokens of the last turn, where they are known."""

    def write(self, messages: Sequence[dict[str, Any]]) -> Turn:
        """Ask for the next turn.

        Raises:
            PolicyError: the server refuses this conversation, or writes without end.
            ServiceDownError: the server is down.
        """
        policy = self._policy
        seed = seed_of(self._seed, str(self._step))
        self._step += 1
        try:
            reply = policy.endpoint.ask(
                [_told(message) for message in messages],
                seed=seed,
                temperature=policy.temperature,
                max_tokens=policy.max_tokens,
                with_tokens=True,
            )
        except RequestRefusedError as error:
            raise PolicyError(str(error)) from None
        if reply.finish_reason == "oversized":
            raise PolicyError("the answer is larger than is read")
        return Turn(reply.text, self._sampling(reply))

    def _sampling(self, reply: Reply) -> Sampling | Unrecorded:
        """What was sampled and from which prompt, or why that is not known."""
        tokens = reply.tokens
        if tokens is None:
            return Unrecorded.TEMPERATURE if self._policy.temperature != 1 else Unrecorded.NO_TOKENS
        prompt = Prompt.of(tokens.prompt_ids, self._ids)
        self._ids = (*tokens.prompt_ids, *tokens.ids)
        return Sampling(
            token_ids=tokens.ids,
            log_probabilities=tokens.log_probabilities,
            temperature=self._policy.temperature,
            finish_reason=reply.finish_reason,
            prompt=prompt,
        )


def seed_of(*parts: str) -> int:
    """A seed that follows from the parts, as every server takes it."""
    return int.from_bytes(hashlib.sha256(":".join(parts).encode()).digest()[:8]) % SEEDS


def _told(message: dict[str, Any]) -> dict[str, str]:
    if message["role"] == "tool":
        return {"role": "user", "content": RESPONSE.format(message["content"])}
    return {"role": message["role"], "content": message["content"]}
