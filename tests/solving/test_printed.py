"""What counts of what a blind solver's program prints."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from propound.answers import AnswerKind
from propound.solving.printed import NoValueError, value_in


@pytest.mark.parametrize(
    ("printed", "kind", "value"),
    [
        ("36\n", AnswerKind.INTEGER, "36"),
        ("3\n4\n36", AnswerKind.INTEGER, "36"),
        ("36\nDone", AnswerKind.INTEGER, "36"),
        ("Step 1: 9\nStep 2: 36\nVerified: True\n\n", AnswerKind.INTEGER, "36"),
        ("The total is 36 marbles.", AnswerKind.INTEGER, "36"),
        ("Answer: 36", None, "36"),
        ("35.99999999999999", AnswerKind.INTEGER, "36"),
        ("0.3333333333333333", AnswerKind.RATIONAL, "1/3"),
        ("Fraction(1, 3)", AnswerKind.RATIONAL, "1/3"),
        ("[36]", AnswerKind.INTEGER, "36"),
        ("{x: 36}", AnswerKind.INTEGER, "36"),
        ("22.5", AnswerKind.INTEGER, "22.5"),  # another answer, and not none
        ("[1, 2]", AnswerKind.TUPLE, "(1, 2)"),
        ("[2, 1]", AnswerKind.SET, "{2, 1}"),
        ("(2, 1)", AnswerKind.SET, "{2, 1}"),
        ("True", AnswerKind.BOOLEAN, "True"),
        ("Alice is right\nMonday", AnswerKind.TEXT, "Monday"),
        ("a b\nc d", AnswerKind.PROGRAM_OUTPUT, "a b\nc d"),
    ],
)
def test_the_last_line_that_reads_as_one_value(printed: str, kind: AnswerKind | None, value: str) -> None:
    assert value_in(printed, kind) == value


@pytest.mark.parametrize(
    ("printed", "value"),
    [("19.809", "19.809 m/s"), ("19.809 m/s", "19.809 m/s"), ("v = 19.8 m/s", "19.8 m/s"), ("5 km", "5 km")],
)
def test_a_bare_number_is_in_the_unit_that_is_asked_for(printed: str, value: str) -> None:
    assert value_in(printed, AnswerKind.QUANTITY, "m/s") == value


@pytest.mark.parametrize(
    ("printed", "kind", "why"),
    [
        ("", AnswerKind.INTEGER, "prints nothing"),
        (" \n\n", AnswerKind.INTEGER, "prints nothing"),
        ("None", AnswerKind.INTEGER, "no answer"),
        ("Done", AnswerKind.INTEGER, "no printed line reads as one value"),
        ("There is no way to tell how many there are", AnswerKind.INTEGER, "a sentence"),
        ("Alice has 3 and Bob has 4", AnswerKind.INTEGER, "a sentence"),
        ("inf", AnswerKind.REAL, "no finite number"),
        ("9" * 3_000, AnswerKind.INTEGER, "characters"),
        ("x" * 3_000, AnswerKind.PROGRAM_OUTPUT, "characters"),
        ("\n".join(["36", *["line"] * 25]), AnswerKind.INTEGER, "no printed line"),
    ],
)
def test_no_value(printed: str, kind: AnswerKind, why: str) -> None:
    with pytest.raises(NoValueError, match=why):
        value_in(printed, kind)


@settings(max_examples=80, deadline=None)
@given(
    st.text(st.sampled_from("0123456789.,:=[](){}/ \n-+eExy'\"π∞°%"), max_size=40),
    st.sampled_from([None, *AnswerKind]),
)
def test_any_output_has_a_value_or_none(printed: str, kind: AnswerKind | None) -> None:
    try:
        value = value_in(printed, kind)
    except NoValueError:
        return
    assert value.strip()
