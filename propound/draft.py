"""A draft that quotes the last draw: `<quantity 2>` in a statement stands for what the draw printed under that name.

A draw prints its wordings as lines `setup 1: ...`, `quantity 1: ...`, `link 1: ...`, `closing: ...`, and the answer as
JSON. An agent may write these out, or quote them: every copied token costs time and is a chance to err. A link brings a
name of its own: `<link 1: $Q$>`. A skill that is worded without a set-up has an empty one, which may be quoted as well.
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
from propound.transcript import not_text

_QUOTE = re.compile(r"<(setup \d{1,2}|quantity \d{1,2}|closing|answer)>|<(link \d{1,2}): ([^<>]{1,20})>")
_LINE = re.compile(r"(setup \d{1,2}|quantity \d{1,2}|link \d{1,2}|closing): (.+)")
_SENTENCE = re.compile(r"[.?!](?=\s)|<setup \d{1,2}>|<link [^<>]*>")
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
    links: dict[int, list[str]] = field(default_factory=dict)
    """By the number of a skill, the links that lead to it."""


def read_draw(observation: str) -> Drawn:
    """What a draw printed; lines that are not of a draw count for nothing."""
    drawn = Drawn()
    for line in observation.splitlines():
        if match := _LINE.fullmatch(line):
            drawn.texts[match.group(1)] = match.group(2)
            if match.group(1).startswith("link"):
                drawn.links.setdefault(len(drawn.composition), []).append(match.group(1))
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
    position = 0
    for match in _QUOTE.finditer(text):
        quoted = _quoted(match, drawn, _last_name(text[: match.start()]))
        parts += [text[position : match.start()], quoted]
        position = match.end()
        if not quoted and text[position : position + 1] == " ":
            position += 1
    expanded = "".join([*parts, text[position:]])
    if len(expanded) > MAX_STATEMENT:
        raise DraftError(f"with its quotes the text is longer than {MAX_STATEMENT} characters")
    if not_text(expanded):
        raise DraftError("the draw holds characters that are not text")
    return expanded


def _last_name(text: str) -> str | None:
    """The name (`$Q$`, or `u` as code) that the sentences before the last, unfinished one introduced last."""
    ends = [match.end() for match in _SENTENCE.finditer(text)]
    names = list(dict.fromkeys(_NAME.findall(text[: ends[-1]]))) if ends else []
    return names[-1] if names else None


def _quoted(match: re.Match[str], drawn: Drawn, name: str | None) -> str:
    """What a quote stands for, with the earlier name in its open slots, those for results of earlier skills."""
    whole, link, new = match.groups()
    kind, _, number = (whole or link).partition(" ")
    of_skill = kind in ("setup", "quantity") and 0 < int(number) <= len(drawn.composition)
    text = drawn.texts.get(whole or link, "" if of_skill and kind == "setup" else None)
    if text is None:
        raise DraftError(f"<{whole or link}> was not drawn")
    if link:
        if not _NAME.fullmatch(new):
            raise DraftError(f"{match.group(0)} gives no name such as $Q$")
        return _fill(_fill(text, "ref", link, name), "name", link, new)
    if of_skill:
        for slot, value in drawn.composition[int(number) - 1]["parameters"].items():
            if Reference.parse(value) is not None:
                text = _fill(text, slot, whole, name)
    return text


def _fill(text: str, slot: str, quote: str, name: str | None) -> str:
    def named(match: re.Match[str]) -> str:
        if name is None:
            raise DraftError(f"<{quote}> speaks of an earlier result, and no sentence before it names one")
        in_math = text.count("$", 0, match.start()) % 2 == 1
        return name.strip("$") if in_math else name

    return re.sub(rf"\{{{re.escape(slot)}(?: [^{{}}]*)?\}}", named, text)
