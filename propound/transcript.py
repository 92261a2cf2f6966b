"""The wire format of a turn: text with at most one Hermes-style `<tool_call>{...}</tool_call>`.

Every policy - scripted, small or large - goes through this parser. It is total: whatever a model writes
becomes an action, if need be a malformed one that says what was wrong.
"""

from __future__ import annotations

import json
import re
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from propound.answers.limits import MAX_ANSWER
from propound.problem import MAX_STATEMENT, SkillUse
from propound.trajectory import Action, ActionKind

MAX_TURN = 20_000
"""Longest turn that is parsed, in characters."""
MAX_DEPTH = 40
"""Deepest nesting of a tool call's JSON."""

_CALL = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)
_TAGS = re.compile(r"</?think>")


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


_TOOLS: dict[ActionKind, tuple[str, type[BaseModel]]] = {
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


def tool_schemas() -> list[dict[str, Any]]:
    """The tools as function schemas, in the form chat templates and OpenAI-compatible servers expect."""
    return [
        {
            "type": "function",
            "function": {"name": str(kind), "description": text, "parameters": model.model_json_schema()},
        }
        for kind, (text, model) in _TOOLS.items()
    ]


def write_call(kind: ActionKind, arguments: dict[str, Any], thought: str = "") -> str:
    """A turn with one tool call, as a policy would write it."""
    call = json.dumps({"name": str(kind), "arguments": arguments}, ensure_ascii=False)
    return f"{thought}\n<tool_call>\n{call}\n</tool_call>".lstrip("\n")


def parse_turn(text: str) -> Action:
    """What the agent did; never raises."""
    if len(text) > MAX_TURN:
        return _malformed(f"the turn is longer than {MAX_TURN} characters")
    if not_text(text):
        return _malformed("the turn holds characters that are not text (NUL or lone surrogates)")
    calls = _CALL.findall(text)
    thought = _TAGS.sub("", _CALL.sub("", text)).strip()
    if not calls:
        if "<tool_call>" in text:
            return _malformed("a <tool_call> is not closed by </tool_call>", thought)
        return Action(kind=ActionKind.THINK, thought=thought)
    if len(calls) > 1:
        return _malformed("one turn holds one <tool_call>, not more", thought)
    if "<tool_call>" in thought or "</tool_call>" in thought:
        return _malformed("the <tool_call> tags do not pair up", thought)
    return _parse_call(calls[0].strip(), thought)


def _parse_call(body: str, thought: str) -> Action:
    if _depth(body) > MAX_DEPTH:
        return _malformed(f"the tool call nests deeper than {MAX_DEPTH}", thought)
    try:
        call = json.loads(body, parse_constant=_refuse_constant)
    except ValueError as error:
        return _malformed(f"the tool call is not valid JSON: {error}", thought)
    if not isinstance(call, dict) or set(call) != {"name", "arguments"}:
        return _malformed('a tool call is {"name": ..., "arguments": {...}}', thought)
    name = call["name"]
    kinds = {str(kind): kind for kind in _TOOLS}
    if not isinstance(name, str) or name not in kinds:
        return _malformed(f"unknown tool {str(name)[:60]!r}; the tools are {', '.join(kinds)}", thought)
    if not_text(json.dumps(call["arguments"], ensure_ascii=False)) or "\\u0000" in json.dumps(
        call["arguments"]
    ):
        return _malformed("the arguments hold characters that are not text (NUL or lone surrogates)", thought)
    try:
        _TOOLS[kinds[name]][1].model_validate_json(json.dumps(call["arguments"]))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "arguments"
        return _malformed(f"{name}: {place}: {first['msg']}", thought)
    return Action(kind=kinds[name], thought=thought, arguments=call["arguments"])


def _malformed(reason: str, thought: str = "") -> Action:
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


def not_text(text: str) -> bool:
    """Whether it holds what PostgreSQL and JSON cannot: NUL or lone surrogates."""
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)
