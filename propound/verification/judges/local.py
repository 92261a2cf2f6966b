"""A judge without a server: an engine of this process answers chat messages as an endpoint does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from propound.policy.chat import encode_message, end_token, generation_prefix
from propound.policy.endpoint.errors import RequestRefusedError
from propound.policy.endpoint.reply import Reply
from propound.policy.engine import ContextTooLongError, Engine

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class EngineRespondent:
    """An engine with its tokenizer; as safe to share between threads as the engine is."""

    def __init__(self, engine: Engine, tokenizer: Tokenizer, model: str) -> None:
        """`model` names the checkpoint in the votes."""
        self.engine = engine
        self.tokenizer = tokenizer
        self.model = model

    def ask(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        seed: int,
        temperature: float,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,  # noqa: ARG002  # engines sample freely; the parser is strict
    ) -> Reply:
        """The next message.

        Raises:
            RequestRefusedError: the messages are longer than the model reads.
            EngineError: the engine is closed or broken.
        """
        context = [token for message in messages for token in encode_message(self.tokenizer, message)]
        context += generation_prefix(self.tokenizer)
        try:
            completion = self.engine.complete(
                context, seed=seed, temperature=temperature, max_tokens=max_tokens
            )
        except ContextTooLongError as error:
            raise RequestRefusedError(str(error)) from None
        ids = [token for token in completion.token_ids if token != end_token(self.tokenizer)]
        return Reply(self.tokenizer.decode(ids, skip_special_tokens=False), completion.finish_reason)
