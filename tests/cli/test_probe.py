"""`propound probe` over real files, with a solver whose weights are random."""

from __future__ import annotations

import json
from pathlib import Path

from propound.problem import Problem
from propound.storage.exports import export_line
from tests.cli.commands import propound
from tests.factories import checkpoints, coding, mathematics, science

PROBLEMS = [mathematics.problem(), science.problem(), coding.problem()]


def exported(problem: Problem) -> str:
    return export_line(problem, {}, 1, problem.content_digest()).decode()


def test_problems_of_a_file_are_measured(tmp_path: Path) -> None:
    folder = checkpoints.write(tmp_path / "tiny", context=512)
    records = [problem.model_dump_json() + "\n" for problem in PROBLEMS[:2]]
    (tmp_path / "problems.jsonl").write_text("".join([*records, exported(PROBLEMS[2])]))
    words = ("probe", "problems.jsonl", "--prober", str(folder), "--attempts", "2", "--out", "probes.jsonl")
    run = propound(*words, folder=tmp_path)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["all"] == {"problems": 3, "pass_rate": 0.0, "solved": 0.0}
    assert set(found["by_domain"]) == {"mathematics", "science", "coding"}
    assert found["pass_rates"] == {"0.0": 3}
    lines = [json.loads(line) for line in (tmp_path / "probes.jsonl").read_text().splitlines()]
    assert [line["problem"] for line in lines] == [problem.content_digest() for problem in PROBLEMS]
    assert all((line["attempts"], line["solved"]) == (2, 0) for line in lines)
    assert all(line["interval"][0] == 0 for line in lines)


def test_a_line_without_a_problem_is_named(tmp_path: Path) -> None:
    (tmp_path / "problems.jsonl").write_text(exported(PROBLEMS[0]) + '{"question": 5}\n')
    run = propound("probe", "problems.jsonl", "--prober", "any", folder=tmp_path)
    assert run.returncode != 0
    assert "problems.jsonl, line 2, holds no problem" in run.stderr
    assert "Traceback" not in run.stderr
