"""A draft that quotes the last draw: `<quantity 2>` in a statement stands for what the draw printed under that name.

A draw prints its wordings as lines `setup 1: ...`, `quantity 1: ...`, and the example and the answer as JSON. An agent
may write these out, or quote them: every copied token costs time and is a chance to err.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from propound.errors import PropoundError
from propound.problem import MAX_STATEMENT
from propound.skills.toolkit.composition import Reference
from propound.skills.toolkit.execution import ENTRY_POINT

_QUOTE = re.compile(r"<(setup \d{1,2}|quantity \d{1,2}|example|answer|input|output)>")
_LINE = re.compile(r"(setup \d{1,2}|quantity \d{1,2}|input|output): (.*)")
_SENTENCE = re.compile(r"[.?!](?=\s)|<setup \d{1,2}>")
_NAME = re.compile(rf"\$[A-Za-z](?:_\d)?\$|`(?!{ENTRY_POINT}`)[a-z]+`")


class DraftError(PropoundError):
    """A draft quotes what was not drawn."""


@dataclass(frozen=True)
class Drawn:
    """What a draw printed."""

    composition: list[dict[str, Any]] = field(default_factory=list)
    """For each skill {"skill", "parameters"}."""
    texts: dict[str, str] = field(default_factory=dict)
    """What can be quoted, by name."""
    facts: dict[str, Any] = field(default_factory=dict)
    """The last line: answer, digits or mode and example."""


def read_draw(observation: str) -> Drawn:
    """What a draw printed; lines that are not of a draw count for nothing."""
    drawn = Drawn()
    for line in observation.splitlines():
        if match := _LINE.fullmatch(line):
            drawn.texts[match.group(1)] = match.group(2)
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(found, dict):
            continue
        if "skill" in found:
            drawn.composition.append({"skill": found.pop("skill"), "parameters": found})
        else:
            drawn.facts.update(found)
    if "example" in drawn.facts:
        drawn.texts["example"] = json.dumps(drawn.facts["example"])
    if "answer" in drawn.facts:
        drawn.texts["answer"] = str(drawn.facts["answer"])
    return drawn


def expand(text: str, drawn: Drawn) -> str:
    """The text with its quotes replaced.

    An open slot in a quote takes the last name that an earlier sentence introduced.

    Raises:
        DraftError: nothing was drawn under that name, a slot is open before any name, or the result is no
            statement (too long, or not text).
    """
    parts: list[str] = []
    position = length = 0
    for match in _QUOTE.finditer(text):
        if match.group(1) not in drawn.texts:
            raise DraftError(f"{match.group(0)} was not drawn")
        quoted = _closed(match.group(1), drawn, _last_name(text[: match.start()]))
        parts += [text[position : match.start()], quoted]
        position, length = match.end(), length + len(quoted)
        if length > MAX_STATEMENT:
            raise DraftError(f"with its quotes the text is longer than {MAX_STATEMENT} characters")
    expanded = "".join([*parts, text[position:]])
    if len(expanded) > MAX_STATEMENT:
        raise DraftError(f"with its quotes the text is longer than {MAX_STATEMENT} characters")
    if not expanded.isascii() and any("\ud800" <= character <= "\udfff" for character in expanded):
        raise DraftError("the draw holds characters that are not text")
    return expanded


def _last_name(text: str) -> str | None:
    """The name (`$Q$`, or `u` as code) that the sentences before the last, unfinished one introduced last."""
    ends = [match.end() for match in _SENTENCE.finditer(text)]
    names = list(dict.fromkeys(_NAME.findall(text[: ends[-1]]))) if ends else []
    return names[-1] if names else None


def _closed(quote: str, drawn: Drawn, name: str | None) -> str:
    """The quoted text with the name in its open slots, those for results of earlier skills."""
    text = drawn.texts[quote]
    kind, _, number = quote.partition(" ")
    if kind not in ("setup", "quantity") or not 0 < int(number) <= len(drawn.composition):
        return text
    for slot, value in drawn.composition[int(number) - 1]["parameters"].items():
        if Reference.parse(value) is not None:
            text = _fill(text, slot, quote, name)
    return text


def _fill(text: str, slot: str, quote: str, name: str | None) -> str:
    def named(match: re.Match[str]) -> str:
        if name is None:
            raise DraftError(f"<{quote}> speaks of an earlier result, and the statement has not named one")
        in_math = text.count("$", 0, match.start()) % 2 == 1
        return name.strip("$") if in_math else name

    return re.sub(rf"\{{{re.escape(slot)}(?: [^{{}}]*)?\}}", named, text)
