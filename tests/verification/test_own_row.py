"""How a row of somebody's own file is read."""

from __future__ import annotations

import json
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.answers import AnswerKind
from propound.domain import Domain
from propound.problem import MAX_STATEMENT
from propound.verification.open.row import MAX_ROW, Row, RowError, id_of, lines_of, read_row, row_of

QUESTION = "How many sacks are there?"


def row(**fields: Any) -> Row:
    """A row of these fields, with a question and an answer where they name none."""
    return row_of({"question": QUESTION, "answer": "42", **fields}, 7)


@pytest.mark.parametrize(
    "fields",
    [
        {"question": QUESTION, "answer": "72"},
        {"problem": QUESTION, "solution": "First 8 times 9 is done, then it is $\\boxed{72}$."},
        {"question": QUESTION, "answer": "She has 8*9=<<8*9=72>>72 sacks.\n#### 72"},
        {"prompt": QUESTION, "gold": 72},
        {
            "prompt": [{"role": "system", "content": "x"}, {"role": "user", "content": QUESTION}],
            "target": ["72"],
        },
        {"prompt": QUESTION, "reward_model": {"style": "rule", "ground_truth": "72"}},
        {"question": QUESTION, "answer": "", "final_answer": "The answer is 72."},
    ],
)
def test_the_names_that_datasets_have(fields: dict[str, Any]) -> None:
    found = row_of(fields, 7)
    assert (found.question, found.answer, found.id) == (QUESTION, "72", "line 7")


def test_what_else_a_row_may_say() -> None:
    found = row(id=12, domain="Physics", answer_kind="real", tolerance=0.01, program="print(42)")
    assert (found.id, found.domain, found.answer_kind) == ("12", Domain.SCIENCE, AnswerKind.REAL)
    assert (found.relative_tolerance, found.program) == (0.01, "print(42)")


def test_a_unit_of_its_own_belongs_to_the_answer() -> None:
    found = row(unit="m")
    assert (found.answer, found.answer_kind) == ("42 m", AnswerKind.QUANTITY)
    assert row(answer="42 m", unit="m").answer == "42 m"


def test_the_info_of_an_export_counts() -> None:
    found = row(info=json.dumps({"tolerance": 0.02, "answer_kind": "real"}))
    assert (found.relative_tolerance, found.answer_kind) == (0.02, AnswerKind.REAL)


def test_the_domain_of_rows_that_name_none_or_an_unknown_one() -> None:
    fields = {"question": QUESTION, "answer": "42"}
    assert row_of(fields, 1, Domain.SCIENCE).domain is Domain.SCIENCE
    assert row_of({**fields, "domain": "cooking"}, 1, Domain.SCIENCE).domain is Domain.SCIENCE


def test_a_reference_solution_as_the_answer_of_coding_is_the_program() -> None:
    found = row(domain="coding", answer="def double(n):\n    return 2 * n")
    assert found.program.startswith("def double")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"question": ""}, "no question"),
        ({"question": [{"role": "assistant", "content": "x"}]}, "no question"),
        ({"question": {"text": "x"}}, "no question"),
        ({"answer": ""}, "no answer"),
        ({"answer": None}, "no answer"),
        ({"answer": ["1", "2"]}, "several answers"),
        ({"answer": "x" * 3000}, "answer"),
        (
            {"answer": "It depends on how many sacks there were to begin with, which nobody says."},
            "no final answer",
        ),
        ({"answer": "First we add.\nThen we divide.\nThat was all."}, "no final answer"),
        ({"question": "x" * (MAX_STATEMENT + 1)}, "longer than"),
        ({"choices": ["1", "2"]}, "choices"),
        ({"answer_kind": "riddle"}, "no kind"),
        ({"tolerance": "1 %"}, "tolerance"),
        ({"tolerance": 2}, "tolerance"),
        ({"tolerance": True}, "tolerance"),
        ({"program": "x" * 20_000}, "program"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(RowError, match=said):
        row(**fields)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "no JSON"),
        (b"[1]", "no JSON object"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b" " * (MAX_ROW + 1), "longer"),
        (b"{}", "no question"),
    ],
)
def test_a_line_that_is_no_row(line: bytes, said: str) -> None:
    with pytest.raises(RowError, match=said):
        read_row(line, 3)
    assert id_of(line, 3) == "line 3"


def test_what_cannot_be_kept_is_replaced() -> None:
    found = read_row(rb'{"question": "a\u0000b \ud800?", "answer": "42", "id": "x\u0000"}', 1)
    assert found.question == "a\ufffdb ??"
    assert found.id == "x\ufffd"
    found.model_dump_json()


def test_lines_keep_their_numbers() -> None:
    assert list(lines_of(BytesIO(b"\n{}\r\n\n [] \n{"))) == [(2, b"{}"), (4, b"[]"), (5, b"{")]


@pytest.mark.parametrize("length", [MAX_ROW, MAX_ROW + 1, MAX_ROW + 2, 3 * MAX_ROW])
def test_a_line_without_end_is_one_row(length: int) -> None:
    found = list(lines_of(BytesIO(b"x" * length + b"\n{}")))
    assert [number for number, _ in found] == [1, 2]
    assert (len(found[0][1]) > MAX_ROW) == (length > MAX_ROW)
    assert found[1][1] == b"{}"


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
NAMES = st.sampled_from(
    ["question", "prompt", "answer", "solution", "id", "info", "unit", "tolerance", "domain", "choices"]
)


@given(st.dictionaries(NAMES, values, max_size=8))
def test_any_object_is_a_row_or_not(fields: dict[str, Any]) -> None:
    with suppress(RowError):
        found = row_of(fields, 1)
        Row.model_validate_json(found.model_dump_json())


@given(st.binary(max_size=200))
def test_any_line_is_a_row_or_not(line: bytes) -> None:
    id_of(line, 1)
    with pytest.raises(RowError):
        read_row(line, 1)
