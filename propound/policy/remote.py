"""A proposer behind a server: the conversation goes out as chat messages, the reply comes back as a turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from propound.models.client import Client, cut_off
from propound.models.errors import RequestError
from propound.models.purpose import NOBODY, Origin, Purpose, Role, seed_of
from propound.models.reply import FinishReason, Reply
from propound.policy.protocol import PolicyError, Turn
from propound.problem import ProblemSpec
from propound.record import digest
from propound.trajectory import Prompt, Sampling, Unrecorded
from propound.transcript import OPEN_TOOLS, WRITING, tool_schemas

RESPONSE = "<tool_response>\n{}\n</tool_response>"
"""How a tool's answer is told: as a message of the user, exactly as our chat template renders it. In open mode it is
told as it is: small models repeat the tags in place of a draft."""
CUT_OFF = "the turn was cut off, its tokens are used up: think less, and write a shorter turn"
NOTHING_SAID = "nothing follows the thought: call a tool, or say what comes next"


class RemotePolicy:
    """The policy of a model of the catalogue that has a server.

    A server that is down raises `ServiceDownError` through the rollout, so that the episode is made again later; only
    a request that comes to nothing for itself (too long a conversation, a filter) ends the episode as failed.
    """

    def __init__(self, client: Client, *, temperature: float = 1.0) -> None:
        """`client` is the caller's to release."""
        self.client = client
        self.temperature = temperature
        self.name = client.model.name
        told = [tool_schemas(), tool_schemas(OPEN_TOOLS), RESPONSE, WRITING, temperature, client.model.fingerprint]
        self.version = f"{client.model.served}@{digest(told)[:12]}"

    def begin(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> _Writer:
        """A writer that samples with seeds that follow from (spec.seed, member, turn)."""
        purpose = Purpose(origin=origin, member=member, role=Role.PROPOSER)
        return _Writer(self, purpose, f"{spec.seed}:{member}", WRITING if spec.open is None else "")


class _Writer:
    """One conversation."""

    def __init__(self, policy: RemotePolicy, purpose: Purpose, seed: str, hint: str) -> None:
        """`hint` is told besides, for a format that models did not learn from us."""
        self._policy = policy
        self._hint = hint
        self._purpose = purpose
        self._seed = seed
        self._turn = 0
        self._ids: tuple[int, ...] = ()
        """Prompt and sampled tokens of the last turn, where they are known."""

    def write(self, messages: Sequence[dict[str, Any]]) -> Turn:
        """Ask for the next turn.

        Raises:
            PolicyError: the server has no answer to this conversation, withholds it, or writes without end.
            ServiceDownError: the server is down.
        """
        turn, self._turn = self._turn, self._turn + 1
        try:
            reply = self._policy.client.ask(
                [_told(message, self._hint) for message in messages],
                purpose=self._purpose.model_copy(update={"turn": turn}),
                seed=seed_of(self._seed, str(turn)),
                temperature=self._policy.temperature,
                with_tokens=True,
            )
        except RequestError as error:
            raise PolicyError(str(error)) from None
        if not reply.finish_reason.is_whole and reply.finish_reason is not FinishReason.LENGTH:
            raise PolicyError(cut_off(reply))
        return Turn(reply.turn, self._sampling(reply), _tokens(reply), _flaw(reply))

    def _sampling(self, reply: Reply) -> Sampling | Unrecorded:
        """What was sampled and from which prompt, or why that is not known."""
        tokens, policy = reply.tokens, self._policy
        if tokens is None:
            if policy.client.samples_otherwise:
                return Unrecorded.PARAMETERS
            is_drawn_so = policy.temperature == 1 or (policy.client.model.is_local and policy.temperature > 0)
            return Unrecorded.NO_TOKENS if is_drawn_so else Unrecorded.TEMPERATURE
        prompt = Prompt.of(tokens.prompt_ids, self._ids)
        self._ids = (*tokens.prompt_ids, *tokens.ids)
        return Sampling(
            token_ids=tokens.ids,
            log_probabilities=tokens.log_probabilities,
            temperature=policy.temperature,
            finish_reason=str(reply.finish_reason),
            prompt=prompt,
        )


def _tokens(reply: Reply) -> int:
    """Tokens of the request, as far as the server says."""
    return (reply.usage.prompt_tokens or 0) + (reply.usage.completion_tokens or 0)


def _flaw(reply: Reply) -> str | None:
    """What the agent is to be told of a turn that is no whole one."""
    if reply.finish_reason is FinishReason.LENGTH:
        return CUT_OFF
    return NOTHING_SAID if reply.thought and not reply.turn else None


def _told(message: dict[str, Any], hint: str) -> dict[str, str]:
    if message["role"] == "tool":
        content = message["content"]
        return {"role": "user", "content": RESPONSE.format(content) if hint else content}
    if message["role"] == "system" and hint:
        return {"role": "system", "content": f"{message['content']}\n{hint}"}
    return {"role": message["role"], "content": message["content"]}
