"""How long a prompt a model really reads: a word at its beginning, more and more text after it, and the question.

Some servers cut a prompt that is too long and answer as if nothing had happened; what they claim is no proof.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal

from propound.models.wire import Heard, Wire
from propound.record import Record

MOST_TOKENS = 16_384
"""Longest prompt that is tried, unless told otherwise: what the longest of our own needs."""
SECONDS = 180.0
"""No longer prompt is begun that would probably end later than this."""
FIRST_TOKENS = 500
ANSWER_TOKENS = 24

_WORD = "KESTREL-4182"
_BEGIN = f"The code word is {_WORD}. Remember it: you will be asked for it at the end.\n\n"
_END = "\nWhat is the code word that was given at the very beginning? Answer with the code word alone."
_THINGS = ("lamp", "vase", "clock", "globe", "chest", "mirror", "kettle", "basket", "ladder", "candle")
_COLOURS = ("red", "green", "blue", "grey", "white", "brown", "yellow")
_TOKENS_PER_CHARACTER = 0.28
"""Of this text with usual tokenizers, for servers that do not count."""
_FEWER = 0.9
"""A server that counts less than this share of the tokens that were sent has left some out."""
_HALVINGS = 2
_CLAIMS = (
    "max_model_len",
    "n_ctx",
    "context_length",
    "max_context_length",
    "context_window",
    "max_input_tokens",
)
_PROPS = ("n_ctx", "max_total_tokens", "max_input_tokens")


class Context(Record):
    """What was found, in tokens of prompt; counted by the server as far as it does."""

    claimed: int | None = None
    """What the server says of itself, prompt and answer together."""
    held: int | None = None
    """The longest prompt whose beginning the model still knew; None: not even the shortest's."""
    failed: int | None = None
    """The shortest of which it did not; None: all that were tried were held."""
    how: Literal["refused", "cut", "forgotten", "unanswered"] | None = None
    """What became of that one: the server says that it is too long; it left out tokens without a word; it counted all,
    or does not count, and the model did not know the word; or no answer came at all."""
    said: str = ""
    """In the server's words."""


def measure(
    wire: Wire,
    *,
    most_tokens: int = MOST_TOKENS,
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Context:
    """Double the prompt until it is no longer held, or one more would be too long for us, and halve the gap twice."""
    claimed = claimed_context(wire)
    until = clock() + seconds
    ratio, held, failed, how, said = _TOKENS_PER_CHARACTER, None, None, None, ""
    size = min(FIRST_TOKENS, most_tokens)
    halvings = 0
    while True:
        began = clock()
        text = prompt(round(size / ratio))
        heard = wire.ask(text, max_tokens=ANSWER_TOKENS)
        took = clock() - began
        counted = heard.reply.usage.prompt_tokens if heard.reply else None
        outcome = _outcome(heard, counted, size)
        if outcome is None:
            ratio = counted / len(text) if counted else ratio
            held = counted or size
        else:
            if failed is None:  # the longest: what became of it is clearest
                how, said = outcome, heard.trouble
            failed = size
        longer = _next(held, failed, most_tokens, claimed)
        halvings += failed is not None
        if longer is None or halvings > _HALVINGS or (held is None and failed is not None):
            break
        if clock() + took * longer / size > until:
            break
        size = longer
    return Context(claimed=claimed, held=held, failed=failed, how=how, said=said)


def prompt(characters: int) -> str:
    """The word, about so many characters in all, and the question."""
    parts = [_BEGIN]
    length = len(_BEGIN) + len(_END)
    number = 0
    while length < characters:
        number += 1
        colour, thing = _COLOURS[number % len(_COLOURS)], _THINGS[number % len(_THINGS)]
        parts.append(f"Note {number}: the {colour} {thing} stands on shelf {number * 7 % 31}.\n")
        length += len(parts[-1])
    return "".join((*parts, _END))


def claimed_context(wire: Wire) -> int | None:
    """What the server says of its context: in its list of models, or at llama.cpp's `/props` and TGI's `/info`."""
    listed = wire.look("/models")
    models = listed.get("data") if isinstance(listed, dict) else None
    for each in models if isinstance(models, list) else []:
        if isinstance(each, dict) and (len(models or ()) == 1 or each.get("id") == wire.model.served):
            found = _number(each, _CLAIMS)
            if found is not None:
                return found
    for path in ("//props", "//info"):
        told = wire.look(path)
        if isinstance(told, dict):
            settings = told.get("default_generation_settings")
            found = _number(settings, _PROPS) or _number(told, _PROPS)
            if found is not None:
                return found
    return None


def _number(told: Any, names: tuple[str, ...]) -> int | None:
    if not isinstance(told, dict):
        return None
    for place in (told, told.get("meta"), told.get("top_provider"), told.get("limits")):
        for name in names:
            value = place.get(name) if isinstance(place, dict) else None
            if type(value) is int and 0 < value <= 10**9:
                return value
    return None


def _outcome(
    heard: Heard, counted: int | None, size: int
) -> Literal["refused", "cut", "forgotten", "unanswered"] | None:
    """What became of a prompt of that size; None: its beginning was known."""
    if heard.reply is None:
        complaint = heard.complaint
        return "refused" if complaint is not None and not complaint.is_transient else "unanswered"
    if _WORD.rpartition("-")[2] in heard.reply.text:
        return None
    return "cut" if counted is not None and counted < _FEWER * size else "forgotten"


def _next(held: int | None, failed: int | None, most_tokens: int, claimed: int | None) -> int | None:
    """The next size; None where there is none to try."""
    if failed is not None:
        return None if held is None or failed - held < held // 8 else (held + failed) // 2
    assert held is not None
    most = most_tokens if claimed is None else min(most_tokens, claimed - ANSWER_TOKENS - 16)
    return min(2 * held, most) if held < most * 0.95 else None
