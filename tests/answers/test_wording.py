"""One number is the same with what it counts, its unit, its currency and its groups of three digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.answers import Agreement, AnswerKind, compare
from tests.answers.cases_wording import THOUSANDS, UNITS, WORDS

SIGNS = {"=": Agreement.EQUAL, "!": Agreement.NOT_EQUAL, "?": Agreement.UNDECIDED}
NUMBERS = st.integers(-(10**9), 10**9)
BESIDE = [
    "{} apples",
    "exactly {}",
    "{} m/s",
    "{} minutes",
    "about {}",
    "€{}",
    "{} USD",
    "{} people in the room",
    r"\text{{{} km}}",
]
GAPS = [",", r",\!", "{,}", r"\,", r"\ ", "~", "\u2009", "\u202f", "\u00a0", " "]


@pytest.mark.parametrize(("gold", "answer", "sign"), THOUSANDS + WORDS + UNITS, ids=ascii)
def test_table(gold: str, answer: str, sign: str) -> None:
    found = compare(gold=gold, answer=answer)
    assert found.result is SIGNS[sign], found.reason


@given(one=NUMBERS, other=NUMBERS, beside=st.sampled_from(BESIDE))
def test_words_neither_hide_nor_change_a_number(one: int, other: int, beside: str) -> None:
    def result(value: int) -> Agreement:
        answer = beside.format(value)
        return compare(gold=str(one), answer=answer, kind=AnswerKind.INTEGER).result

    assert result(one) is Agreement.EQUAL
    assert (result(other) is Agreement.EQUAL) == (one == other)


@given(one=st.integers(1_000, 10**12), gap=st.sampled_from(GAPS), swapped=st.booleans())
def test_groups_of_three_digits_are_one_number(one: int, gap: str, swapped: bool) -> None:
    sides = str(one), f"{one:,}".replace(",", gap)
    gold, answer = reversed(sides) if swapped else sides
    assert compare(gold=gold, answer=answer).result is Agreement.EQUAL
