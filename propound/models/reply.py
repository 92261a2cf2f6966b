"""One answer of a language model in our own terms, whichever server gave it; it may still be a bad one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import TypeAdapter


class FinishReason(StrEnum):
    """Why the model stopped writing."""

    STOP = "stop"
    """It was done."""
    LENGTH = "length"
    """Cut off: the budget of tokens, or the context, was used up."""
    CALLS = "calls"
    """It is done, and calls tools."""
    FILTERED = "filtered"
    """The server withheld the rest."""
    OVERSIZED = "oversized"
    """The answer has more bytes than are read."""
    UNKNOWN = "unknown"
    """The server says something else, or that it failed on its way."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is known to be missing."""
        return self not in (FinishReason.LENGTH, FinishReason.FILTERED, FinishReason.OVERSIZED)


@dataclass(frozen=True)
class Call:
    """A structured tool call."""

    name: str
    arguments: dict[str, Any] | str
    """Text where it is no JSON object, for the parser of turns to refuse."""


@dataclass(frozen=True)
class Usage:
    """Tokens of one request; None where the server does not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    """Thought included."""
    thought_tokens: int | None = None


@dataclass(frozen=True)
class Tokens:
    """Exactly what was sampled, as vLLM tells on request."""

    prompt_ids: tuple[int, ...]
    ids: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    """Natural logarithms of what each of `ids` was drawn with, at the temperature of sampling."""


@dataclass(frozen=True)
class Reply:
    """One answer."""

    text: str
    """What it says, the thought left out."""
    thought: str = ""
    """What it thought before, from whichever field or tags."""
    calls: tuple[Call, ...] = ()
    finish_reason: FinishReason = FinishReason.STOP
    usage: Usage = field(default_factory=Usage)
    tokens: Tokens | None = None
    """None where the server does not tell token ids, or samples otherwise than it was asked to."""

    @property
    def turn(self) -> str:
        """The text followed by the calls in our text form, never the thought: what `propound.transcript` reads."""
        return "\n".join(filter(None, (self.text, *map(_written, self.calls))))

    def to_json(self) -> dict[str, Any]:
        """For storage; `Reply.from_json` gives an equal reply."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Reply:
        """The reply that `to_json` wrote down.

        Raises:
            pydantic.ValidationError: it did not.
        """
        return _adapter().validate_python(data)


@cache
def _adapter() -> TypeAdapter[Reply]:
    return TypeAdapter(Reply)


def _written(call: Call) -> str:
    text = json.dumps({"name": call.name, "arguments": call.arguments}, ensure_ascii=False)
    return f"<tool_call>\n{text}\n</tool_call>"
