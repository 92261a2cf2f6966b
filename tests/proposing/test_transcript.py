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


CALL = '{"name": "exec", "arguments": {"code": "print(1)"}}'
TAGGED = f"<tool_call>{CALL}</tool_call>"


@pytest.mark.parametrize(
    ("text", "kind", "thought"),
    [
        (f"<think>maybe {TAGGED}? no</think>I go on.", ActionKind.THINK, f"maybe {TAGGED}? no I go on."),
        (f"maybe {TAGGED}? no</think>I go on.", ActionKind.THINK, f"maybe {TAGGED}? no I go on."),
        (f"<think>first {TAGGED}</think>Now.\n{TAGGED}", ActionKind.EXEC, f"first {TAGGED} Now."),
        (f"<think>I could {TAGGED}", ActionKind.THINK, f"I could {TAGGED}"),
        (f"[THINK]{TAGGED}[/THINK]No.", ActionKind.THINK, f"{TAGGED} No."),
        (f"Let us run it.\n```json\n{CALL}\n```", ActionKind.EXEC, "Let us run it."),
        (f"```\n{CALL}\n```\nThat should do.", ActionKind.EXEC, "That should do."),
        (f"```JSON\r\n{CALL}\r\n```", ActionKind.EXEC, ""),
        (f"```tool_call\n{CALL}", ActionKind.EXEC, ""),
        (f"  ```json\n  {CALL}\n  ```", ActionKind.EXEC, ""),
        (f"```json\n{CALL}\n```\nAgain:\n```json\n{CALL}\n```", ActionKind.EXEC, "Again:"),
        (CALL, ActionKind.EXEC, ""),
        (f"<think>```json\n{CALL}\n```</think>No.", ActionKind.THINK, f"```json\n{CALL}\n``` No."),
        ('A row is\n```json\n{"a": 1}\n```', ActionKind.THINK, 'A row is\n```json\n{"a": 1}\n```'),
        ("```python\nprint(1)\n```", ActionKind.THINK, "```python\nprint(1)\n```"),
        (f"{TAGGED}\n```json\n{CALL}\n```", ActionKind.EXEC, f"```json\n{CALL}\n```"),
    ],
)
def test_only_what_follows_a_thought_acts_in_every_form_of_a_call(
    text: str, kind: ActionKind, thought: str
) -> None:
    action = parse_turn(text)
    assert (action.kind, action.thought) == (kind, thought)


def test_two_different_calls_in_blocks_are_one_too_many() -> None:
    other = CALL.replace("print(1)", "print(2)")
    assert "one turn holds one tool call" in _reason(f"```json\n{CALL}\n```\n```json\n{other}\n```")
    assert "not valid JSON" in _reason('```json\n{"name": "exec", "arguments": {"code": "}\n```')
    assert "unknown tool" in _reason('```json\n{"name": "rm", "arguments": {}}\n```')


def test_arguments_that_are_json_within_json_are_read() -> None:
    action = parse_turn('<tool_call>{"name": "exec", "arguments": "{\\"code\\": \\"1\\"}"}</tool_call>')
    assert (action.kind, action.arguments) == (ActionKind.EXEC, {"code": "1"})


def checked(statement: str, answer: str = "1") -> str:
    call = f'{{"name": "check", "arguments": {{"statement": "{statement}", "answer": "{answer}"}}}}'
    return f"<tool_call>{call}</tool_call>"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"Find $\frac{1}{2} \times \beta \sqrt{2}$.", r"Find $\frac{1}{2} \times \beta \sqrt{2}$."),
        (r"Find $\\frac{1}{2}$.\nGive it as a fraction.", "Find $\\frac{1}{2}$.\nGive it as a fraction."),
        (r"A \text{cm} \nu \rho \tan", r"A \text{cm} \nu \rho \tan"),
        (r"one\ttwo", "one two"),
        ("one\ttwo\r\nthree\u2028four", "one two\nthree\nfour"),
    ],
)
def test_tex_and_characters_of_a_statement(written: str, read: str) -> None:
    action = parse_turn(checked(written))
    assert (action.kind, action.arguments["statement"]) == (ActionKind.CHECK, read)


@pytest.mark.parametrize("sign", ["\\f", "\\u000b", "\\u001b[31m", "\\u007f", "\\u009f", "\\b"])
def test_control_characters_never_enter_a_statement(sign: str) -> None:
    assert "control character U+00" in _reason(checked(f"a{sign} 1"))
    assert "answer holds the control character" in _reason(checked("a", f"{sign} 1"))


def test_a_long_thought_is_no_long_turn() -> None:
    action = parse_turn(f"<think>{'x' * 3 * MAX_TURN}</think>{TAGGED}")
    assert action.kind is ActionKind.EXEC
    assert len(action.thought) == MAX_TURN
