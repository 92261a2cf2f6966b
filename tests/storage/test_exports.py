"""The export's rows: one shape for all domains, readable by the trainers' own code paths."""

from __future__ import annotations

import json
from typing import Any

import pytest

from propound.problem import CodingMode, Problem, TestCase
from propound.solving.grading import grade
from propound.solving.rows import key_of_ground_truth, key_of_row
from propound.storage.exports import export_line, export_row, problem_of
from tests.factories import coding, free, mathematics, science

EVIDENCE = {"skills": {"b": "2", "a": "1"}, "policy": "fake", "seed": 1}
KEYS = [
    *("id", "question", "prompt", "answer", "answer_kind", "solution", "domain", "data_source", "datasource"),
    *("ability", "skills", "mode", "language", "program", "given", "corrected", "parent"),
    *("reward_model", "extra_info", "info"),
]
EMPTY = {"solution", "program", "given", "corrected", "parent"}
"""Columns that only some rows fill; text or a truth value in all of them."""
PROBLEMS = [mathematics.problem(), coding.problem(), science.problem(), free.problem()]


def row(problem: Problem, ordinal: int = 1) -> dict[str, Any]:
    return export_row(problem, EVIDENCE, ordinal, problem.content_digest())


@pytest.mark.parametrize("problem", PROBLEMS, ids=("mathematics", "coding", "science", "open"))
def test_every_row_has_every_key_and_no_empty_column(problem: Problem) -> None:
    made = row(problem, 5)
    assert list(made) == KEYS
    assert all(made[key] for key in KEYS if key not in EMPTY)
    assert all(isinstance(made[key], str) for key in ("answer", "solution", "info", "question"))
    assert made["prompt"] == [{"role": "user", "content": problem.statement}]
    assert list(made["extra_info"]) == ["index", "split", "problem_id", "grading"]
    assert (made["extra_info"]["index"], made["extra_info"]["problem_id"]) == (4, made["id"])
    assert made["id"] == f"prob_{problem.content_digest()[:16]}"
    assert made["data_source"] == made["datasource"] == f"propound/{problem.domain}"


@pytest.mark.parametrize("problem", PROBLEMS, ids=("mathematics", "coding", "science", "open"))
def test_a_row_gives_its_problem_back(problem: Problem) -> None:
    assert problem_of(json.loads(json.dumps(row(problem)))) == problem


@pytest.mark.parametrize(
    "damage", [{"info": "{}"}, {"info": "nonsense"}, {"domain": "poetry"}, {"info": None}]
)
def test_what_is_no_row_gives_none(damage: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        problem_of({**row(mathematics.problem()), **damage})


def test_the_types_of_all_rows_are_the_same() -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(item) for key, item in value.items()}
        return [shape(value[0])] if isinstance(value, list) else type(value)

    first, *others = [shape(row(problem)) for problem in PROBLEMS]
    assert all(other == first for other in others)


def test_a_row_of_open_mode_says_where_it_comes_from() -> None:
    problem = free.problem(2)
    assert problem.open is not None
    made = row(problem)
    assert (made["mode"], made["language"], made["corrected"]) == ("open", "English", False)
    assert made["program"] == problem.open.work.program
    assert json.loads(made["given"]) == {"n": 9, "w": 12}
    assert json.loads(made["info"])["open"]["work"]["template"]
    corrected = problem.open.model_copy(update={"corrected": "107", "language": "French"})
    other = row(problem.model_copy(update={"open": corrected}))
    assert (other["corrected"], other["language"]) == (True, "French")
    plain = row(mathematics.problem())
    assert [plain[key] for key in ("mode", "program", "given", "parent")] == ["procedural", "", "", ""]
    assert "open" not in json.loads(plain["info"])


def test_a_sibling_names_the_row_of_its_parent() -> None:
    parent, sibling = free.problem(), free.problem(1, 30)
    line = export_line(sibling, {}, 4, sibling.content_digest(), parent=parent.content_digest())
    made = json.loads(line)
    assert made["parent"] == row(parent)["id"] != made["id"]
    assert made["extra_info"]["index"] == 3


def test_rows_of_open_mode_are_graded_like_any_other() -> None:
    made = row(free.problem())
    keys = (key_of_row(made), key_of_ground_truth(made["reward_model"]["ground_truth"], made["extra_info"]))
    for key in keys:
        assert [grade(reply, key, None).score for reply in ("So \\boxed{96}.", "So \\boxed{95}.")] == [
            1.0,
            0.0,
        ]


def test_a_program_is_graded_by_its_tests() -> None:
    problem = coding.problem(2)
    made = row(problem)
    tests = json.loads(made["reward_model"]["ground_truth"])
    assert tests["fn_name"] == "solve"
    scope: dict[str, Any] = {}
    exec(made["answer"], scope)
    for given, wanted in zip(tests["inputs"], tests["outputs"], strict=True):
        arguments = [json.loads(line) for line in given.split("\n")]  # as graders of called functions do
        assert scope["solve"](*arguments) == json.loads(wanted)
    assert json.loads(made["info"])["coding"]["entry_point"] == "solve"


def test_a_whole_program_is_graded_by_texts() -> None:
    problem = coding.problem()
    assert problem.coding is not None
    tests = (TestCase(arguments=["1 2\n"], expected="2 3\n"),)
    whole = problem.coding.model_copy(update={"mode": CodingMode.STDIN, "entry_point": "", "tests": tests})
    made = row(problem.model_copy(update={"coding": whole}))
    assert json.loads(made["reward_model"]["ground_truth"]) == {"inputs": ["1 2\n"], "outputs": ["2 3\n"]}


def test_what_no_text_can_judge_has_no_solution() -> None:
    assert [row(problem)["solution"] for problem in PROBLEMS] == ["$1$", "", r"$1\ \mathrm{J}$", "$96$"]
    assert row(science.problem(3))["reward_model"] == {"style": "rule", "ground_truth": "9 J"}


def test_a_line_is_one_line_of_ascii_and_does_not_depend_on_the_order_of_keys() -> None:
    problem = mathematics.problem(1, wording="a \u2028 b \n π {n}")
    line = export_line(problem, EVIDENCE, 1, problem.content_digest())
    assert line.count(b"\n") == 1
    assert len(line.decode("ascii").splitlines()) == 1
    shuffled = {key: EVIDENCE[key] for key in reversed(EVIDENCE)}
    assert export_line(problem, shuffled, 1, problem.content_digest()) == line
    assert json.loads(line) == json.loads(json.dumps(row(problem)))
