"""Turns of open mode: drafts in sections, headings in their place, programs alone, and calls beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.proposing.drafts import Draft, read_draft, read_turn
from propound.trajectory import ActionKind
from propound.transcript import write_call

STATEMENT = "A farm sells 12 crates of 8 eggs. How many eggs is that?"
PROGRAM = "print(12 * 8)"
DRAFT = f"I begin.\n<statement>\n{STATEMENT}\n</statement>\n```python\n{PROGRAM}\n```\n<answer>96</answer>"


def test_a_draft_alone_is_checked() -> None:
    action = read_turn(DRAFT)
    assert action.kind is ActionKind.CHECK
    assert action.arguments == {"statement": STATEMENT, "program": PROGRAM, "answer": "96"}


def test_a_draft_with_a_call_of_submit_is_handed_in() -> None:
    action = read_turn(f"{DRAFT}\n{write_call(ActionKind.SUBMIT, {})}")
    assert action.kind is ActionKind.SUBMIT
    assert action.arguments["statement"] == STATEMENT


@pytest.mark.parametrize("word", ["submit", "submit()", "**Submit**", "SUBMIT."])
def test_a_bare_word_is_a_call(word: str) -> None:
    assert read_turn(word).kind is ActionKind.SUBMIT
    assert read_turn(word).arguments == {}


def test_a_sentence_with_the_word_is_none() -> None:
    assert read_turn("I will submit it later.").kind is ActionKind.THINK


def test_a_program_alone_is_run() -> None:
    action = read_turn("Let me see.\n```python\nprint(1)\n```")
    assert (action.kind, action.arguments) == (ActionKind.EXEC, {"code": "print(1)"})


def test_a_call_of_exec_runs_the_block_beside_it() -> None:
    text = f"```python\nprint(2)\n```\n{write_call(ActionKind.EXEC, {})}"
    assert read_turn(text).arguments == {"code": "print(2)"}
    assert read_turn(write_call(ActionKind.EXEC, {})).arguments == {}


def test_a_fenced_object_is_a_call() -> None:
    action = read_turn('```json\n{"name": "edit_skills", "arguments": {"drop": ["rates"]}}\n```')
    assert (action.kind, action.arguments) == (ActionKind.EDIT, {"drop": ["rates"]})


@pytest.mark.parametrize(
    "text",
    [
        f"**Problem:** {STATEMENT}\n\n```python\n{PROGRAM}\n```\n\n**Answer:** 96",
        f"### Problem Statement\n{STATEMENT}\n\n### Program\n```python\n{PROGRAM}\n```\n### Answer\n96",
        f"Statement:\n{STATEMENT}\n```python\n{PROGRAM}\n```\nAnswer: 96",
        f"<statement>\n{STATEMENT}\n```python\n{PROGRAM}\n```\n<answer>96",
    ],
)
def test_what_models_write_in_place_of_tags(text: str) -> None:
    assert read_draft(text) == Draft(STATEMENT, PROGRAM, "96")


def test_the_second_program_of_a_coding_problem_generates() -> None:
    text = (
        "<statement>Write a function f.</statement>\n```python\ndef f(x):\n    return x\n```\n"
        "```python\ndef generate(rng):\n    return [rng.randint(0, 9)]\n```"
    )
    found = read_draft(text)
    assert found.program.startswith("def f")
    assert found.generator.startswith("def generate")


def test_a_thought_is_no_draft() -> None:
    assert read_turn(f"<think>{DRAFT}</think>\nNo, that is too easy.").kind is ActionKind.THINK


def test_a_new_statement_drops_the_old_answer_and_keeps_the_program() -> None:
    before = Draft("old", "print(1)", "1", "integer")
    assert Draft("new").over(before) == Draft("new", "print(1)", "", "integer")
    assert Draft(answer="2").over(before) == Draft("old", "print(1)", "2", "integer")
    assert Draft().over(before) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"<statement>{'a' * 6_001}</statement>", "longer than 6000"),
        ("<statement>a\x07b</statement>", "control character U+0007"),
        (f"<statement>a</statement>\n```python\n{'#' * 12_001}\n```", "the program is longer"),
    ],
)
def test_what_is_out_of_bounds_is_said(text: str, said: str) -> None:
    action = read_turn(text)
    assert action.kind is ActionKind.MALFORMED
    assert said in action.arguments["reason"]


@given(st.text(alphabet=st.sampled_from("<>/`stamenwr python\n{}\"':*#?0")), st.text())
def test_reading_is_total(one: str, other: str) -> None:
    for text in (one, other, f"<statement>{one}</statement>\n```python\n{other}\n```"):
        assert read_turn(text).kind in ActionKind
