"""Turns: what a policy writes becomes an action, and nonsense becomes a malformed one that says why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.trajectory import ActionKind
from propound.transcript import MAX_DEPTH, MAX_TURN, parse_turn, tool_schemas, write_call


def _reason(text: str) -> str:
    action = parse_turn(text)
    assert action.kind is ActionKind.MALFORMED
    return str(action.arguments["reason"])


def test_text_alone_is_a_thought() -> None:
    action = parse_turn("<think>Two skills.</think> Now what?")
    assert (action.kind, action.thought) == (ActionKind.THINK, "Two skills. Now what?")


def test_a_call_carries_its_thought_and_arguments() -> None:
    action = parse_turn(write_call(ActionKind.EXEC, {"code": "print(1)"}, "Try."))
    assert (action.kind, action.thought, action.arguments) == (ActionKind.EXEC, "Try.", {"code": "print(1)"})


def test_it_is_the_format_of_hermes() -> None:
    assert write_call(ActionKind.READ, {"name": "a"}) == (
        '<tool_call>\n{"name": "read_skill", "arguments": {"name": "a"}}\n</tool_call>'
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<tool_call>{}", "not closed"),
        ("<tool_call>{}</tool_call><tool_call>{}</tool_call>", "one turn holds one"),
        ("<tool_call>{'a': 1}</tool_call>", "not valid JSON"),
        ("<tool_call>[1]</tool_call>", "a tool call is"),
        ('<tool_call>{"name": "rm", "arguments": {}}</tool_call>', "unknown tool 'rm'"),
        ('<tool_call>{"name": ["exec"], "arguments": {}}</tool_call>', "unknown tool"),
        ('<tool_call>{"name": "exec", "arguments": {}}</tool_call>', "exec: code: Field required"),
        ('<tool_call>{"name": "exec", "arguments": {"code": 3}}</tool_call>', "exec: code"),
        ('<tool_call>{"name": "exec", "arguments": {"code": "1", "x": 2}}</tool_call>', "exec: x"),
        ('<tool_call>{"name": "exec", "arguments": {"code": "\\u0000"}}</tool_call>', "not text"),
        ('<tool_call>{"name": "exec", "arguments": {"code": "\\ud800"}}</tool_call>', "not text"),
        (
            write_call(ActionKind.SUBMIT, {"statement": "", "composition": [], "answer": "1"}),
            "submit: statement",
        ),
        (write_call(ActionKind.SUBMIT, {"statement": "s"}), "give both statement and answer, or neither"),
        (write_call(ActionKind.CHECK, {"statement": "s"}), "check: answer: Field required"),
        (write_call(ActionKind.DRAW, {"seed": -1}), "draw: seed"),
        (write_call(ActionKind.DRAW, {"skills": ["a"] * 9}), "draw: skills"),
        ('<tool_call>{"name": "submit", "arguments": NaN}</tool_call>', "not valid JSON"),
        ("a\x00b", "not text"),
        ("</tool_call>" + "<tool_call>{}</tool_call>", "do not pair"),
        ("x" * (MAX_TURN + 1), "longer than"),
        ("<tool_call>" + "[" * (MAX_DEPTH + 1) + "</tool_call>", "nests deeper"),
        ("<tool_call>" + "9" * 5_000 + "</tool_call>", ""),
    ],
)
def test_malformed_turns_say_what_was_wrong(text: str, reason: str) -> None:
    assert reason in _reason(text)


@given(st.text())
def test_any_text_becomes_an_action(text: str) -> None:
    parse_turn(text)
    parse_turn(f"<tool_call>{text}</tool_call>")


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.sampled_from(["read_skill", "draw", "check", "exec", "edit_skills", "submit"]), JSON)
def test_any_arguments_become_an_action(name: str, arguments: Any) -> None:
    action = parse_turn("<tool_call>" + json.dumps({"name": name, "arguments": arguments}) + "</tool_call>")
    assert action.kind in ActionKind


def test_schemas_name_every_tool() -> None:
    assert [schema["function"]["name"] for schema in tool_schemas()] == [
        "read_skill",
        "draw",
        "check",
        "exec",
        "edit_skills",
        "submit",
    ]
