"""A turn of open mode: a draft in plain sections, programs in fenced blocks, and perhaps a tool call.

Small models cannot escape a program inside JSON, so a draft is written as people would write it: the statement
between <statement> and </statement>, a block of Python that computes the answer, perhaps <answer> and <kind>. A draft
without a call is checked; a block without a statement is run. Headings (`Statement:`, `**Problem**`, `## Answer`) count
as tags, too: that is what models write who forget the tags.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from propound.answers import thoughts
from propound.answers.limits import MAX_ANSWER
from propound.characters import control_character, tidy
from propound.problem import MAX_PROGRAM, MAX_STATEMENT
from propound.trajectory import Action, ActionKind
from propound.transcript import OPEN_TOOLS, malformed, parse_turn

_FENCE = re.compile(r"^[ \t]*```[ \t]*(\w*)[^\n]*\n(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_TAG = re.compile(
    r"<(statement|answer|kind)>(.*?)(?:</\1>|(?=<(?:statement|answer|kind|tool_call)>)|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_HEADING = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]*|\*{1,2}|_{1,2})?"
    r"(problem(?:[ \t]+statement)?|statement|question|answer|final[ \t]+answer|kind)"
    r"[ \t]*(?:\*{1,2}|_{1,2})?[ \t]*(?::[ \t]*(?:\*{1,2})?|(?<=[*_])$|$)(.*)$",
    re.MULTILINE | re.IGNORECASE,
)
_OTHER_HEADING = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]*\w|\*{2}[A-Z][^*\n]{0,40}:?\*{2}:?[ \t]*$|solution\b|program\b|python\b)",
    re.MULTILINE | re.IGNORECASE,
)
_CALL = re.compile(r"<tool_call>.*?(?:</tool_call>|\Z)", re.DOTALL)
_PYTHON = frozenset({"", "python", "py", "python3"})
_GENERATES = re.compile(r"^def generate\s*\(", re.MULTILINE)
_CALL_WORD = re.compile(r"^\W*(submit|check|exec)(?:\(\))?\W*$", re.IGNORECASE)
_NAMES = {"problem": "statement", "question": "statement", "final": "answer"}


@dataclass(frozen=True)
class Draft:
    """What of a draft stands in one turn; an empty part is not there."""

    statement: str = ""
    program: str = ""
    answer: str = ""
    kind: str = ""
    generator: str = ""

    def over(self, before: Draft | None) -> Draft:
        """This one, with what it lacks taken from the one before. A new statement or program drops the old answer."""
        if before is None:
            return self
        keeps = not (self.statement or self.program)
        return Draft(
            statement=self.statement or before.statement,
            program=self.program or before.program,
            answer=self.answer or (before.answer if keeps else ""),
            kind=self.kind or before.kind,
            generator=self.generator or before.generator,
        )

    @property
    def arguments(self) -> dict[str, str]:
        """The parts that are there, as arguments of a tool."""
        return {name: value for name, value in vars(self).items() if value}

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Draft:
        """The inverse of `arguments`."""
        return cls(**{name: str(value) for name, value in arguments.items() if value})


def read_turn(text: str) -> Action:
    """What the agent did; total. `check` and `submit` have the parts of the draft that the turn holds."""
    action = parse_turn(text, OPEN_TOOLS)
    said = _CALL.sub("", thoughts.part(text).said)
    draft = read_draft(said)
    if action.kind is ActionKind.MALFORMED and not draft.statement:
        return action
    if action.kind in (ActionKind.CHECK, ActionKind.SUBMIT):
        return _with_draft(action.kind, Draft.of(action.arguments).over(draft), action.thought)
    if action.kind is ActionKind.EXEC:
        code = action.arguments.get("code") or draft.program
        return action.model_copy(update={"arguments": {"code": code} if code else {}})
    if action.kind in (ActionKind.READ, ActionKind.EDIT):
        return action
    if draft.statement:
        return _with_draft(ActionKind.CHECK, draft, action.thought)
    if draft.program:
        return Action(kind=ActionKind.EXEC, thought=action.thought, arguments={"code": draft.program})
    if word := _CALL_WORD.match(said.strip()):
        return Action(kind=ActionKind(word.group(1).lower()))
    return action


def read_draft(said: str) -> Draft:
    """The parts of a draft in a text."""
    programs = [tidy_program(body) for language, body in _FENCE.findall(said) if language.lower() in _PYTHON]
    programs = [program for program in programs if program.strip()]
    generator = next((each for each in reversed(programs) if _GENERATES.search(each)), "")
    program = next((each for each in reversed(programs) if each != generator), "")
    prose = _FENCE.sub("\n\x00\n", said)
    parts = {name.lower(): _clean(body) for name, body in _TAG.findall(prose)}
    if "statement" not in parts:
        parts = {**_under_headings(prose), **parts}
    return Draft(
        statement=parts.get("statement", ""),
        program=program,
        answer=parts.get("answer", ""),
        kind=parts.get("kind", ""),
        generator=generator,
    )


def tidy_program(text: str) -> str:
    """A program without blank lines around it; its own line ends and indentation stay."""
    return text.replace("\r\n", "\n").strip("\n")


def _under_headings(prose: str) -> dict[str, str]:
    """What stands under headings that models write in place of tags; the first of a name counts."""
    found: dict[str, str] = {}
    matches = list(_HEADING.finditer(prose))
    for place, match in enumerate(matches):
        end = matches[place + 1].start() if place + 1 < len(matches) else len(prose)
        body = f"{match.group(2)}{prose[match.end() : end]}"
        cut = _OTHER_HEADING.search(body)
        body = body[: cut.start()] if cut else body
        name = match.group(1).split()[0].lower()
        found.setdefault(_NAMES.get(name, name), _clean(body))
    return {name: body for name, body in found.items() if body}


def _clean(body: str) -> str:
    """Without what stood in fences, and without the tags of other parts."""
    return re.sub(
        r"</?(?:statement|answer|kind)>", "", body.partition("\x00")[0], flags=re.IGNORECASE
    ).strip()


def _with_draft(kind: ActionKind, draft: Draft, thought: str) -> Action:
    arguments = {
        name: value if name in ("program", "generator") else tidy(value)
        for name, value in draft.arguments.items()
    }
    bounds = {"statement": MAX_STATEMENT, "answer": MAX_ANSWER, "kind": 60}
    for name, value in arguments.items():
        if len(value) > (longest := bounds.get(name, MAX_PROGRAM)):
            return malformed(f"the {name} is longer than {longest} characters", thought)
        if name in bounds and (found := control_character(value)):
            return malformed(f"the {name} holds the control character {found}", thought)
    return Action(kind=kind, thought=thought, arguments=arguments)
