"""Output vectors: two programs agree where all their outputs do, and what is too slow still says something."""

from __future__ import annotations

import pytest

from propound.problem import Coding, CodingMode, TestCase
from propound.sandbox import Sandbox, open_sandbox
from propound.solving.outputs import FailedError
from propound.solving.vector import reference_name, vector_of

RUN = "def longest_run(values):\n    return max(len(list(g)) for _, g in __import__('itertools').groupby(values))\n"
INPUTS = ([1] * 40, [4, 4, 7], [1], [2, 2, 2, 1])
"""The largest first."""
FUNCTION = Coding(
    entry_point="longest_run",
    reference=RUN,
    tests=tuple(
        TestCase(arguments=[values], expected=expected)
        for values, expected in zip(INPUTS, (40, 2, 1, 3), strict=True)
    ),
    mutants=0,
    time_limit_s=1,
)
STDIN = Coding(
    mode=CodingMode.STDIN,
    entry_point="",
    reference="print(sum(map(int, input().split())))",
    tests=tuple(TestCase(arguments=[text], expected=out) for text, out in (("1 2\n", "3\n"), ("5\n", "5\n"))),
    mutants=0,
)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_sandbox()


def test_another_way_to_the_same_outputs_has_the_reference_s_name(sandbox: Sandbox) -> None:
    slow = (
        "def longest_run(v):\n"
        "    runs = [j - i for i in range(len(v)) for j in range(i + 1, len(v) + 1) if len(set(v[i:j])) == 1]\n"
        "    return float(max(runs))\n"
    )
    found = vector_of(slow, FUNCTION, sandbox)
    assert (found.name, found.difference) == (reference_name(FUNCTION), "")


def test_another_output_has_another_name_and_says_where(sandbox: Sandbox) -> None:
    first = "def longest_run(v):\n    return v.count(v[0])\n"
    count = "def longest_run(v):\n    return len([x for x in v if x == v[0]])\n"
    last = "def longest_run(v):\n    return v.count(v[-1])\n"
    names = {source: vector_of(source, FUNCTION, sandbox) for source in (first, count, last)}
    assert names[first].name == reference_name(FUNCTION), "none of the inputs tells these apart"
    assert names[first] == names[count]
    assert names[last].name != reference_name(FUNCTION)
    assert names[last].difference == "for [[4, 4, 7]] the reference gives 2, the attempt 1"
    again = vector_of(last.replace("v[-1]", "v[len(v) - 1]"), FUNCTION, sandbox)
    assert again == names[last], "rivals with the same outputs are of one name"


def test_too_slow_for_the_largest_input_counts_by_the_others(sandbox: Sandbox) -> None:
    endless = RUN.replace("    return", "    while len(values) > 10: pass\n    return")
    assert vector_of(endless, FUNCTION, sandbox).name == reference_name(FUNCTION)
    wrong = "def longest_run(values):\n    while len(values) > 10: pass\n    return len(values)\n"
    assert (
        vector_of(wrong, FUNCTION, sandbox).difference
        == "for [[4, 4, 7]] the reference gives 2, the attempt 3"
    )


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (
            "def longest_run(values):\n    while len(values) > 1: pass\n    return 1\n",
            "on input 2 of 4: over the time",
        ),
        ("def longest_run(values):\n    return values[1]\n", "on input 1 of 4: IndexError"),
        ("def other(values):\n    return 1\n", "on input 1 of 4: AttributeError"),
        ("print(", "on input 1 of 4: SyntaxError"),
    ],
)
def test_a_program_that_fails_has_no_outputs(sandbox: Sandbox, source: str, why: str) -> None:
    with pytest.raises(FailedError, match=why):
        vector_of(source, FUNCTION, sandbox)


def test_whole_programs(sandbox: Sandbox) -> None:
    same = "import sys\nprint(' ', sum(int(x) for x in sys.stdin.read().split()), '\\n')"
    assert vector_of(same, STDIN, sandbox).name == reference_name(STDIN)
    other = vector_of("print(max(map(int, input().split())))", STDIN, sandbox)
    assert other.difference == 'for ["1 2\\n"] the reference gives "3\\n", the attempt "2\\n"'
    assert (
        other == vector_of("print(*[max(map(int, input().split()))], end='')", STDIN, sandbox) or other.name
    )
