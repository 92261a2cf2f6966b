"""A request for a chat completion as our own server takes it: what it cannot do is refused by name, never ignored."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

NEUTRAL: dict[str, tuple[float, ...]] = {
    "top_p": (1,),
    "top_k": (-1, 0),
    "min_p": (0,),
    "repetition_penalty": (1,),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "n": (1,),
    "top_logprobs": (0,),
}
"""Parameters that may be there as long as they change nothing: the model's own distribution is sampled from."""


_OURS = frozenset(
    ("messages", "conversation", "tools", "tokenize", "chat_template", "add_generation_prompt")
)


class Message(BaseModel):
    """One message; more fields (`name`, `reasoning_content`) are for the template."""

    model_config = ConfigDict(extra="allow")

    role: str = Field(min_length=1, max_length=40)
    content: str = Field(max_length=2_000_000)

    @field_validator("content", mode="before")
    @classmethod
    def _flat(cls, value: Any) -> Any:
        if value is None:
            return ""
        if isinstance(value, list) and all(isinstance(part, dict) and "text" in part for part in value):
            return "".join(str(part["text"]) for part in value)
        return value


class StreamOptions(BaseModel):
    """Of a stream."""

    model_config = ConfigDict(extra="ignore")

    include_usage: bool = False


class Asked(BaseModel):
    """The body of `POST /v1/chat/completions`."""

    model_config = ConfigDict(extra="forbid")

    model: str
    messages: list[Message] = Field(min_length=1, max_length=2_000)
    temperature: float = Field(default=1.0, ge=0, le=10)
    seed: int | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    logprobs: bool = False
    return_token_ids: bool = False
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    tools: list[dict[str, Any]] | None = Field(default=None, max_length=200)
    tool_choice: Literal["auto", "none"] = "auto"
    chat_template_kwargs: dict[str, bool | int | float | str] = Field(default_factory=dict)
    user: str | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    n: int | None = None
    top_logprobs: int | None = None

    @field_validator(*NEUTRAL)
    @classmethod
    def _changes_nothing(cls, value: float | None, info: Any) -> float | None:
        if value is not None and (not math.isfinite(value) or value not in NEUTRAL[info.field_name]):
            raise ValueError("this server samples from the model's own distribution")
        return value

    @field_validator("chat_template_kwargs")
    @classmethod
    def _leaves_ours(cls, options: dict[str, Any]) -> dict[str, Any]:
        if ours := _OURS & options.keys():
            raise ValueError(f"{', '.join(sorted(ours))} is not for changing")
        return options

    @property
    def most(self) -> int | None:
        """Most tokens of the answer, where it says so."""
        return self.max_completion_tokens or self.max_tokens
