"""Chat messages as token ids: one rule for training, rollouts and every engine.

A conversation is encoded message by message, so the ids of a rollout (prompt, what was sampled, what the
environment answered) are the ids that training reads; nothing is tokenised twice. `chat_template.jinja` renders
the same conversation as text. Text never becomes a special token, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from propound.errors import PropoundError

START, END, PADDING = "<|im_start|>", "<|im_end|>", "<|endoftext|>"
SPECIALS = (PADDING, START, END)
"""The special tokens of a conversation."""
TEMPLATE = Path(__file__).with_name("chat_template.jinja")
_ROLES = ("system", "user", "assistant", "tool")


class ChatError(PropoundError):
    """A message or a tokenizer that conversations cannot be encoded with."""


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer in a checkpoint folder.

    Raises:
        ChatError: there is none, or it lacks the special tokens.
    """
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise ChatError(f"{folder} holds no tokenizer.json")
    tokenizer = Tokenizer.from_file(str(path))
    end_token(tokenizer)
    return tokenizer


def encode_text(tokenizer: Tokenizer, text: str) -> list[int]:
    """Ids of plain text; what looks like a special token in it stays text."""
    if not tokenizer.encode_special_tokens:
        tokenizer.encode_special_tokens = True
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids


def end_token(tokenizer: Tokenizer) -> int:
    """The id that ends every message, and with it a turn.

    Raises:
        ChatError: the tokenizer was made for another format.
    """
    return special_token(tokenizer, END)


def generation_prefix(tokenizer: Tokenizer) -> list[int]:
    """What precedes the agent's next turn."""
    return [special_token(tokenizer, START), *encode_text(tokenizer, "assistant\n")]


def encode_turn(tokenizer: Tokenizer, content: str) -> list[int]:
    """The agent's own tokens of a turn: what a policy samples, the end included."""
    return [*encode_text(tokenizer, content), special_token(tokenizer, END)]


def sampled_turn(tokenizer: Tokenizer, sampled: Sequence[int]) -> tuple[list[int], list[int]]:
    """What precedes and what follows a turn that a policy sampled: it was cut off where its end is missing."""
    end = end_token(tokenizer)
    missing = [] if sampled and sampled[-1] == end else [end]
    return generation_prefix(tokenizer), [*missing, *encode_text(tokenizer, "\n")]


def encode_message(tokenizer: Tokenizer, message: Mapping[str, Any]) -> list[int]:
    """Ids of a whole message, as the chat template renders it.

    An assistant's is the generation prefix, the turn and the line end after it.

    Raises:
        ChatError: the role is unknown or the content is no text.
    """
    role, content = message.get("role"), message.get("content")
    if role not in _ROLES or not isinstance(content, str):
        raise ChatError(
            f"a message has a role of {', '.join(_ROLES)} and text as content, not {str(message)[:80]!r}"
        )
    newline = encode_text(tokenizer, "\n")
    if role == "assistant":
        return [*generation_prefix(tokenizer), *encode_turn(tokenizer, content), *newline]
    text = f"user\n<tool_response>\n{content}\n</tool_response>" if role == "tool" else f"{role}\n{content}"
    return [
        special_token(tokenizer, START),
        *encode_text(tokenizer, text),
        special_token(tokenizer, END),
        *newline,
    ]


def encode_conversation(
    tokenizer: Tokenizer, messages: Iterable[Mapping[str, Any]]
) -> tuple[list[int], list[bool]]:
    """Ids of a conversation, and which of them the agent wrote itself (its turns and their ends).

    A turn with `"target": false` counts as context: a demonstration of what not to do.

    Raises:
        ChatError: a message cannot be encoded.
    """
    ids: list[int] = []
    own: list[bool] = []
    prefix = len(generation_prefix(tokenizer))
    newline = len(encode_text(tokenizer, "\n"))
    for message in messages:
        part = encode_message(tokenizer, message)
        is_target = message["role"] == "assistant" and message.get("target", True)
        turn = len(part) - prefix - newline if is_target else 0
        ids += part
        own += [False] * (prefix if turn else len(part)) + [True] * turn + [False] * (newline if turn else 0)
    return ids, own


def special_token(tokenizer: Tokenizer, token: str) -> int:
    """The id of one of `SPECIALS`.

    Raises:
        ChatError: the tokenizer does not have it.
    """
    number: int | None = tokenizer.token_to_id(token)
    if number is None:
        raise ChatError(f"the tokenizer has no token {token}")
    return number
