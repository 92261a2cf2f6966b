"""Where a reasoning model's thought ends and its answer begins, for everything that reads what models write."""

from __future__ import annotations

import re
from typing import NamedTuple

_TAGS = "think|thinking|thought|thoughts|reasoning|reflection|seed:think"
_MARK = re.compile(
    rf"(?P<end></(?:{_TAGS})>|◁/think▷|\[/THINK\]|<\|end_of_thought\|>|<\|END_THINKING\|>|<\|/think\|>"
    r"|<\|inner_suffix\|>|<unused95>|<channel\|>|<\|channel\|>\s*final\b(?:[^<]|<\|constrain\|>){0,200}<\|message\|>"
    r"|(?-i:assistantfinal(?![a-z])))"
    rf"|(?P<start><(?:{_TAGS})>|◁think▷|\[THINK\]|<\|begin_of_thought\|>|<\|START_THINKING\|>|<\|think\|>"
    r"|<\|inner_prefix\|>|<unused94>|<\|channel>|<\|channel\|>(?!\s*final\b)|(?-i:\A\s*analysis(?=[A-Z\"'$\\])))",
    re.IGNORECASE,
)
"""How models mark where a thought begins and ends: DeepSeek, Qwen and most others by <think>, Kimi by ◁think▷,
Magistral by [THINK], Seed by <seed:think>, OpenThinker by <|begin_of_thought|>, Command by <|START_THINKING|>, Apertus
by <|inner_prefix|>, MedGemma by <unused94>, Gemma by <|channel>, gpt-oss by channels, whose names are all that stays
where special tokens were dropped ("analysisWe need ... assistantfinalThe answer")."""
_SPECIAL = r"(?:<\|[A-Za-z_]{1,30}\|>|</?s>|<eos>|<(?:start|end)_of_turn>|<\uff5c[^<>]{1,40}\uff5c>)"
_BEGINNING = re.compile(rf"\s*{_SPECIAL}")
_ENDING = re.compile(rf"{_SPECIAL}\s*\Z")
_MOST_SPECIAL = 8


def after_thoughts(text: str) -> str | None:
    """What follows the last end of a thought, all of a text without thoughts, None for an unfinished thought.

    The special tokens that end a turn (<|im_end|>) go as well.
    """
    marks = list(_MARK.finditer(text))
    if marks:
        if marks[-1]["start"]:
            return None
        text = text[marks[-1].end() :]
    for _ in range(_MOST_SPECIAL):
        ending = _ENDING.search(text, max(0, len(text) - 100))
        if ending is None:
            break
        text = text[: ending.start()]
    for _ in range(_MOST_SPECIAL):
        beginning = _BEGINNING.match(text)
        if beginning is None:
            break
        text = text[beginning.end() :]
    return text


class Parted(NamedTuple):
    """A model's text in its two parts, both without the marks and without space around them."""

    thought: str
    said: str
    is_open: bool
    """Whether it ends within a thought."""


def part(text: str) -> Parted:
    """The thought in a model's text, and what it says.

    Only what follows the last end of a thought is said; what is begun after it and never ended is a thought that
    was cut off, and nothing after that is said either.

    >>> part("<think>6? no, 7.</think> It is 7.").said
    'It is 7.'
    >>> part("<think>So I get 6. Let me double")
    Parted(thought='So I get 6. Let me double', said='', is_open=True)
    """
    marks = list(_MARK.finditer(text))
    end = max((mark.end() for mark in marks if mark["end"]), default=0)
    opened = next((mark for mark in marks if mark["start"] and mark.start() >= end), None)
    thoughts = (text[:end], text[opened.end() :] if opened else "")
    return Parted(
        thought="\n".join(filter(None, (_MARK.sub("", thought).strip() for thought in thoughts))),
        said=text[end : opened.start() if opened else len(text)].strip(),
        is_open=opened is not None,
    )
