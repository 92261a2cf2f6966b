"""The front matter of a SKILL.md as plain text values with their lines, for whoever reads packages of others.

It is YAML without what can be turned against a reader: no aliases, anchors or tags, no key twice, every scalar is
text, and size, number and depth are bounded while it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from propound.errors import SkillError

MAX_FRONT = 16_000
"""Longest front matter, in characters."""
MAX_VALUES = 500
"""Most keys and values together."""
MAX_DEPTH = 4
"""Deepest nesting; the format's own `metadata` has depth 2."""


class FrontError(SkillError):
    """What is wrong with a front matter, and in which line of the file."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Value:
    """A value: text, a list or a mapping, and the line of the file that it begins in."""

    content: str | list[Value] | dict[str, Value]
    line: int
    flow: bool = False
    """Whether it is a list or mapping in brackets."""

    def text(self) -> str | None:
        """The text in one line; None where it is a list or a mapping."""
        return " ".join(self.content.split()) if isinstance(self.content, str) else None


@dataclass(slots=True)
class _Open:
    """A list or mapping that has not ended."""

    value: Value
    key: str | None = None
    """Of a mapping: the key whose value comes next."""


def split(text: str) -> tuple[str, str, int]:
    """Front matter, body, and the line in which the body begins, of a text with plain line ends.

    Raises:
        FrontError: the text does not begin with front matter between lines of ---, or that is too long.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise FrontError(1, "SKILL.md begins with a line of ---, and it does not")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise FrontError(1, "the front matter has no end: a second line of ---")
    front = "\n".join(lines[1:end])
    if len(front) > MAX_FRONT:
        raise FrontError(1, f"the front matter has {len(front)} characters, more than {MAX_FRONT}")
    return front, "\n".join(lines[end + 1 :]), end + 2


def parse(front: str) -> Mapping[str, Value]:
    """Its fields by name. Lines count from the file's first one, which is the --- before it.

    Raises:
        FrontError: it is not YAML, not a mapping, or uses what is not read here.
    """
    try:
        root = _build(yaml.parse(front, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join((error.problem or error.context or "no YAML").split())
        raise FrontError(mark.line + 2 if mark else 2, f"this is no YAML: {reason}") from None
    except yaml.YAMLError:
        raise FrontError(2, "this is no YAML: it holds a character that cannot be printed") from None
    if root is None or not isinstance(root.content, dict):
        raise FrontError(2, "the front matter is a mapping: lines such as `name: my-skill`")
    return root.content


def _build(events: Iterator[yaml.Event]) -> Value | None:
    """The value that the events write. Not recursive, so that depth is ours to bound."""
    root: Value | None = None
    stack: list[_Open] = []
    count = 0
    for event in events:
        line = event.start_mark.line + 2 if event.start_mark else 2
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise FrontError(
                line, "anchors (&) and aliases (*) are not read: write the value out, or quote it"
            )
        if isinstance(event, yaml.DocumentStartEvent):
            if root is not None or event.version or event.tags:
                raise FrontError(line, "the front matter is one document without directives (%)")
            continue
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            stack.pop()
            continue
        if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            continue
        count += 1
        if count > MAX_VALUES:
            raise FrontError(line, f"there are more than {MAX_VALUES} keys and values")
        if event.tag is not None:
            raise FrontError(
                line, "tags (!) are not read: every value is text; quote it where it begins with !"
            )
        value = _value(event, line)
        if stack:
            _place(stack[-1], value)
        else:
            root = value
        if not isinstance(value.content, str):
            stack.append(_Open(value))
            if len(stack) > MAX_DEPTH:
                raise FrontError(line, f"it is nested deeper than {MAX_DEPTH}")
    return root


def _value(event: yaml.ScalarEvent | yaml.CollectionStartEvent, line: int) -> Value:
    if isinstance(event, yaml.ScalarEvent):
        return Value(event.value, line)
    return Value({} if isinstance(event, yaml.MappingStartEvent) else [], line, flow=bool(event.flow_style))


def _place(parent: _Open, value: Value) -> None:
    content = parent.value.content
    if isinstance(content, list):
        content.append(value)
    elif isinstance(content, dict) and parent.key is not None:
        content[parent.key] = value
        parent.key = None
    elif isinstance(content, dict):
        key = value.text()
        if key is None:
            raise FrontError(value.line, "a key is text")
        if key in content:
            raise FrontError(value.line, f"the key {key[:40]!r} stands here twice")
        parent.key = key
