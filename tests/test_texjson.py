r"""JSON with TeX in it: one backslash before a command is the command, a new line stays one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.texjson import COMMANDS, loads, mend


@pytest.mark.parametrize(
    "command",
    [
        r"\frac{1}{2}",
        r"\times",
        r"\beta",
        r"\text{cm}",
        r"\nu",
        r"\rho",
        r"\tan",
        r"\sqrt{2}",
        r"\neq",
        r"\right)",
        r"\boxed{6}",
        r"\forall",
        r"\binom{5}{2}",
        r"\theta_1",
        r"\alpha",
        r"\upsilon",
        r"\(x\)",
        r"\,",
        r"58\,500",
        r"\{1;2\}",
        r"\to\infty",
        r"\nabla",
        r"\tfrac12",
        r"50\%",
        r"\le",
        r"\bigl(",
        r"\mu",
    ],
)
def test_one_backslash_before_a_command_is_the_command(command: str) -> None:
    assert loads(f'{{"answer": "${command}$"}}') == {"answer": f"${command}$"}
    twice = command.replace("\\", "\\\\")
    assert loads(f'{{"answer": "${twice}$"}}') == {"answer": f"${command}$"}


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (r"One.\nThen two.", "One.\nThen two."),
        (r"\nnumbers", "\nnumbers"),
        (r"a\tb", "a\tb"),
        (r"a\r\nb", "a\r\nb"),
        (r"\n\n$\nu$", "\n\n$\\nu$"),
        (r"first\ni) second", "first\ni) second"),
        (r"say \"x\" \/ \\", 'say "x" / \\'),
        (r"\u00e9 \u2264", "é ≤"),
        ("two\nlines\tas they are", "two\nlines\tas they are"),
    ],
)
def test_what_json_means_stays(literal: str, text: str) -> None:
    assert loads(f'["{literal}"]') == [text]


def test_a_program_keeps_its_line_ends() -> None:
    assert loads(r'{"name": "exec", "arguments": {"code": "n = 2\nu = 3\nnot_n = 4\nprint(\"\d\")"}}') == {
        "name": "exec",
        "arguments": {"code": 'n = 2\nu = 3\nnot_n = 4\nprint("\\d")'},
    }
    assert loads(r'{"code": "n\nu", "statement": "$\nu$"}') == {"code": "n\nu", "statement": r"$\nu$"}


def test_the_table_holds_only_what_json_would_misread() -> None:
    assert {command[0] for command in COMMANDS} == {"n", "r", "t"}


@pytest.mark.parametrize("text", ["", "{", '"', '"\\', "{'a': 1}", '{"a": "b', "[1,]", '{"a": NaN'])
def test_what_is_no_json_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the reader says
        loads(text)


PLAIN = st.text(st.characters(exclude_characters="\b\f\n\r\t"))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | PLAIN,
    lambda inner: st.lists(inner) | st.dictionaries(PLAIN, inner),
)


@given(JSON)
def test_right_json_is_left_as_it_is(value: Any) -> None:
    text = json.dumps(value)
    assert mend(text) == text
    assert loads(json.dumps(value, ensure_ascii=False)) == value


@given(st.text())
def test_any_text_can_be_mended_and_once_is_enough(text: str) -> None:
    assert mend(mend(text)) == mend(text)
