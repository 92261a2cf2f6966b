"""A model's own chat template, tokenizer and ends of a turn, for the server that runs it.

Nothing of the folder is run but its template, which transformers renders in a sandbox of jinja.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import TemplateError
from transformers import AutoConfig, AutoTokenizer, GenerationConfig

from propound.answers import thoughts
from propound.errors import PropoundError
from propound.policy.engine import EngineError

_TAGS = ("think", "thinking", "thought", "reasoning", "tool_call")
_KEPT = frozenset({f"<{slash}{tag}>" for tag in _TAGS for slash in ("", "/")} | {"[THINK]", "[/THINK]"})
"""Special tokens that are part of what a model says; all others only mark the conversation's form."""
_TAIL = 24
"""Characters at a prompt's end that tell whether it leaves a thought open."""


class ConversationError(PropoundError):
    """The model's template does not take the conversation, or what goes with it."""


@dataclass(frozen=True)
class Prompt:
    """A conversation as the model reads it."""

    ids: tuple[int, ...]
    is_thinking: bool
    """Whether the template has begun a thought, which the model goes on with."""


@dataclass(frozen=True)
class Said:
    """What a model wrote."""

    text: str
    """With its thought, unless the template began that."""
    thought: str
    thought_tokens: int


class Conversation:
    """How one model is talked to."""

    def __init__(self, source: str) -> None:
        """Read what is known of it; `source` is a folder in Hugging Face's format, or a name on the hub.

        Raises:
            EngineError: there is no tokenizer or no chat template, or they need code of their own.
        """
        told = {"trust_remote_code": False, "local_files_only": Path(source).is_dir()}
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(source, **told)
            config = AutoConfig.from_pretrained(source, **told)
        except (OSError, ValueError, ImportError) as error:
            raise EngineError(f"{source} has no tokenizer that transformers loads: {error}") from None
        if not self._tokenizer.chat_template:
            raise EngineError(f"{source} has no chat template: it is no model for conversations")
        self.ends = _ends(source, told, config, self._tokenizer)
        specials = {str(token) for token in self._tokenizer.all_special_tokens}
        self._marks = sorted(specials, key=len, reverse=True)
        self._form = frozenset(self._tokenizer.convert_tokens_to_ids(name) for name in sorted(specials - _KEPT))

    def render(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Prompt:
        """The conversation up to the model's next turn.

        Args:
            messages: role and content of each; what looks like a special token in a content stays text.
            tools: function schemas, for templates that tell them.
            options: whatever else the template knows, as `enable_thinking`.

        Raises:
            ConversationError: the template refuses it.
        """
        told = [{**message, "content": self._plain(message["content"])} for message in messages]
        try:
            text: str = self._tokenizer.apply_chat_template(
                told,
                tools=[dict(tool) for tool in tools] if tools else None,
                add_generation_prompt=True,
                tokenize=False,
                **(options or {}),
            )
        except (TemplateError, TypeError, ValueError, LookupError) as error:
            raise ConversationError(f"the model's chat template refuses the conversation: {error}") from None
        ids = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return Prompt(tuple(ids), thoughts.part(text[-_TAIL:]).is_open)

    def read(self, prompt: Prompt, ids: Sequence[int]) -> Said:
        """What the model wrote after the prompt: its text, and its thought where the template began one."""
        said = [token for token in ids if token not in self._form and token not in self.ends]
        text: str = self._tokenizer.decode(
            said, skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        parted = thoughts.part(f"<think>{text}" if prompt.is_thinking else text)
        counted = self._tokenizer(parted.thought, add_special_tokens=False)["input_ids"]
        if prompt.is_thinking:
            return Said(parted.said, parted.thought, len(counted))
        return Said(text, "", len(counted))

    def spell(self, ids: Sequence[int]) -> list[str]:
        """The tokens by their names in the vocabulary."""
        return [str(token) for token in self._tokenizer.convert_ids_to_tokens(list(ids))]

    def _plain(self, content: str) -> str:
        """The content, its special tokens' names broken by a blank: text never becomes a special token."""
        for mark in self._marks:
            if mark in content and mark not in _KEPT:
                content = content.replace(mark, f"{mark[0]} {mark[1:]}")
        return content


def _ends(source: str, told: Mapping[str, Any], config: Any, tokenizer: Any) -> frozenset[int]:
    """All tokens that end a turn: those of the generation configuration, and the tokenizer's own.

    Raises:
        EngineError: there is none.
    """
    try:
        named = GenerationConfig.from_pretrained(source, local_files_only=told["local_files_only"]).eos_token_id
    except OSError:
        named = config.eos_token_id
    found = named if isinstance(named, list) else [named]
    ends = frozenset(token for token in (*found, tokenizer.eos_token_id) if token is not None)
    if not ends:
        raise EngineError(f"{source} names no token that ends a turn")
    return ends
