"""What rows of exports say about how replies to them are graded: for `propound grade`, and for rewards in trainers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from propound.answers import AnswerKind
from propound.problem import Coding, CodingMode, TestCase
from propound.solving.grading import AnswerKey


def key_of_row(row: Mapping[str, Any]) -> AnswerKey:
    """The key of a row: `answer`, with `answer_kind` and `info` where there are such.

    Raises:
        ValueError: there is no answer, or something is of another form than in an export.
    """
    info = _object(row.get("info"), "info")
    return _key(
        answer=row.get("answer"),
        answer_kind=row.get("answer_kind") or info.get("answer_kind"),
        relative_tolerance=info.get("tolerance"),
        coding=info.get("coding"),
    )


def key_of_ground_truth(ground_truth: str, extra: Mapping[str, Any]) -> AnswerKey:
    """The key as verl hands it on: the answer, or for coding the tests, and what the row's `extra_info` adds.

    Without `extra_info.grading` the kind is the one in which the answer is written, and limits are the usual ones.

    Raises:
        ValueError: something is of another form than in an export.
    """
    terms = _object(extra.get("grading"), "extra_info.grading")
    kind = terms.get("answer_kind")
    has_tests = ground_truth.startswith('{"') and '"inputs"' in ground_truth
    is_program = kind == AnswerKind.PROGRAM or (kind is None and has_tests)
    return _key(
        answer=ground_truth,
        answer_kind=kind,
        relative_tolerance=terms.get("tolerance"),
        coding=_coding(ground_truth, terms).model_dump() if is_program else None,
    )


def grading_terms(kind: AnswerKind, tolerance: float | None, coding: Coding | None) -> dict[str, Any]:
    """What `key_of_ground_truth` needs beside the ground truth."""
    return {
        "answer_kind": kind.value,
        "tolerance": tolerance,
        "time_limit_s": coding and coding.time_limit_s,
        "memory_limit_mb": coding and coding.memory_limit_mb,
    }


def _coding(ground_truth: str, terms: Mapping[str, Any]) -> Coding:
    found = _object(ground_truth, "the ground truth of a program")
    name = found.get("fn_name")
    try:
        inputs, outputs = found["inputs"], found["outputs"]
        tests = tuple(
            TestCase(arguments=[json.loads(line) for line in given.split("\n")], expected=json.loads(expected))
            if name
            else TestCase(arguments=[given], expected=expected)
            for given, expected in zip(inputs, outputs, strict=True)
        )
        limits = {name: terms[name] for name in ("time_limit_s", "memory_limit_mb") if terms.get(name)}
        mode = CodingMode.FUNCTION if name else CodingMode.STDIN
        return Coding(mode=mode, entry_point=name or "", reference="", tests=tests, mutants=0, **limits)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the ground truth of a program holds no tests: {error}") from None


def _key(*, answer: Any, answer_kind: Any, relative_tolerance: Any, coding: Any) -> AnswerKey:
    if not isinstance(answer, str) or not answer.strip():
        raise ValueError("there is no answer to compare with")
    given = {
        "answer": answer,
        "answer_kind": answer_kind,
        "relative_tolerance": relative_tolerance,
        "coding": coding,
    }
    try:
        key = AnswerKey.model_validate_json(json.dumps(given))
    except (ValidationError, TypeError) as error:
        raise ValueError(f"no row of an export: {_in_short(error)}") from None
    if key.answer_kind is AnswerKind.PROGRAM and (key.coding is None or not key.coding.tests):
        raise ValueError("a program is asked for, and info holds no tests")
    return key


def _object(value: Any, name: str) -> dict[str, Any]:
    """A JSON object, given as such or as text; empty where there is none."""
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError(f"{name} is no JSON") from None
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is no object")  # noqa: TRY004 - data of the wrong form, not a wrong call
    return dict(value)


def _in_short(error: ValidationError | TypeError) -> str:
    if isinstance(error, TypeError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
