"""A request: what each mode has, what it has by default, and that stored ones of old still read."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from propound.job import MAX_CARDS, JobRequest
from propound.problem import TOKENS, Mode


def request(**fields: Any) -> JobRequest:
    return JobRequest.model_validate({"count": 1, **fields})


def test_a_request_of_old_reads_as_it_did() -> None:
    old = {
        "domains": ["mathematics"], "categories": [], "skills": [], "minimum_skills": 1, "maximum_skills": 3,
        "count": 5, "seed": 7, "group_size": 4, "level": 2, "difficulty": None, "max_episodes": None, "benchmarks": [],
    }  # fmt: skip
    read = JobRequest.model_validate(old)
    assert read.mode is Mode.PROCEDURAL
    assert {name: value for name, value in read.model_dump(mode="json").items() if name in old} == old


def test_defaults_of_open_mode() -> None:
    wanted = request(mode="open")
    assert (wanted.minimum_skills, wanted.maximum_skills) == (1, 2)
    assert (wanted.language, wanted.problem_tokens, wanted.max_tokens) == ("English", TOKENS, None)
    assert (wanted.corrections, wanted.siblings, wanted.answer_kinds) == (False, 0, ())
    assert (request().minimum_skills, request().maximum_skills) == (1, 4)
    assert request(mode="open", maximum_skills=4).maximum_skills == 4
    assert request(mode="open", minimum_skills=3).maximum_skills == 3
    assert JobRequest.model_validate_json(wanted.model_dump_json()) == wanted


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cards", ["a text"]),
        ("language", "French"),
        ("answer_kinds", ["integer"]),
        ("problem_tokens", 60_000),
        ("corrections", True),
        ("siblings", 2),
    ],
)
def test_what_only_open_mode_has_is_refused_in_the_other(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=f"{field}: only in open mode"):
        request(**{field: value})
    assert getattr(request(mode="open", **{field: value}), field)


def test_a_budget_of_tokens_goes_with_both_modes() -> None:
    assert request(max_tokens=10_000).max_tokens == request(mode="open", max_tokens=10_000).max_tokens


@pytest.mark.parametrize(
    "wrong",
    [
        {"cards": ["x"] * (MAX_CARDS + 1)},
        {"cards": ["x" * 20_001]},
        {"cards": [""]},
        {"cards": [3]},
        {"cards": [{}]},
        {"cards": [{"scripts/tool.py": "x = 1"}]},
        {"cards": [{"SKILL.md": "x", "../../etc/passwd": "x"}]},
        {"cards": [{"SKILL.md": "x", "scripts/../tool.py": "x"}]},
        {"cards": [{"SKILL.md": "x", **{f"scripts/t{n}.py": "x" for n in range(9)}}]},
        {"language": "x" * 41},
        {"language": "English\nand French"},
        {"language": ""},
        {"language": "English\u202e"},
        {"language": "<b>English"},
        {"answer_kinds": ["program"]},
        {"answer_kinds": ["wish"]},
        {"problem_tokens": 999},
        {"problem_tokens": True},
        {"max_tokens": 999},
        {"max_tokens": 2**53},
        {"siblings": 17},
        {"siblings": -1},
        {"corrections": "yes"},
        {"mode": "closed"},
    ],
)
def test_what_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        request(**{"mode": "open", **wrong})


def test_a_wrong_card_is_told_once_and_at_its_place() -> None:
    with pytest.raises(ValidationError) as caught:
        request(mode="open", cards=["fine", 3])
    assert [error["loc"] for error in caught.value.errors()] == [("cards", 1)]
