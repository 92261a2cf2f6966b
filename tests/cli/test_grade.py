"""`propound grade` and `propound reward-file`, as a person runs them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from propound.storage.exports import export_row
from tests.factories import coding, mathematics, science

from .commands import propound

PROBLEMS = [mathematics.problem(5), science.problem(4), coding.problem()]
ROWS = [export_row(problem, {}, place, problem.content_digest()) for place, problem in enumerate(PROBLEMS, 1)]
MATHEMATICS, SCIENCE, CODING = (row["id"] for row in ROWS)
PROGRAM = "```python\ndef solve(items, label):\n    return [item + {} for item in items]\n```"


def write(file: Path, lines: Sequence[Any]) -> None:
    file.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "rows.jsonl", ROWS)
    return tmp_path


def test_every_domain_is_graded_and_a_row_may_have_many_replies(folder: Path) -> None:
    replies = [
        {"id": CODING, "reply": PROGRAM.format(1)},
        {"id": MATHEMATICS, "reply": r"\boxed{15}"},
        "\n",
        {"id": CODING, "reply": PROGRAM.format(2)},
        {"id": SCIENCE, "reply": "I think that it is \\boxed{16}"},
        {"id": MATHEMATICS, "reply": ""},
    ]
    write(folder / "replies.jsonl", replies)
    run = propound("grade", "rows.jsonl", "replies.jsonl", folder=folder)
    assert run.returncode == 0, run.stderr
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert [list(each) for each in found] == [["id", "score", "result", "answer", "reason"]] * 5
    assert [(each["id"], each["score"]) for each in found] == [
        (CODING, 1.0),
        (MATHEMATICS, 1.0),
        (CODING, 0.0),
        (SCIENCE, 0.0),
        (MATHEMATICS, 0.0),
    ]
    assert found[0]["reason"] == "all 3 tests pass"
    assert found[1]["answer"] == "15"
    assert found[2]["reason"].startswith("test 2 of 3: another output")
    assert "5 replies to 3 rows: 3 not equal, 2 equal" in run.stderr
    again = propound("grade", "rows.jsonl", "replies.jsonl", "--out", "grades.jsonl", folder=folder)
    assert (again.returncode, again.stdout) == (0, "")
    assert (folder / "grades.jsonl").read_text() == run.stdout


@pytest.mark.parametrize(
    ("rows", "replies", "said"),
    [
        (ROWS, [{"id": CODING, "reply": "1"}, {"id": "x", "reply": "1"}], "replies.jsonl, line 2: there is no row"),
        ([*ROWS, "\n", ROWS[0]], [], "rows.jsonl, line 5: the row"),
        ([*ROWS, "{nonsense\n"], [], "rows.jsonl, line 4: no JSON"),
        (ROWS, ["[]\n"], "replies.jsonl, line 1: no JSON object"),
        (ROWS, [{"reply": "1"}], 'replies.jsonl, line 1: "id" is missing'),
        (ROWS, [{"id": CODING, "reply": None}], 'replies.jsonl, line 1: "reply" is missing'),
        ([{"id": "a"}], [], "rows.jsonl, line 1: there is no answer"),
        ([{"id": "a", "answer": "x", "info": "?"}], [], "rows.jsonl, line 1: info is no JSON"),
        ([], [], "rows.jsonl holds no row"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, rows: list[Any], replies: list[Any], said: str
) -> None:
    write(tmp_path / "rows.jsonl", rows)
    write(tmp_path / "replies.jsonl", replies)
    run = propound("grade", "rows.jsonl", "replies.jsonl", folder=tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert said in run.stderr
    assert "Traceback" not in run.stderr


def test_a_missing_file_and_wrong_use_are_told(folder: Path) -> None:
    missing = propound("grade", "rows.jsonl", "nowhere.jsonl", folder=folder)
    assert missing.returncode == 1
    assert "nowhere.jsonl cannot be read: No such file" in missing.stderr
    assert propound("grade", "-", "-", folder=folder).returncode == 2
    assert propound("grade", "rows.jsonl", folder=folder).returncode == 2


def test_the_reward_file_is_written(tmp_path: Path) -> None:
    assert propound("reward-file", folder=tmp_path).returncode == 0
    assert propound("reward-file", "mine.py", folder=tmp_path).returncode == 0
    written = (tmp_path / "propound_reward.py").read_text()
    assert written == (tmp_path / "mine.py").read_text()
    assert "custom_reward_function.path=" in written
    assert propound("reward-file", "nowhere/mine.py", folder=tmp_path).returncode == 2
