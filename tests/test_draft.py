"""Quotes in drafts: what was drawn stands where it is quoted, and nothing else is touched."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.draft import DraftError, Drawn, expand, read_draw
from propound.problem import MAX_STATEMENT

CHAIN = read_draw(
    "\n".join(
        (
            json.dumps({"skill": "definite-integral", "f": [3, 4], "low": 1, "high": 5}),
            "setup 1: A slope is $3x + 4$.",
            "quantity 1: the rise from 1 to 5",
            json.dumps({"skill": "modular-power", "base": "@%316+26", "exponent": 25, "modulus": 48}),
            "setup 2: A wheel has 48 positions; ${base}^{25}$ steps are made from {base m}.",
            "quantity 2: the place after $9^{{base}}$ steps",
            json.dumps({"answer": "32"}),
        )
    )
)
CODE = read_draw(
    "\n".join(
        (
            json.dumps({"skill": "keep-indivisible", "values": "@", "divisor": 8}),
            "quantity 1: the list of what remains of {values}",
            json.dumps({"skill": "spaced-sum", "values": "@", "gap": 2}),
            "quantity 2: the sum over {values}",
            "input: 1 2",
            "output: 3",
            json.dumps({"mode": "stdin", "example": [1, 2], "answer": "3"}),
        )
    )
)


def test_a_draw_is_read() -> None:
    assert [use["skill"] for use in CHAIN.composition] == ["definite-integral", "modular-power"]
    assert CHAIN.composition[1]["parameters"] == {"base": "@%316+26", "exponent": 25, "modulus": 48}
    assert CHAIN.texts["quantity 1"] == "the rise from 1 to 5"
    assert CHAIN.texts["answer"] == "32"
    assert (CODE.texts["example"], CODE.texts["input"], CODE.facts["mode"]) == ("[1, 2]", "1 2", "stdin")


@given(st.text())
def test_whatever_is_printed_is_read(text: str) -> None:
    read_draw(text)


def test_a_chain_is_quoted_and_its_slots_are_closed() -> None:
    draft = (
        "<setup 1> Let $P$ be <quantity 1>. Let $Q$ be the remainder when $P$ is divided by 316. "
        "<setup 2> We set $R$ equal to <quantity 2>."
    )
    assert expand(draft, CHAIN) == (
        "A slope is $3x + 4$. Let $P$ be the rise from 1 to 5. Let $Q$ be the remainder when $P$ is divided by 316. "
        "A wheel has 48 positions; $Q^{25}$ steps are made from $Q$. We set $R$ equal to the place after $9^{Q}$ steps."
    )


def test_a_definition_speaks_of_the_name_before_its_own() -> None:
    draft = "Write a function `solve` with a list `xs`. Let `ys` be <quantity 1>. Return <quantity 2>."
    assert expand(draft, CODE) == (
        "Write a function `solve` with a list `xs`. Let `ys` be the list of what remains of `xs`. "
        "Return the sum over `ys`."
    )


def test_examples_and_the_answer_are_quoted() -> None:
    assert expand("`solve(<example>)` gives `<answer>`; <input> gives <output>", CODE) == (
        "`solve([1, 2])` gives `3`; 1 2 gives 3"
    )


def test_what_is_no_quote_stays() -> None:
    text = r"If $a < b$, then {base} and \text{answer} stay, <setup> and < answer> too."
    assert expand(text, CHAIN) == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<"), max_size=200))
def test_a_text_without_quotes_is_itself(text: str) -> None:
    assert expand(text, CHAIN) == text


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        ("<quantity 3>", "<quantity 3> was not drawn"),
        ("<example>", "<example> was not drawn"),
        ("<setup 2>", "has not named one"),
        ("Let $P$ be <quantity 2>", "has not named one"),
        ("<setup 1>" * 400, "longer than"),
        ("x" * (MAX_STATEMENT + 1), "longer than"),
    ],
)
def test_a_draft_that_quotes_wrongly_is_refused(draft: str, reason: str) -> None:
    with pytest.raises(DraftError, match=reason):
        expand(draft, CHAIN)


def test_nothing_is_quoted_before_a_draw() -> None:
    with pytest.raises(DraftError, match="was not drawn"):
        expand("<answer>", Drawn())


def test_a_draw_that_is_not_text_is_refused() -> None:
    with pytest.raises(DraftError, match="not text"):
        expand("<answer>", read_draw('{"answer": "\\ud800"}'))
