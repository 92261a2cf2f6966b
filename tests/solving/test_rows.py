"""Rows: what a row says about grading comes back whole, from each of the places where trainers look."""

from __future__ import annotations

import json
from typing import Any

import pytest

from propound.answers.kinds import AnswerKind
from propound.problem import CodingMode, Problem, TestCase
from propound.solving.grading import AnswerKey
from propound.solving.rows import key_of_ground_truth, key_of_row
from propound.storage.exports import export_row
from tests.factories import coding, mathematics, science


def whole_program() -> Problem:
    problem = coding.problem()
    assert problem.coding is not None
    tests = (TestCase(arguments=["1\n2\n"], expected="3\n"), TestCase(arguments=["{}"], expected=""))
    changed = {"mode": CodingMode.STDIN, "entry_point": "", "tests": tests, "time_limit_s": 2}
    return problem.model_copy(update={"coding": problem.coding.model_copy(update=changed)})


PROBLEMS = [mathematics.problem(), science.problem(), coding.problem(), whole_program()]


def row(problem: Problem) -> dict[str, Any]:
    return export_row(problem, {}, 1, problem.content_digest())


@pytest.mark.parametrize("problem", PROBLEMS, ids=["mathematics", "science", "function", "program"])
def test_keys_come_back(problem: Problem) -> None:
    made = row(problem)
    assert key_of_row(made) == AnswerKey.of(problem)
    assert key_of_row({**made, "info": json.loads(made["info"])}) == AnswerKey.of(problem)
    assert key_of_row({"answer": made["answer"], "info": made["info"]}) == AnswerKey.of(problem)
    key = key_of_ground_truth(made["reward_model"]["ground_truth"], made["extra_info"])
    bare = key_of_ground_truth(made["reward_model"]["ground_truth"], {})
    assert (key.answer_kind, key.relative_tolerance) == (problem.answer_kind, problem.relative_tolerance)
    if problem.coding is None:
        assert key.answer == bare.answer == problem.answer
        assert key.coding is bare.coding is None
        return
    assert key.coding is not None
    assert bare.coding is not None
    assert key.coding.tests == bare.coding.tests == problem.coding.tests
    for name in ("mode", "entry_point", "time_limit_s", "memory_limit_mb"):
        assert getattr(key.coding, name) == getattr(problem.coding, name)


def test_a_row_needs_no_more_than_an_answer() -> None:
    assert key_of_row({"answer": "42"}) == AnswerKey(answer="42")
    assert key_of_row({"answer": "42", "answer_kind": "integer"}).answer_kind is AnswerKind.INTEGER


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        ({}, "no answer"),
        ({"answer": " "}, "no answer"),
        ({"answer": 42}, "no answer"),
        ({"answer": "42", "answer_kind": "poem"}, "answer_kind"),
        ({"answer": "42", "info": "nonsense"}, "info is no JSON"),
        ({"answer": "42", "info": "[1]"}, "info is no object"),
        ({"answer": "42", "info": {"tolerance": "much"}}, "relative_tolerance"),
        ({"answer": "print(1)", "answer_kind": "program"}, "no tests"),
        ({"answer": "print(1)", "info": {"coding": {"tests": []}}}, "coding"),
    ],
)
def test_what_is_wrong_is_told(damaged: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        key_of_row(damaged)


@pytest.mark.parametrize(
    "truth", ["", "7", '{"inputs": ["1"]}', '{"inputs": ["1"], "outputs": []}', '{"inputs": 1, "outputs": 1}']
)
def test_a_program_needs_tests(truth: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        key_of_ground_truth(truth, {"grading": '{"answer_kind": "program"}'})
