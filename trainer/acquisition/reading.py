"""A teacher's reply becomes a draft: the JSON that was asked for, or, as small models write it, a text with headings.

Reading is total and bounded: whatever a reply is, it is a draft or a `ReplyError` that says why not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from propound.answers import thoughts
from propound.domain import Domain
from propound.errors import PropoundError
from propound.texjson import mend
from propound.words import words
from trainer.acquisition.draft import PARTS, Draft, Part, lines_of, one_line

MAX_REPLY = 60_000
"""Longest reply that is looked at, in characters."""
MAX_OBJECTS = 24
"""Places at which a JSON object is looked for."""
FEWEST = 4
"""Parts that have to be there before something counts as a card."""
_DEPTH = 3

_KEYS = {part.key: part for part in PARTS}
_OTHER_KEYS = {
    "title": "name",
    "skill": "name",
    "skillname": "name",
    "subject": "domain",
    "field": "category",
    "topic": "category",
    "difficultyeffect": "difficulty",
    "toolhint": "tool",
    "tools": "tool",
    "whentouse": "recognition",
    "steps": "workflow",
    "effects": "effect",
    "checks": "check",
    "verification": "check",
    "typicalmistakes": "mistakes",
    "commonmistakes": "mistakes",
    "pitfalls": "mistakes",
}
_DOMAINS = {
    Domain.MATHEMATICS: ("math",),
    Domain.CODING: ("cod", "programming", "algorithm", "computer", "informatic", "software"),
    Domain.SCIENCE: ("scien", "physic", "chem", "biolog", "astronom", "geolog", "engineer"),
}
_LABEL = re.compile(
    r"^[\s>#]*(?:[-*]\s+)?[*_`\"]{0,3}(?P<label>[A-Za-z][A-Za-z _-]{2,24}?)[*_`\"]{0,3}\s*"
    r"(?P<rest>:.*)?$"
)


class ReplyError(PropoundError):
    """A reply holds no card; the message says why."""


class NoSkillError(ReplyError):
    """The teacher says that the piece holds no skill."""


def read_draft(reply: str) -> Draft:
    """The card in a teacher's reply.

    Raises:
        NoSkillError: it says that there is none.
        ReplyError: it holds none, or no end of a thought, or is too long.
    """
    if len(reply) > MAX_REPLY:
        raise ReplyError(f"the reply is longer than {MAX_REPLY} characters")
    _, said, is_open = thoughts.part(reply)
    if is_open:
        raise ReplyError("the reply ends within a thought")
    found = list(objects(said))
    for each in found:
        for values in (each, *(inner for inner in each.values() if isinstance(inner, dict))):
            draft = _draft(values)
            if draft is not None:
                return draft
    if any(_is_none(each) for each in found):
        raise NoSkillError("the teacher found no skill in it")
    draft = _draft(_headed(said))
    if draft is None:
        raise ReplyError("the reply holds no card")
    return draft


def objects(text: str) -> Iterator[dict[str, Any]]:
    """The outermost JSON objects in a text, TeX in them as it is meant; at most `MAX_OBJECTS` places are tried."""
    decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, strict=False)
    start = text.find("{")
    for _ in range(MAX_OBJECTS):
        if start < 0:
            return
        mended = mend(text[start:])
        try:
            found, end = decoder.raw_decode(mended)
        except (ValueError, RecursionError):
            start = text.find("{", start + 1)
            continue
        yield found
        text, start = mended[end:], mended[end:].find("{")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands in the JSON object twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _is_none(found: Mapping[str, Any]) -> bool:
    """Whether an object names no skill and says nothing else."""
    return "name" in found and not any(_flat(value, 0).strip() for value in found.values())


def _draft(values: Mapping[str, Any]) -> Draft | None:
    """The card that the values say; None where they say too little to be one."""
    said: dict[str, str] = {}
    for key, value in values.items():
        part = _part(key)
        if part is not None and part.key not in said:
            said[part.key] = _tidied(part, _flat(value, 0))
    domain = _domain(said.pop("domain", ""))
    category = "-".join(words(said.pop("category", "")))
    draft = Draft(**said, category=category, domain=domain)
    return draft if sum(bool(draft.said(part)) for part in PARTS) >= FEWEST else None


def _part(key: str) -> Part | None:
    plain = re.sub(r"[\s_-]", "", key).casefold()
    return _KEYS.get(_OTHER_KEYS.get(plain, plain))


def _flat(value: Any, depth: int) -> str:
    """A value as text, an entry a line; what nests too deep says nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None or depth == _DEPTH:
        return ""
    if isinstance(value, dict):
        return " ".join(" ".join(_flat(each, depth + 1).split()) for each in value.values())
    if isinstance(value, list):
        return "\n".join(" ".join(_flat(each, depth + 1).split()) for each in value)
    return str(value)


def _tidied(part: Part, text: str) -> str:
    """What a part says; what only repeats the form says nothing."""
    if words(text) == words(" ".join(part.hint)):
        return ""
    return lines_of(text) if part.heading else one_line(text)


def _domain(said: str) -> Domain | None:
    """The domain that is named, alone or first."""
    for word in words(said):
        for domain, beginnings in _DOMAINS.items():
            if word.startswith(beginnings):
                return domain
    return None


def _headed(text: str) -> dict[str, str]:
    """Parts by the labels that begin them: `Name: ...`, `**Intent:** ...`, `## Workflow`, or lines of broken JSON."""
    found: dict[str, list[str]] = {}
    lines: list[str] | None = None
    is_json = text.lstrip("` \n").removeprefix("json").lstrip().startswith("{")
    for line in text.split("\n"):
        match = _LABEL.match(line[:2_000])
        part = _part(match["label"]) if match else None
        is_heading = line.lstrip().startswith(("#", "**"))
        if match and part is not None and (match["rest"] or is_heading):
            lines = found.setdefault(part.key, [])
            lines.append((match["rest"] or "").removeprefix(":").lstrip("*_"))
        elif lines is not None and not line.lstrip().startswith("```"):
            lines.append(line)
    signs = ' \t\r[]{},"' if is_json else " \t\r"
    return {key: "\n".join(line.strip(signs) for line in each) for key, each in found.items()}
