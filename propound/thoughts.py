"""Where a reasoning model's thought ends and its answer begins, for everything that reads what models write.

Servers with a parser for thoughts send them as a field of their own; all others leave them in the text, some
templates even without the opening tag. Only what follows the last closing tag is said; a tag that is opened
after it and never closed begins a thought that was cut off, and nothing after it is said either.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_NAMES = "think|thinking|thoughts?|reasoning|reflection|seed:think"
_OPENING = re.compile(
    rf"<(?:{_NAMES})>|\[THINK\]|◁think▷|<\|begin_of_thought\|>|<\|START_THINKING\|>", re.IGNORECASE
)
_CLOSING = re.compile(
    rf"</(?:{_NAMES})>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>|<\|END_THINKING\|>", re.IGNORECASE
)


class Parted(NamedTuple):
    """A model's text in its two parts, both without the tags and without space around them."""

    thought: str
    said: str
    is_open: bool
    """Whether it ends within a thought."""


def part(text: str) -> Parted:
    """The thought in a model's text, and what it says.

    >>> part("<think>6? no, 7.</think> It is 7.").said
    'It is 7.'
    >>> part("<think>So I get 6. Let me double")
    Parted(thought='So I get 6. Let me double', said='', is_open=True)
    """
    end = max((match.end() for match in _CLOSING.finditer(text)), default=0)
    opened = _OPENING.search(text, end)
    said_until = opened.start() if opened else len(text)
    thoughts = (text[:end], text[opened.end() :] if opened else "")
    return Parted(
        thought="\n".join(filter(None, map(_untagged, thoughts))),
        said=text[end:said_until].strip(),
        is_open=opened is not None,
    )


def _untagged(text: str) -> str:
    return _CLOSING.sub("", _OPENING.sub("", text)).strip()
