"""Which numbers stand in a statement: a number that a reader finds is found, and one that is missing is not."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.problem import MAX_STATEMENT
from propound.solving.stated import Numbers, stated


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12 apples", "12"), ("twelve apples", "12"), ("twenty-one apples", "21"),
        ("one hundred and five", "105"), ("two dozen eggs", "24"), ("half a dozen eggs", "6"),
        ("half a million cells", "500000"), ("a couple", "2"), ("twice as many", "2"), ("thrice", "3"),
        ("a half", "1/2"), ("two thirds of it", "2/3"), ("two-thirds", "2/3"), ("a fifth of them", "1/5"),
        ("three quarters", "0.75"), ("1 1/2 cups", "3/2"), ("3½ hours", "7/2"), ("3/4 of it", "3/4"),
        (r"$\frac{3}{4}$ of it", "3/4"), (r"$\dfrac34$", "3/4"), ("a share of 0.3333333", "1/3"),
        ("5% off", "0.05"), ("5 % off", "0.95"), ("5 per cent more", "1.05"), ("30 percent", "0.7"),
        ("$12,000", "12000"), ("12 000 people", "12000"), ("12.000 Euro", "12000"), ("1.5 million", "1500000"),
        (r"$3{,}500$", "3500"), ("3,5 Meter", "3.5"), ("5 km", "5000"), ("250 g", "0.25"),
        ("90 minutes", "1.5"), ("2 hours", "7200"), ("36 km/h", "10"), ("$4.50 each", "450"),
        ("75 cents", "0.75"), (r"$2 \cdot 10^{5}$", "200000"), ("2 x 10^5", "200000"), ("10⁵", "100000"),
        ("2^{10}", "1024"), ("10**12", "1000000000000"), ("3e8 m/s", "300000000"), ("at 3:45 p.m.", "15.75"),
        ("at 3:45 p.m.", "225"), ("at 8 a.m.", "8"), ("noon", "12"), ("July 4", "7"), ("-7 degrees", "7"),
        ("zwölf Äpfel", "12"), ("douze pommes", "12"), ("doce manzanas", "12"), ("十二个苹果", "12"),
        ("more than 100 stamps", "101"), ("Henry and 3 of his friends", "4"), ("the third day", "3"),
        ("a week", "7"), ("two dice", "6"), ("a cube", "6"), ("a regular hexagon", "6"),
    ],
)  # fmt: skip
def test_a_number_that_stands_there_is_found(text: str, number: str) -> None:
    assert Numbers(text).hold(Fraction(number))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("A car drives at a constant speed for 3 hours.", "60"), ("12 apples", "13"), ("12 apples", "120"),
        ("1000001", "1000000"), ("A train leaves at 9:00.", "80"), ("30 apples", "300"),
        ("50 weeks and 35 hours", "30"), ("no number", "7"), ("1/3 of it", "0.34"), ("twenty-one", "20"),
        ("", "5"),
    ],
)  # fmt: skip
def test_a_number_that_is_missing_is_not(text: str, number: str) -> None:
    assert not Numbers(text).hold(Fraction(number))


def test_numbers_come_in_order_with_what_they_may_stand_for() -> None:
    first, second = stated("Of 40 apples, 5% are bad.")
    assert [first.value, second.value] == [Fraction(40), Fraction(5)]
    assert {Fraction(1, 20), Fraction(19, 20)} <= set(second.also)


def test_parts_of_a_number_are_parts() -> None:
    assert [
        one.written.strip() for one in stated("3/4 of 12, at 9:30") if not one.part and "/" not in one.written
    ] == ["9:30", "12"]


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    numbers = Numbers(text)
    assert all(numbers.hold(one.value) for one in numbers.found)


@given(st.integers(-(10**12), 10**12))
def test_a_whole_number_is_found_however_it_is_grouped(number: int) -> None:
    assert Numbers(f"It holds {number}.").hold(Fraction(number))
    assert Numbers(f"It holds {number:,} items.").hold(Fraction(number))


@pytest.mark.parametrize(
    "piece", [
        "1 ", "1,", "one ", "1/", "\\frac{", "9", "$", "1.1", "<sup>", "1x10^", "12:34", "a ", "1,000", "一",
        "half ", "1^", "1 000 ",
    ]
)  # fmt: skip
def test_the_longest_hostile_text_takes_no_time(piece: str) -> None:
    numbers = Numbers(piece * (MAX_STATEMENT // len(piece)))
    assert not any(numbers.hold(Fraction(7 * 10**9 + number)) for number in range(50))
