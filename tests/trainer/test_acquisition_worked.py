"""The declared pattern: what the scripted teacher takes from it, and what it leaves alone and why."""

from __future__ import annotations

from textwrap import dedent

import pytest

from trainer.acquisition.candidate import read_candidate
from trainer.acquisition.formula import Remainder, has_series
from trainer.acquisition.restrictions import restrictions
from trainer.acquisition.scripted import write_package
from trainer.acquisition.worked import PatternError, read_worked

HALL = r"""## Seats of a hall
Problem. A hall has 12 rows; the first row has 5 seats, and each later row has 3 seats more than the row before it.
Find the total number of seats.
Solution. With $n = 12$, $a = 5, d = 3$ the number $S$ is
$$S = \sum_{k=1}^{n} (a + (k-1) d) = \frac{n (2a + (n-1) d)}{2} = 258.$$
Answer. $258$.
"""
GREATEST = """# Tiles
Problem. A floor is 84 units long and 60 units wide. How many rows are there at least of equal squares?
Solution. With $a = 84$, $b = 60$: $g = \\gcd(a, b)$.
Check. By search:
```python
def largest(b, a):
    return max(side for side in range(1, a + 1) if a % side == b % side == 0)
```
Answer. 12
"""


def test_numbers_become_parameters_and_the_equation_two_methods() -> None:
    worked = read_worked(HALL)
    assert worked.title == "Seats of a hall"
    assert worked.setup == (
        "A hall has {n} rows; the first row has {a} seats, "
        "and each later row has {d} seats more than the row before it."
    )
    assert worked.quantity == "the total number of seats"
    assert worked.values == {"n": 12, "a": 5, "d": 3}
    assert worked.answer == "258"
    assert not isinstance(worked.solve, str)
    assert not isinstance(worked.recompute, str)
    assert (has_series(worked.solve), has_series(worked.recompute)) == (False, True)


def test_a_program_can_be_the_second_method() -> None:
    worked = read_worked(GREATEST)
    assert worked.quantity == "the number of rows at least of equal squares"
    assert isinstance(worked.recompute, str)
    candidate = write_package(worked)
    assert 'return largest(p["b"], p["a"])' in candidate.files[1]


def test_a_sum_is_a_first_method_where_a_program_is_the_second() -> None:
    text = r"""
    Example: A row has 9 boxes. Box number $k$ holds $k$ factorial pearls.
    Find the number of pearls left over when they are packed by the 35.
    Solution. With $n = 9$, $m = 35$ it is $r = \left(\sum_{k=1}^{n} k!\right) \bmod m$.
    Check.
    ```python
    def pearls(n, m):
        total, product = 0, 1
        for k in range(1, n + 1):
            product *= k
            total += product
        return total % m
    ```
    Answer. 33
    """
    worked = read_worked(dedent(text))
    assert isinstance(worked.solve, Remainder)
    assert isinstance(worked.recompute, str)
    assert write_package(worked).name == "number-pearls-left-over-when"


@pytest.mark.parametrize("text", [HALL, GREATEST])
def test_a_package_is_one_text_that_reads_back(text: str) -> None:
    candidate = write_package(read_worked(text))
    assert read_candidate(candidate.text()) == candidate
    assert restrictions(candidate.files[1]) == []


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("Problem. ", "", "states no problem"),
        ("Answer. $258$.", "", "no answer"),
        ("Answer. $258$.", "Answer. 258\nAnswer. 259", "two parts called answer"),
        ("With $n = 12$, $a = 5, d = 3$ ", "", "0 letters"),
        ("$a = 5, d = 3$", "$a = 5, d = 3$, $a = 6$", "the letter a has two values"),
        ("$n = 12$", "$p = 12$", "the letter p is taken"),
        ("$n = 12$", "$n = 1200000$", "values go to"),
        ("$n = 12$", "$n = 13$", "the number 12"),
        ("12 rows", "twelve rows", "does not say n"),
        ("5 seats", "3 seats", "the number 3"),
        ("5 seats", "5 red seats of 400", "the number 400"),
        ("the row before it", "the 2nd row", "digits"),
        ("A hall", "Hall H", "holds 'H'"),
        ("A hall", "A [[large|small]] hall", "holds"),
        ("A hall", "A {n} hall", "holds"),
        ("the row before it.", "the row before it!", "full stop"),
        ("Find the total number of seats.", "Find out about seats.", "asks for nothing"),
        ("Find the total number of seats.", "", "asks for nothing"),
        (r"\frac{n (2a + (n-1) d)}{2}", r"\sqrt{n a d}", "closed formula.*root"),
        (r"\sum_{k=1}^{n} (a + (k-1) d)", r"\sum_{k=1}^{n} a + (k-1) d", "second method.*term of a sum"),
        (r"\sum_{k=1}^{n} (a + (k-1) d)", r"\sum_{k=1}^{n} (5 + (k-1) d)", "second method"),
        ("## Seats of a hall", "## 17", None),
        ("Answer.", "Category. cooking\nAnswer.", "no category"),
    ],
)
def test_what_is_not_in_the_pattern_is_refused(before: str, after: str, reason: str | None) -> None:
    assert before in HALL
    text = HALL.replace(before, after, 1)
    if reason is None:
        assert write_package(read_worked(text)).name == "total-number-seats"
        return
    with pytest.raises(PatternError, match=reason):
        write_package(read_worked(text))


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        ("def largest(a, b):\n    return a * b", "only calculates"),
        ("import os\nos.system('true')\ndef largest(a, b):\n    return max(range(a))", "more than imports"),
        ("def largest(a, c):\n    return max(range(a))", "other parameters"),
        ("def largest(a, b, *more):\n    return max(range(a))", "other parameters"),
        ("def largest(a, b:\n", "no Python"),
        ("(" * 5_000, "no Python"),
    ],
)
def test_programs_that_are_none_are_refused(after: str, reason: str) -> None:
    start, end = GREATEST.index("def "), GREATEST.index("```\nAnswer")
    with pytest.raises(PatternError, match=reason):
        read_worked(f"{GREATEST[:start]}{after}\n{GREATEST[end:]}")
