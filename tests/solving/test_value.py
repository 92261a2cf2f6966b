"""The one value in what a program prints."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.answers import AnswerKind
from propound.solving.finding import Lint
from propound.solving.value import ValueFault, value_of


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("42", "42"), ("42.0", "42"), (" 42\n", "42"), ("-0.0", "0"), ("0.5", "0.5"), ("1/3", "1/3"),
        ("Fraction(1, 3)", "1/3"), ("(Fraction(1, 2), Fraction(4, 1))", "(1/2, 4)"),
        ("np.float64(2.5)", "2.5"), ("Decimal('0.1')", "0.1"), ("2*sqrt(3)", "2*sqrt(3)"),
        ("x**2 + 1", "x^2 + 1"), ("[4]", "4"), ("{x: 4}", "4"), ("[[1 2]\n [3 4]]", "[[1, 2], [3, 4]]"),
        ("True", "True"), ("Tuesday", "Tuesday"), ("12.5 m/s", "12.5 m/s"), ("1e+16", "1e16"),
        ("6.02e23", "6.02e23"), ("{1, 2, 3}", "{1, 2, 3}"), ("50%", "50%"),
        ("3 hours 20 minutes", "3 hours 20 minutes"),
    ],
)  # fmt: skip
def test_a_value_is_written_plainly(printed: str, text: str) -> None:
    value = value_of(printed)
    assert value.text == text
    assert value.findings == ()


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("0.49999999999999994", "0.5"), ("0.30000000000000004", "0.3"), ("0.3333333333333333", "1/3"),
        ("2.9999999999999996", "3"), ("33.333333333333336%", "100/3%"), ("12.499999999999998 m/s", "12.5 m/s"),
        ("[0.30000000000000004, 0.5]", "[0.3, 0.5]"), ("0.14285714285714285", "1/7"),
        ("100.30000000000001", "100.3"), ("1.0000000000000002e-05", "0.00001"),
    ],
)  # fmt: skip
def test_floating_noise_is_the_number_that_is_meant_and_said(printed: str, text: str) -> None:
    value = value_of(printed)
    assert value.text == text
    assert not value.is_decimal
    assert [finding.lint for finding in value.findings] == [Lint.NOISE]


@pytest.mark.parametrize(
    "printed", ["3.4641016151377544", "311.6333571234567", "1.2345678901234567e-19", "0.7853981633974483 m"]
)
def test_a_decimal_that_is_no_simple_number_is_told(printed: str) -> None:
    value = value_of(printed)
    assert value.is_decimal
    assert value.number == Fraction(printed.removesuffix(" m"))


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("Answer: 42", "42"), ("The answer is 42.", "42"), ("The total cost is $45.50", "45.50"),
        ("x = 5", "5"), ("\\boxed{7}", "7"),
        ("There are 120 different orders in which the books can stand.", "120"),
        ("Total: 30 apples", "30 apples"), ("approximately 3.46", "3.46"), ("Probability = 3/8", "3/8"),
    ],
)  # fmt: skip
def test_words_around_a_value_are_left_out_and_said(printed: str, text: str) -> None:
    value = value_of(printed)
    assert value.text == text
    assert [finding.lint for finding in value.findings] == [Lint.SENTENCE]


@pytest.mark.parametrize(
    ("printed", "lint"),
    [
        ("", Lint.SILENT), ("  \n ", Lint.SILENT), ("None", Lint.SILENT), ("[]", Lint.SILENT),
        ("3\n4", Lint.SEVERAL), ("3 4", Lint.SEVERAL),
        ("John has 12 apples and 3 pears left", Lint.UNREADABLE), ("nan", Lint.NOT_FINITE),
        ("inf", Lint.NOT_FINITE), ("zoo", Lint.NOT_FINITE), ("(1+2j)", Lint.NOT_FINITE),
        ("1/0", Lint.NOT_FINITE), ("9" * 200, Lint.NOT_FINITE), ("x" * 3_000, Lint.NOT_FINITE),
        ("{'x': 1, 'y': 2}", Lint.UNREADABLE), ("Eq(x, 2)", Lint.UNREADABLE),
        ("<map object at 0x7f0>", Lint.UNREADABLE), ("['a', 'b']", Lint.UNREADABLE),
    ],
)  # fmt: skip
def test_what_is_no_one_value_is_a_fault(printed: str, lint: Lint) -> None:
    with pytest.raises(ValueFault) as fault:
        value_of(printed)
    assert fault.value.finding.lint is lint


def test_output_is_meant_as_it_stands() -> None:
    assert value_of("1 2\n3 4\n", AnswerKind.PROGRAM_OUTPUT).text == "1 2\n3 4"


@given(st.text(max_size=200), st.sampled_from([None, *AnswerKind]))
def test_any_output_has_a_value_or_a_fault(printed: str, kind: AnswerKind | None) -> None:
    try:
        text = value_of(printed, kind).text
    except ValueFault as fault:
        text = fault.finding.detail
    assert text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_never_told_far_from_what_it_is(number: float) -> None:
    written, printed = Fraction(value_of(repr(number)).text), Fraction(repr(number))
    assert abs(written - printed) <= Fraction(1, 10**8) * abs(printed)
