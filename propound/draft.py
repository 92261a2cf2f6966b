"""A draft that quotes the last draw: `<quantity 2>` in a statement stands for what the draw printed under that name.

A draw prints its wordings as lines `setup 1: ...`, `quantity 1: ...`, `closing: ...`, and the answer as JSON. An agent
may write these out, or quote them: every copied token costs time and is a chance to err. Where a skill does not take
the plain result before it, the draw prints what leads from one to the other as `link 2: ...`; `<setup 2>` brings that
along, with a name that the draft does not use. A skill with neither link nor set-up has an empty one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from propound.characters import not_text
from propound.errors import PropoundError
from propound.problem import MAX_STATEMENT
from propound.skills.toolkit.composition import Reference
from propound.skills.toolkit.execution import ENTRY_POINT

_QUOTE = re.compile(r"<(setup \d{1,2}|quantity \d{1,2}|closing|answer)>")
_LINE = re.compile(r"(setup \d{1,2}|quantity \d{1,2}|link \d{1,2}|closing): (.+)")
_SENTENCE = re.compile(r"[.?!](?=\s)|<setup \d{1,2}>")
_NAME = re.compile(rf"\$[A-Za-z](?:_\d)?\$|`(?!{ENTRY_POINT}`)[a-z]+`")
_FORMULA = re.compile(r"\$[^$]*\$|`[^`]*`")
_SYMBOL = re.compile(r"[A-Za-z](?:_\d)?")
_LETTERS = "ABCDEFGHKLMNPQRSTUVWXYZ"


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
    """By the number of a skill, the sentences that lead from the result before to what it takes."""


def read_draw(observation: str) -> Drawn:
    """What a draw printed; lines that are not of a draw count for nothing."""
    drawn = Drawn()
    for line in observation.splitlines():
        if match := _LINE.fullmatch(line):
            name, text = match.groups()
            if name.startswith("link"):
                drawn.links.setdefault(int(name.removeprefix("link ")), []).append(text)
            else:
                drawn.texts[name] = text
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
    told = ""
    taken = _symbols(text, *drawn.texts.values(), *(link for links in drawn.links.values() for link in links))
    for match in _QUOTE.finditer(text):
        told += text[position : match.start()]
        quoted, names = _quoted(match.group(1), drawn, _last_name(told), taken)
        parts += [text[position : match.start()], quoted]
        told += match.group(0) + "".join(f"{name}. " for name in names)
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


def unquoted(text: str, drawn: Drawn) -> list[str]:
    """The quotes that a text leaves out, for one that quotes at all."""
    quoted = set(_QUOTE.findall(text))
    wanted = [name for name in drawn.texts if name != "answer"]
    wanted += [f"setup {number}" for number in drawn.links if f"setup {number}" not in wanted]
    return [f"<{name}>" for name in wanted if name not in quoted] if quoted else []


def _quoted(quote: str, drawn: Drawn, name: str | None, taken: set[str]) -> tuple[str, list[str]]:
    """What a quote stands for, and the names that it introduces; `name` is the last one before it.

    The name goes into the open slots, those for results of earlier skills.
    """
    kind, _, digits = quote.partition(" ")
    number = int(digits or 0)
    of_skill = 0 < number <= len(drawn.composition)
    text = drawn.texts.get(quote, "" if of_skill and kind == "setup" else None)
    if text is None:
        raise DraftError(f"<{quote}> was not drawn")
    sentences, names = [], []
    for link in drawn.links.get(number, ()) if kind == "setup" else ():
        if name is None:
            raise _nameless(quote)
        new = _fresh(name, taken)
        sentences.append(_fill(_fill(link, "ref", quote, name), "name", quote, new))
        names.append(new)
        name = new
    if of_skill:
        for slot, value in drawn.composition[number - 1]["parameters"].items():
            if Reference.parse(value) is not None:
                text = _fill(text, slot, quote, name)
    return " ".join(filter(None, [*sentences, text])), names


def _symbols(*texts: str) -> set[str]:
    """The letters, with their indices, in the formulas of some texts."""
    return {
        symbol for text in texts for formula in _FORMULA.findall(text) for symbol in _SYMBOL.findall(formula)
    }


def _fresh(name: str, taken: set[str]) -> str:
    """The next free name in the style of another one; it is then taken."""
    symbol = name[1:-1]
    if symbol.startswith(tuple(_LETTERS)) and "_" in symbol:
        choices = [f"{symbol[0]}_{index}" for index in range(1, 10)]
    else:
        after = _LETTERS.find(symbol[0].upper()) + 1
        choices = [*_LETTERS[after:], *_LETTERS[:after]]
        choices = [choice.lower() for choice in choices] if name[0] == "`" else choices
    free = next((choice for choice in choices if choice not in taken), None)
    if free is None:
        raise DraftError(f"no name like {name} is left")
    taken.add(free)
    return f"{name[0]}{free}{name[0]}"


def _nameless(quote: str) -> DraftError:
    return DraftError(f"<{quote}> speaks of an earlier result, and no sentence before it names one")


def _fill(text: str, slot: str, quote: str, name: str | None) -> str:
    def named(match: re.Match[str]) -> str:
        if name is None:
            raise _nameless(quote)
        in_math = text.count("$", 0, match.start()) % 2 == 1
        return name.strip("$") if in_math else name

    return re.sub(rf"\{{{re.escape(slot)}(?: [^{{}}]*)?\}}", named, text)
