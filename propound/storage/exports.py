"""The row of an export: one shape that reinforcement trainers read without conversion.

A pure function of the problem and its evidence. It holds no id and no clock of the run, so the same request
and seed give the same bytes. Every row has every key, answers are text, what varies in shape is a JSON string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from propound.domain import Domain
from propound.job import ENGLISH
from propound.problem import Coding, CodingMode, Problem
from propound.solving.rows import grading_terms
from propound.storage.notation import in_latex

ROW_FORM = 3
"""Counts changes of what a row looks like: with each of them, copies that clients have are old."""

ID_DIGITS = 16
"""Digits of a problem's content digest that its row's id consists of."""

_ROW_ID = re.compile(rf"prob_([0-9a-f]{{{ID_DIGITS}}})")

ABILITY = {Domain.MATHEMATICS: "math", Domain.CODING: "code", Domain.SCIENCE: "science"}


def export_row(
    problem: Problem, evidence: Mapping[str, Any], ordinal: int, content_digest: str, *, parent: str = ""
) -> dict[str, Any]:
    """The row of the problem in place `ordinal` (from 1) of its dataset; `parent` is a sibling's parent's digest."""
    row_id = _row_id(content_digest)
    origins = problem.open
    source = f"propound/{problem.domain.value}"
    terms = grading_terms(problem.answer_kind, problem.relative_tolerance, problem.coding)
    return {
        "id": row_id,
        "question": problem.statement,
        "prompt": [{"role": "user", "content": problem.statement}],
        "answer": problem.answer,
        "answer_kind": problem.answer_kind.value,
        "solution": solution(problem),
        "domain": problem.domain.value,
        "data_source": source,
        "datasource": source,
        "ability": ABILITY[problem.domain],
        "skills": list(problem.skills),
        "mode": problem.mode.value,
        "language": ENGLISH if origins is None else origins.language,
        "program": "" if origins is None else origins.work.program,
        "given": "" if origins is None else _json(origins.given),
        "corrected": origins is not None and origins.corrected is not None,
        "parent": _row_id(parent) if parent else "",
        "reward_model": {"style": "rule", "ground_truth": ground_truth(problem)},
        "extra_info": {"index": ordinal - 1, "split": "train", "problem_id": row_id, "grading": _json(terms)},
        "info": _json(
            {
                "composition": [use.model_dump(mode="json") for use in problem.composition],
                "answer_kind": problem.answer_kind.value,
                "tolerance": problem.relative_tolerance,
                "coding": None if problem.coding is None else problem.coding.model_dump(mode="json"),
                "evidence": evidence,
                **({} if origins is None else {"open": origins.model_dump(mode="json")}),
            }
        ),
    }


def content_prefix(row_id: str) -> str | None:
    """How the content digest of the problem begins whose row has this id; None for any other id."""
    match = _ROW_ID.fullmatch(row_id)
    return None if match is None else match.group(1)


def problem_of(row: Mapping[str, Any]) -> Problem:
    """The problem that a row was made of.

    Raises:
        ValueError: it is no row of an export.
    """
    try:
        info = json.loads(row["info"])
        return Problem.model_validate(
            {
                "domain": row["domain"],
                "statement": row["question"],
                "answer": row["answer"],
                "answer_kind": row["answer_kind"],
                "composition": info["composition"],
                "relative_tolerance": info["tolerance"],
                "coding": info["coding"],
                "open": info.get("open"),
            }
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"no row of an export: {error}") from None


def export_line(
    problem: Problem, evidence: Mapping[str, Any], ordinal: int, content_digest: str, *, parent: str = ""
) -> bytes:
    """The row as one line of JSON in ASCII: no reader can split it at an exotic line separator."""
    row = export_row(problem, evidence, ordinal, content_digest, parent=parent)
    return json.dumps(row).encode("ascii") + b"\n"


def _row_id(content_digest: str) -> str:
    return f"prob_{content_digest[:ID_DIGITS]}"


def solution(problem: Problem) -> str:
    """The answer for rewards that read text, as they read it; empty where none can judge a reply, as for programs."""
    return in_latex(problem.answer, problem.answer_kind) if problem.coding is None else ""


def ground_truth(problem: Problem) -> str:
    """What a rule-based reward compares with: the answer, or for a program its tests."""
    return problem.answer if problem.coding is None else _tests(problem.coding)


def _tests(coding: Coding) -> str:
    """Tests as graders read them: of called functions an argument per line, each in JSON; of programs texts."""
    if coding.mode is CodingMode.STDIN:
        return _json(
            {
                "inputs": [test.arguments[0] for test in coding.tests],
                "outputs": [test.expected for test in coding.tests],
            }
        )
    return _json(
        {
            "inputs": ["\n".join(_json(argument) for argument in test.arguments) for test in coding.tests],
            "outputs": [_json(test.expected) for test in coding.tests],
            "fn_name": coding.entry_point,
        }
    )


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
