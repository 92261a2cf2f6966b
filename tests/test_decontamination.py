"""Benchmarks: what overlaps a row, and files of all sorts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.decontamination import (
    MAX_ROW,
    BenchmarkFileError,
    Layout,
    grams,
    is_contaminated,
    read_rows,
)

ROW = (
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many clips "
    "did Natalia sell altogether in April and May?"
)


def overlaps(problem: str, row: str) -> bool:
    one, other = grams(problem), grams(row)
    return is_contaminated(len(set(one) & set(other)), len(one), len(other))


@pytest.mark.parametrize(
    "problem",
    [
        ROW,
        ROW.upper().replace(",", " ; "),
        ROW.replace("48", "52"),
        "Read this carefully. " + ROW + " Give your answer as an integer, please, and nothing else.",
        ROW[50:],
    ],
)
def test_copies_overlap(problem: str) -> None:
    assert overlaps(problem, ROW)
    assert overlaps(ROW, problem)


@pytest.mark.parametrize(
    "problem",
    [
        "How many clips did Natalia sell?",
        (
            "A farmer sold eggs. How many eggs did he sell altogether in April and May if he sold 12 in April and then "
            "half as many in the month after?"
        ),
        "",
        "What is 2 + 3?",
    ],
)
def test_other_texts_do_not(problem: str) -> None:
    assert not overlaps(problem, ROW)


def test_a_stock_phrase_is_no_overlap() -> None:
    phrase = " State your answer as a fraction in lowest terms or an integer."
    assert not overlaps(ROW + phrase, "A bag holds 3 red and 4 blue balls, and two are taken out." + phrase)


def test_a_short_row_is_compared_as_a_whole() -> None:
    assert overlaps("what is 2 + 2", "What is 2+2?")
    assert not overlaps("What is 2+2 and then 3 times that, if anything at all?", "What is 2+2?")


def test_rows_keep_the_numbers_of_their_lines() -> None:
    lines = [
        b'\xef\xbb\xbf{"question": "one two"}\n',
        b"\n",
        b'{"id": 3, "problem": "three"}\r\n',
        b'{"text": "!"}',
    ]
    assert [row.number for row in read_rows(lines, Layout.JSONL)] == [1, 3]
    assert [row.number for row in read_rows([b"a b\n", b" \n", b"c"], Layout.LINES)] == [1, 3]


def test_a_named_field_is_the_one() -> None:
    line = json.dumps({"question": "one", "prompt": "two"}).encode()
    assert [row.grams for row in read_rows([line], Layout.JSONL, "prompt")] == [grams("two")]


@pytest.mark.parametrize(
    ("lines", "line", "why"),
    [
        ([b"{}", b"{"], 1, "none of the fields question"),
        ([b'{"text": "a"}', b"{"], 2, "not JSON"),
        ([b"[1]"], 1, "not a JSON object"),
        ([b"[" * 100_000], 1, "not JSON"),
        ([b'{"text": 5}'], 1, "none of the fields"),
        ([b"\xff"], 1, "not UTF-8"),
        ([b'{"text": "' + b"a" * (MAX_ROW + 1) + b'"}'], 1, "longer than"),
        ([b" " * (4 * MAX_ROW + 1)], 1, "longer than"),
        ([], 0, "no row"),
        ([b"\n", b'{"text": "?"}'], 0, "no row"),
    ],
)
def test_bad_files_are_refused_with_their_line(lines: list[bytes], line: int, why: str) -> None:
    with pytest.raises(BenchmarkFileError, match=why) as caught:
        list(read_rows(lines, Layout.JSONL))
    assert caught.value.line == line


def test_a_field_that_was_named_must_be_there() -> None:
    with pytest.raises(BenchmarkFileError, match="not the field that was named"):
        list(read_rows([b'{"text": "a"}'], Layout.JSONL, "question"))


@given(lines=st.lists(st.binary(max_size=60), max_size=5), layout=st.sampled_from(Layout))
def test_any_bytes_are_read_or_refused(lines: list[bytes], layout: Layout) -> None:
    try:
        rows = list(read_rows(lines, layout))
    except BenchmarkFileError:
        return
    assert rows
    assert all(row.grams and row.grams[0] >= -(2**63) for row in rows)
