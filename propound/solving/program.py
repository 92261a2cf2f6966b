"""The program in what a model wrote, for solvers and for grading: the last block of code that is one."""

from __future__ import annotations

import re
import textwrap
from typing import NamedTuple

from propound.answers import thoughts

_FENCE = re.compile(r"[ \t]*(?:[-*+>]|\d+[.)])?[ \t]*(```+|~~~+)[ \t]*(.*)")
_PYTHON = re.compile(r"\{?\s*\.?(?:i?python|py)[\s\d.]*\b", re.IGNORECASE)
_STATEMENT = re.compile(
    r"^[ \t]*(?:import\s+\w|from\s+[\w.]+\s+import\b|(?:async\s+)?def\s+\w+\s*\(|class\s+\w+|@\w"
    r"|(?:for|while|with|if|try)\b.*:)|(?:^|[;:])[ \t]*(?:print|exec|sys\.stdout\.write)\s*\(",
    re.MULTILINE,
)
"""A line that only a program has; output has none."""


class _Block(NamedTuple):
    language: str
    text: str


def program_of(text: str) -> str:
    """The last block that is a program, without thoughts; else the last one called Python; empty where there is none.

    A block is a program by what stands in it, as far as it is called Python or nothing at all: output that follows
    the program is none. Without any block, a text that is a program as a whole counts.
    """
    said = thoughts.part(text).said.replace("\r\n", "\n").replace("\r", "\n")
    blocks = _blocks(said)
    if not blocks:
        return said if _STATEMENT.match(said) else ""
    possible = [block for block in blocks if block.text.strip() and _may_be_python(block.language)]
    programs = [block for block in possible if _STATEMENT.search(block.text)]
    chosen = programs or [block for block in possible if block.language]
    return chosen[-1].text if chosen else ""


def _may_be_python(language: str) -> bool:
    return not language or _PYTHON.match(language) is not None


def _blocks(said: str) -> list[_Block]:
    """The fenced blocks in order; the last may lack its end."""
    blocks: list[_Block] = []
    fence, language, lines = "", "", list[str]()
    for line in said.split("\n"):
        opening = _FENCE.fullmatch(line)
        if not fence:
            if opening is None:
                continue
            mark, info = opening.groups()
            if mark in info:  # a block within one line
                blocks.append(_within(info.partition(mark)[0]))
                continue
            fence, language, lines = mark, info.strip(), []
        elif line.strip() == fence or (
            opening and not opening.group(2) and opening.group(1).startswith(fence)
        ):
            blocks.append(_Block(language, textwrap.dedent("\n".join(lines))))
            fence = ""
        elif line.rstrip().endswith(fence) and line.count(fence) == 1:
            blocks.append(
                _Block(language, textwrap.dedent("\n".join([*lines, line.rstrip()[: -len(fence)]])))
            )
            fence = ""
        else:
            lines.append(line)
    if fence:
        blocks.append(_Block(language, textwrap.dedent("\n".join(lines))))
    return blocks


def _within(text: str) -> _Block:
    found = _PYTHON.match(text)
    return _Block(found.group() if found else "", text[found.end() if found else 0 :].strip(" }"))
