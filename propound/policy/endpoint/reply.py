"""What a server answered, reduced to what is used; every field of it is untrusted."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeGuard

MOST_TOKENS = 10**7
"""More tokens than this in one answer are a server's mistake."""


@dataclass(frozen=True)
class Tokens:
    """Exactly what was sampled, as vLLM tells on request."""

    prompt_ids: tuple[int, ...]
    ids: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    """Natural logarithms of the model's own probabilities (temperature 1), one for each of `ids`."""


@dataclass(frozen=True)
class Reply:
    """One answer; whether it is any good is for the caller to judge."""

    text: str
    """The content; structured tool calls stand in it as our text form has them."""
    finish_reason: str
    """"stop", "length", "oversized" (the body is larger than is read), or whatever the server says."""
    tokens: Tokens | None = None
    """None where the server does not tell token ids, or samples otherwise than it was asked to."""


class NoChatCompletionError(ValueError):
    """The body of an answer is not a chat completion."""


def read_reply(body: bytes) -> tuple[Reply, tuple[int, int] | None]:
    """The reply in a body, and the prompt and completion tokens that it took, where it says so.

    Raises:
        NoChatCompletionError: it is not a chat completion.
    """
    try:
        data = json.loads(body)
        choice = data["choices"][0]
        message = choice["message"]
        reason = str(choice.get("finish_reason") or "stop")[:40]
        calls = map(_call, message.get("tool_calls") or [])
        text = "\n".join(filter(None, (message.get("content") or "", *calls)))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise NoChatCompletionError(f"{type(error).__name__}: {error}"[:200]) from error
    return Reply(text, reason, _tokens(data, choice)), _metered(data.get("usage"))


def _call(call: Any) -> str:
    """A structured tool call in our text form; arguments that are no JSON stay text, for the parser to refuse."""
    function = call["function"]
    arguments = function["arguments"]
    if isinstance(arguments, str):
        with suppress(ValueError):
            arguments = json.loads(arguments)
    text = json.dumps({"name": function["name"], "arguments": arguments}, ensure_ascii=False)
    return f"<tool_call>\n{text}\n</tool_call>"


def _tokens(data: Mapping[str, Any], choice: Mapping[str, Any]) -> Tokens | None:
    prompt_ids, ids = data.get("prompt_token_ids"), choice.get("token_ids")
    try:
        entries = choice["logprobs"]["content"]
        logarithms = [entry["logprob"] for entry in entries]
    except (LookupError, TypeError):
        return None
    if not (_are_ids(prompt_ids) and _are_ids(ids) and len(logarithms) == len(ids)):
        return None
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in logarithms):
        return None
    return Tokens(tuple(prompt_ids), tuple(ids), tuple(min(0.0, float(value)) for value in logarithms))


def _are_ids(value: Any) -> TypeGuard[list[int]]:
    return isinstance(value, list) and bool(value) and all(type(item) is int and item >= 0 for item in value)


def _metered(usage: Any) -> tuple[int, int] | None:
    if not isinstance(usage, dict):
        return None
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens", 0))
    if not all(type(count) is int and 0 <= count <= MOST_TOKENS for count in counts):
        return None
    return counts  # type: ignore[return-value]  # just checked
