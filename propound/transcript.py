"""The wire format of a turn: text with at most one tool call, for every policy - scripted, small or large.

A call is Hermes-style, `<tool_call>{"name": ..., "arguments": {...}}</tool_call>`; structured calls of servers come
in that form, too. Small models write the same object into a fenced block, or nothing but the object; that is read
where there is no `<tool_call>`. Only what follows a thought acts. The parser is total: whatever a model writes
becomes an action, if need be a malformed one that says what was wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from propound.answers import thoughts
from propound.answers.limits import MAX_ANSWER
from propound.characters import control_character, not_text, tidy
from propound.problem import MAX_PROGRAM, MAX_STATEMENT, SkillUse
from propound.texjson import loads
from propound.trajectory import Action, ActionKind

MAX_TURN = 20_000
"""Longest turn that is parsed, in characters, the thought left out."""
MAX_DEPTH = 40
"""Deepest nesting of a tool call's JSON."""

WRITING = r"Within JSON, write each backslash of TeX twice, as in \\frac; write line ends as \n."
"""What models are told who did not learn the format from us."""

_CALL = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)
_FENCED = re.compile(r"^[ \t]*```[ \t]*\w*[ \t]*\r?\n(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_KEYS = ('"name"', '"arguments"')
_WRITTEN = (ActionKind.CHECK, ActionKind.SUBMIT)
"""Actions whose arguments are to be read by people."""


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ReadArguments(_Arguments):
    """Read a skill's full text."""

    name: str = Field(max_length=100)


class DrawArguments(_Arguments):
    """Compose skills with concrete numbers."""

    skills: list[str] = Field(default=[], max_length=8)
    seed: int | None = Field(default=None, ge=0, lt=2**53)


class CheckArguments(_Arguments):
    """Test a draft."""

    statement: str = Field(min_length=1, max_length=MAX_STATEMENT)
    answer: str = Field(min_length=1, max_length=MAX_ANSWER)


class SubmitArguments(_Arguments):
    """Hand in a problem: the one given, or the draft that was checked last."""

    statement: str | None = Field(default=None, min_length=1, max_length=MAX_STATEMENT)
    answer: str | None = Field(default=None, min_length=1, max_length=MAX_ANSWER)
    composition: list[SkillUse] = Field(default=[], max_length=8)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.statement is None) != (self.answer is None):
            raise ValueError("give both statement and answer, or neither")
        return self


class ExecArguments(_Arguments):
    """Run a Python program in the sandbox."""

    code: str = Field(min_length=1, max_length=12_000)


class EditArguments(_Arguments):
    """Drop active skills, or swap in alternates."""

    drop: list[str] = Field(default=[], max_length=8)
    add: list[str] = Field(default=[], max_length=8)


class DraftArguments(_Arguments):
    """A draft of open mode; what is not given stands in the turn, or is as it was drafted last."""

    statement: str | None = Field(default=None, min_length=1, max_length=MAX_STATEMENT)
    program: str | None = Field(default=None, min_length=1, max_length=MAX_PROGRAM)
    answer: str | None = Field(default=None, min_length=1, max_length=MAX_ANSWER)
    kind: str | None = Field(default=None, max_length=60)
    generator: str | None = Field(default=None, min_length=1, max_length=MAX_PROGRAM)


class OpenExecArguments(_Arguments):
    """Run a program of the turn, or the draft's."""

    code: str | None = Field(default=None, min_length=1, max_length=MAX_PROGRAM)


Tools = Mapping[ActionKind, tuple[str, type[BaseModel]]]
"""What the tools of a mode are for, and their arguments."""

PROCEDURAL_TOOLS: Tools = {
    ActionKind.READ: ("The full text of a skill.", ReadArguments),
    ActionKind.DRAW: ("Numbers and wordings for the active skills, and the answer.", DrawArguments),
    ActionKind.CHECK: ("Read the statement back and recompute it.", CheckArguments),
    ActionKind.EXEC: ("Run a Python program; `from toolkit import draw, check` works.", ExecArguments),
    ActionKind.EDIT: ("Drop active skills, or add alternates.", EditArguments),
    ActionKind.SUBMIT: (
        "Hand in the problem, if not given the draft that was checked last; ends the episode.",
        SubmitArguments,
    ),
}
OPEN_TOOLS: Tools = {
    ActionKind.READ: ("The full text of a skill.", ReadArguments),
    ActionKind.EXEC: ("Run a Python program: the turn's block, or the draft's.", OpenExecArguments),
    ActionKind.CHECK: ("Test the draft: run its program twice, look for faults.", DraftArguments),
    ActionKind.EDIT: ("Drop active skills, or add alternates.", EditArguments),
    ActionKind.SUBMIT: ("Hand in the draft; ends the episode.", DraftArguments),
}


def tool_schemas(tools: Tools = PROCEDURAL_TOOLS) -> list[dict[str, Any]]:
    """The tools as function schemas, in the form chat templates and OpenAI-compatible servers expect."""
    return [
        {
            "type": "function",
            "function": {"name": str(kind), "description": text, "parameters": model.model_json_schema()},
        }
        for kind, (text, model) in tools.items()
    ]


def write_call(kind: ActionKind, arguments: dict[str, Any], thought: str = "") -> str:
    """A turn with one tool call, as a policy would write it."""
    call = json.dumps({"name": str(kind), "arguments": arguments}, ensure_ascii=False)
    return f"{thought}\n<tool_call>\n{call}\n</tool_call>".lstrip("\n")


def parse_turn(text: str, tools: Tools = PROCEDURAL_TOOLS) -> Action:
    """What the agent did; never raises."""
    if not_text(text):
        return malformed("the turn holds characters that are not text (NUL or lone surrogates)")
    thought, said, _ = thoughts.part(text)
    if len(said) > MAX_TURN:
        return malformed(f"the turn is longer than {MAX_TURN} characters")
    thought = thought[:MAX_TURN]
    if "<tool_call>" not in said and "</tool_call>" not in said:
        return _parse_untagged(said, thought, tools)
    rest = _CALL.sub("", said).strip()
    beside = " ".join(filter(None, (thought, rest)))
    calls = _CALL.findall(said)
    if not calls:
        return malformed("a <tool_call> is not closed by </tool_call>", beside)
    if len(calls) > 1:
        return malformed("one turn holds one <tool_call>, not more", beside)
    if "<tool_call>" in rest or "</tool_call>" in rest:
        return malformed("the <tool_call> tags do not pair up", beside)
    return _parse_call(calls[0].strip(), beside, tools)


def _parse_untagged(said: str, thought: str, tools: Tools) -> Action:
    """A turn without tags: a fenced block or the whole of it may be a call; otherwise it is a thought."""
    blocks = list(_calls_in_blocks(said))
    bodies = [body for body, _ in blocks]
    if len(bodies) > 1 and len(set(bodies)) > 1:
        return malformed("one turn holds one tool call, not more", " ".join(filter(None, (thought, said))))
    beside = said
    for _, whole in blocks:
        beside = beside.replace(whole, "")
    beside = " ".join(filter(None, (thought, beside.strip())))
    return _parse_call(bodies[0], beside, tools) if bodies else Action(kind=ActionKind.THINK, thought=beside)


def _calls_in_blocks(said: str) -> Iterator[tuple[str, str]]:
    """What looks like a call, and the text that it stands in with its fence."""
    found = [(match.group(1).strip(), match.group()) for match in _FENCED.finditer(said)] or [(said, said)]
    for body, whole in found:
        if body.startswith("{") and body.endswith("}") and all(key in body for key in _KEYS):
            yield body, whole


def _parse_call(body: str, thought: str, tools: Tools) -> Action:
    if _depth(body) > MAX_DEPTH:
        return malformed(f"the tool call nests deeper than {MAX_DEPTH}", thought)
    try:
        call = loads(body, parse_constant=_refuse_constant)
    except ValueError as error:
        return malformed(f"the tool call is not valid JSON: {error}", thought)
    if not isinstance(call, dict) or set(call) != {"name", "arguments"}:
        return malformed('a tool call is {"name": ..., "arguments": {...}}', thought)
    name = call["name"]
    kinds = {str(kind): kind for kind in tools}
    if not isinstance(name, str) or name not in kinds:
        return malformed(f"unknown tool {str(name)[:60]!r}; the tools are {', '.join(kinds)}", thought)
    arguments = _decoded(call["arguments"])
    if not_text(json.dumps(arguments, ensure_ascii=False)) or "\\u0000" in json.dumps(arguments):
        return malformed("the arguments hold characters that are not text (NUL or lone surrogates)", thought)
    kind = kinds[name]
    if kind in _WRITTEN and isinstance(arguments, dict):
        arguments = {
            key: tidy(value) if isinstance(value, str) else value for key, value in arguments.items()
        }
        for key, value in arguments.items():
            if isinstance(value, str) and (found := control_character(value)):
                return malformed(
                    f"{name}: {key} holds the control character {found}; in JSON a TeX command has two backslashes, "
                    r"as \\frac",
                    thought,
                )
    try:
        tools[kind][1].model_validate_json(json.dumps(arguments))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "arguments"
        return malformed(f"{name}: {place}: {first['msg']}", thought)
    return Action(kind=kind, thought=thought, arguments=arguments)


def _decoded(arguments: Any) -> Any:
    """Arguments that a model wrote as JSON within JSON, read; anything else as it is."""
    if isinstance(arguments, str):
        try:
            return (
                loads(arguments, parse_constant=_refuse_constant)
                if _depth(arguments) <= MAX_DEPTH
                else arguments
            )
        except ValueError:
            return arguments
    return arguments


def malformed(reason: str, thought: str = "") -> Action:
    """A turn that could not be understood, and why."""
    return Action(kind=ActionKind.MALFORMED, thought=thought[:2_000], arguments={"reason": reason})


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _depth(body: str) -> int:
    depth = deepest = 0
    for character in body:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest
