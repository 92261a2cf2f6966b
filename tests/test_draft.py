"""Quotes in drafts: what was drawn stands where it is quoted, and nothing else is touched."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.draft import DraftError, Drawn, expand, read_draw, unquoted
from propound.problem import MAX_STATEMENT

CHAIN = read_draw(
    "\n".join(
        (
            json.dumps({"skill": "definite-integral", "f": [3, 4], "low": 1, "high": 5}),
            "setup 1: A slope is $3x + 4$.",
            "quantity 1: the rise from 1 to 5",
            json.dumps({"skill": "modular-power", "base": "@%316+26", "exponent": 25, "modulus": 48}),
            "link 2: Divide {ref} by 316, add 26 to the remainder, and call the sum {name}.",
            "setup 2: A wheel has 48 positions; ${base}^{25}$ steps are made from {base m}.",
            "quantity 2: the place after $9^{{base}}$ steps",
            "closing: Answer with an integer.",
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
            "closing: Example: `solve([1, 2])` returns `3`.",
            json.dumps({"mode": "function", "example": [1, 2], "answer": "3"}),
        )
    )
)


def test_a_draw_is_read() -> None:
    assert [use["skill"] for use in CHAIN.composition] == ["definite-integral", "modular-power"]
    assert CHAIN.composition[1]["parameters"] == {"base": "@%316+26", "exponent": 25, "modulus": 48}
    assert CHAIN.texts["quantity 1"] == "the rise from 1 to 5"
    assert CHAIN.links == {2: ["Divide {ref} by 316, add 26 to the remainder, and call the sum {name}."]}
    assert CHAIN.texts["answer"] == "32"
    assert (CODE.links, CODE.facts["mode"]) == ({}, "function")


@given(st.text())
def test_whatever_is_printed_is_read(text: str) -> None:
    read_draw(text)


def test_a_chain_is_quoted_and_its_slots_are_closed() -> None:
    draft = "<setup 1> Let $P$ be <quantity 1>. <setup 2> We set $R$ equal to <quantity 2>. <closing>"
    assert expand(draft, CHAIN) == (
        "A slope is $3x + 4$. Let $P$ be the rise from 1 to 5. "
        "Divide $P$ by 316, add 26 to the remainder, and call the sum $Q$. "
        "A wheel has 48 positions; $Q^{25}$ steps are made from $Q$. "
        "We set $R$ equal to the place after $9^{Q}$ steps. Answer with an integer."
    )


def test_a_link_of_ones_own_serves_as_well() -> None:
    draft = "Let $P$ be <quantity 1>. Let $Q$ be the remainder when $P$ is divided by 316. Find <quantity 2>."
    assert expand(draft, CHAIN) == (
        "Let $P$ be the rise from 1 to 5. Let $Q$ be the remainder when $P$ is divided by 316. "
        "Find the place after $9^{Q}$ steps."
    )


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("$A$", "$B$"), "$C$"),
        (("$Y$", "$Z$"), "$A$"),
        (("$S_1$", "$S_2$"), "$S_3$"),
        (("$S_9$", "$S_1$"), "$S_2$"),
        (("$H$", "$K$"), "$L$"),
    ],
)
def test_a_link_takes_the_next_name_that_is_free(names: tuple[str, str], expected: str) -> None:
    before, after = names
    told = expand(f"Let {before} be <quantity 1>. <setup 2> Let {after} be 5.", CHAIN)
    assert f"call the sum {expected}. A wheel has 48 positions; ${expected.strip('$')}^{{25}}$" in told


def test_links_follow_each_other() -> None:
    drawn = read_draw(
        "\n".join(
            (
                json.dumps({"skill": "parabola-region", "k": 5}),
                "quantity 1: an area",
                json.dumps({"skill": "lattice-polygon-area", "a": "@p+q%62+15"}),
                "link 2: Let {name} be numerator plus denominator of {ref}.",
                "link 2: Let {name} be the remainder of {ref} on division by 62.",
                "quantity 2: the area up to $({a}, 3)$",
            )
        )
    )
    assert expand("Let $P$ be <quantity 1>. <setup 2> What is <quantity 2>?", drawn) == (
        "Let $P$ be an area. Let $Q$ be numerator plus denominator of $P$. "
        "Let $R$ be the remainder of $Q$ on division by 62. What is the area up to $(R, 3)$?"
    )


def test_names_come_to_an_end() -> None:
    names = " ".join(f"${letter}$" for letter in "ABCDEFGHKLMNPQRSTUVWXYZ")
    with pytest.raises(DraftError, match="no name like"):
        expand(f"Let {names} be <quantity 1>. <setup 2>", CHAIN)


def test_what_a_draft_leaves_out_is_told() -> None:
    assert unquoted("<setup 1> Find <quantity 2>.", CHAIN) == ["<quantity 1>", "<setup 2>", "<closing>"]
    assert unquoted("Find it.", CHAIN) == []
    assert unquoted("Return <quantity 1>, <quantity 2>. <closing>", CODE) == []


def test_a_definition_speaks_of_the_name_before_its_own() -> None:
    draft = (
        "Write a function `solve` with a list `xs`. Let `ys` be <quantity 1>. Return <quantity 2>. <closing>"
    )
    assert expand(draft, CODE) == (
        "Write a function `solve` with a list `xs`. Let `ys` be the list of what remains of `xs`. "
        "Return the sum over `ys`. Example: `solve([1, 2])` returns `3`."
    )


def test_a_set_up_that_was_not_drawn_is_empty() -> None:
    assert expand("Write `solve` with `xs`. <setup 1> Return <quantity 1>.", CODE) == (
        "Write `solve` with `xs`. Return the list of what remains of `xs`."
    )


def test_what_is_no_quote_stays() -> None:
    text = r"If $a < b$, then {base} and \text{answer} stay, <setup> and < answer> and <link 2> too."
    assert expand(text, CHAIN) == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00<"), max_size=200))
def test_a_text_without_quotes_is_itself(text: str) -> None:
    assert expand(text, CHAIN) == text


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        ("<quantity 3>", "<quantity 3> was not drawn"),
        ("<setup 3>", "<setup 3> was not drawn"),
        ("<setup 2>", "no sentence before it names one"),
        ("Let $P$ be <quantity 2>", "no sentence before it names one"),
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
