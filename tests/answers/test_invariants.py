"""What holds for all inputs: no text breaks a comparison, equal values agree, different ones never do."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from propound.answers import Agreement, compare
from propound.answers.algebra.exact import exact
from propound.answers.kinds import AnswerKind
from propound.answers.reading.syntax import parse

INTEGERS = st.integers(-(10**30), 10**30)
FRACTIONS = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=10**6)
KINDS = st.sampled_from(list(AnswerKind))

_SIGNS = r"0 1 2 7 10 99 . , ; + - * / ^ _ ! | ( ) [ ] { } \{ \} = ° % x y e i E m s kg J"
_COMMANDS = r"\frac \sqrt \pi \sin \log \text{ \boxed{ \left( \right) \pm \infty \overline{ \binom sqrt( e^"
_OTHERS = ("{1}", "{2}", " ", " or ", " and ", "**", "5 m", "m/s", "°C", "²", "½", "−", "\x00", "\ud800", "∞")
_PIECES = (*_SIGNS.split(), *_COMMANDS.split(), *_OTHERS)
NOTATION = st.lists(st.sampled_from(_PIECES), max_size=14).map("".join)


def spellings(value: Fraction) -> list[str]:
    """Ways to write one rational."""
    sign, top, bottom = "-" if value < 0 else "", abs(value.numerator), value.denominator
    return [
        f"{value.numerator}/{bottom}",
        rf"{sign}\frac{{{top}}}{{{bottom}}}",
        rf"$\dfrac{{{value.numerator}}}{{{bottom}}}$",
        f"{sign}{3 * top}/{3 * bottom}",
        f"\u2212{top} / {bottom}" if sign else f"+{top} / {bottom}",
        rf"\boxed{{{sign}({top})/({bottom})}}",
        f"x = {sign}{top}/{bottom}",
    ]


@given(st.text(max_size=80), st.text(max_size=80), KINDS)
def test_any_text_compares(gold: str, answer: str, kind: AnswerKind) -> None:
    compare(gold=gold, answer=answer, kind=kind).model_dump()


@settings(max_examples=400)
@given(NOTATION, NOTATION, KINDS)
def test_any_notation_compares_and_never_contradicts_itself(gold: str, answer: str, kind: AnswerKind) -> None:
    there = compare(gold=gold, answer=answer, kind=kind).result
    back = compare(gold=answer, answer=gold, kind=kind).result
    if kind not in {AnswerKind.REAL, AnswerKind.QUANTITY}:
        assert {there, back} != {Agreement.EQUAL, Agreement.NOT_EQUAL}
    if gold.strip() and there is Agreement.EQUAL:
        assert compare(gold=gold, answer=gold, kind=kind).result is Agreement.EQUAL


@given(INTEGERS)
def test_integers_equal_their_spellings(value: int) -> None:
    for written in (f"{value}", f"{value:,}", f"{value}.0", f"${value}$", f"({value})", f"{2 * value}/2"):
        for kind in (AnswerKind.INTEGER, AnswerKind.RATIONAL, AnswerKind.EXPRESSION):
            assert compare(gold=str(value), answer=written, kind=kind).result is Agreement.EQUAL


@given(INTEGERS, INTEGERS, st.sampled_from([AnswerKind.INTEGER, AnswerKind.RATIONAL, AnswerKind.EXPRESSION]))
def test_integers_are_equal_only_to_themselves(one: int, other: int, kind: AnswerKind) -> None:
    expected = Agreement.EQUAL if one == other else Agreement.NOT_EQUAL
    assert compare(gold=str(one), answer=f"{other:,}", kind=kind).result is expected


@given(FRACTIONS)
def test_fractions_equal_their_spellings(value: Fraction) -> None:
    for written in spellings(value):
        assert compare(gold=str(value), answer=written, kind=AnswerKind.RATIONAL).result is Agreement.EQUAL, (
            written
        )


@given(FRACTIONS, FRACTIONS)
def test_fractions_are_equal_only_to_themselves(one: Fraction, other: Fraction) -> None:
    for written in spellings(other):
        assert (
            compare(gold=str(one), answer=written, kind=AnswerKind.RATIONAL).result is Agreement.EQUAL
        ) == (one == other)


@given(st.lists(FRACTIONS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_sets_ignore_order_and_tuples_do_not(values: list[Fraction], random: object) -> None:
    shuffled = values[::-1]
    gold, answer = (", ".join(map(str, some)) for some in (values, shuffled))
    assert (
        compare(gold=f"{{{gold}}}", answer=rf"\{{{answer}\}}", kind=AnswerKind.SET).result is Agreement.EQUAL
    )
    expected = Agreement.EQUAL if values == shuffled else Agreement.NOT_EQUAL
    assert compare(gold=f"({gold})", answer=f"({answer})", kind=AnswerKind.TUPLE).result is expected


@given(st.decimals(min_value=-1000, max_value=1000, places=3), st.integers(-20, 20))
def test_a_real_agrees_within_half_a_unit_in_its_last_place(value: object, thousandths: int) -> None:
    gold = Fraction(str(value))
    answer = gold + Fraction(thousandths, 10_000)
    states_precision = len(str(value).lstrip("-").replace(".", "").lstrip("0")) > 1
    close = states_precision and abs(answer - gold) <= min(Fraction(1, 2000), abs(gold) / 20)
    found = compare(
        gold=str(value), answer=f"{answer.numerator}/{answer.denominator}", kind=AnswerKind.REAL
    ).result
    assert found is (Agreement.EQUAL if close or answer == gold else Agreement.NOT_EQUAL)


COEFFICIENTS = st.lists(st.integers(-9, 9), min_size=1, max_size=5)


def polynomial(coefficients: list[int], letter: str = "x") -> str:
    """c0 + c1*x + ..."""
    return " + ".join(f"({c})*{letter}^{power}" for power, c in enumerate(coefficients, 1)) + " + 1"


@given(COEFFICIENTS, COEFFICIENTS)
def test_polynomials_are_equal_only_with_equal_coefficients(one: list[int], other: list[int]) -> None:
    width = max(len(one), len(other))
    same = one + [0] * (width - len(one)) == other + [0] * (width - len(other))
    expected = Agreement.EQUAL if same else Agreement.NOT_EQUAL
    assert (
        compare(gold=polynomial(one), answer=polynomial(other), kind=AnswerKind.POLYNOMIAL).result is expected
    )


@given(COEFFICIENTS, COEFFICIENTS)
def test_a_product_equals_its_expansion(one: list[int], other: list[int]) -> None:
    first, second = [1, *one], [1, *other]
    product = [0] * (len(first) + len(second) - 1)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            product[i + j] += a * b
    expanded = " + ".join(f"({c})*t^{power}" for power, c in enumerate(product) if power) + " + 1"
    factored = f"({polynomial(one, 't')})({polynomial(other, 't')})"
    assert compare(gold=expanded, answer=factored, kind=AnswerKind.EXPRESSION).result is Agreement.EQUAL


@given(st.recursive(st.integers(0, 20).map(str), lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(
    lambda parts: f"({''.join(parts)})"
), max_leaves=12))  # fmt: skip
def test_arithmetic_has_python_s_value(text: str) -> None:
    assert exact(parse(text)) == Fraction(eval(text))  # our own digits and signs


ENDS = st.tuples(st.integers(-6, 6), st.integers(0, 5), st.sampled_from("[("), st.sampled_from("])"))


@given(st.lists(ENDS, min_size=1, max_size=4), st.lists(ENDS, min_size=1, max_size=4))
def test_unions_are_equal_only_with_the_same_numbers(
    one: list[tuple[int, int, str, str]], other: list[tuple[int, int, str, str]]
) -> None:
    halves = [Fraction(n, 2) for n in range(-14, 26)]

    def numbers(union: list[tuple[int, int, str, str]]) -> set[Fraction]:
        return {
            half
            for half in halves
            for low, width, left, right in union
            if (low <= half if left == "[" else low < half)
            and (half <= low + 1 + width if right == "]" else half < low + 1 + width)
        }

    gold, answer = (
        r" \cup ".join(f"{left}{low}, {low + 1 + width}{right}" for low, width, left, right in union)
        for union in (one, other)
    )
    expected = Agreement.EQUAL if numbers(one) == numbers(other) else Agreement.NOT_EQUAL
    assert compare(gold=gold, answer=answer, kind=AnswerKind.INTERVAL).result is expected


@given(COEFFICIENTS, COEFFICIENTS, st.fractions(max_denominator=9).filter(bool))
def test_equations_are_equal_up_to_a_factor(one: list[int], other: list[int], factor: Fraction) -> None:
    scaled = f"({factor})*({polynomial(one)}) = ({factor})*y"
    assert (
        compare(gold=f"y = {polynomial(one)}", answer=scaled, kind=AnswerKind.EQUATION).result
        is Agreement.EQUAL
    )
    width = max(len(one), len(other))
    if one + [0] * (width - len(one)) != other + [0] * (width - len(other)):
        found = compare(
            gold=f"y = {polynomial(one)}", answer=f"y = {polynomial(other)}", kind=AnswerKind.EQUATION
        ).result
        assert found is Agreement.NOT_EQUAL


@given(st.permutations(["H2", "O3", "Na4", "Cl5", "Fe"]), st.integers(0, 4))
def test_formulas_are_their_atoms(parts: list[str], dropped: int) -> None:
    assert (
        compare(gold="H2O3Na4Cl5Fe", answer="".join(parts), kind=AnswerKind.CHEMICAL_FORMULA).result
        is Agreement.EQUAL
    )
    rest = "".join(part for at, part in enumerate(parts) if at != dropped)
    assert (
        compare(gold="H2O3Na4Cl5Fe", answer=rest, kind=AnswerKind.CHEMICAL_FORMULA).result
        is Agreement.NOT_EQUAL
    )


@given(st.lists(INTEGERS, max_size=6), st.lists(INTEGERS, max_size=6))
def test_multisets_count(one: list[int], other: list[int]) -> None:
    gold, answer = (f"{{{', '.join(map(str, some))}}}" for some in (one, other))
    expected = Agreement.EQUAL if sorted(one) == sorted(other) else Agreement.NOT_EQUAL
    assert compare(gold=gold, answer=answer, kind=AnswerKind.MULTISET).result is expected


@given(NOTATION, NOTATION)
def test_any_notation_compares_without_a_kind(gold: str, answer: str) -> None:
    assert compare(gold=gold, answer=answer).kind in AnswerKind
