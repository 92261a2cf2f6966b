"""The environment: every turn gets an answer, every episode an outcome."""

from __future__ import annotations

import json
from typing import Any

import pytest

from propound.problem import Domain, ProblemSpec
from propound.proposing.environment import Environment
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.trajectory import ActionKind, Outcome, Stage
from propound.transcript import write_call

LIBRARY = default_library()
SANDBOX = open_sandbox()
SPEC = ProblemSpec(
    domain=Domain.MATHEMATICS,
    skills=("modular-power",),
    alternates=("multiples-sum",),
    minimum_skills=1,
    maximum_skills=2,
    seed=1,
)


def _environment(max_steps: int = 12) -> Environment:
    return Environment(SPEC, LIBRARY, SANDBOX, max_steps)


def _exec(code: str) -> str:
    return write_call(ActionKind.EXEC, {"code": code})


def _edit(**arguments: Any) -> str:
    return write_call(ActionKind.EDIT, arguments)


def test_the_prompt_discloses_front_matter_and_alternates() -> None:
    system, user = _environment().prompt
    assert "<tool_call>" in system["content"]
    assert "mathematics" in system["content"]
    assert "name: modular-power" in user["content"]
    assert "parameters: base integer" in user["content"]
    assert "Alternates: multiples-sum" in user["content"]


def test_reading_discloses_the_body() -> None:
    environment = _environment()
    observation = environment.step(write_call(ActionKind.READ, {"name": "modular-power"}))
    assert observation.ok
    assert "## Workflow" in observation.text
    assert not environment.step(write_call(ActionKind.READ, {"name": "../../etc/passwd"})).ok


def test_a_draw_and_a_failed_check_move_the_stage() -> None:
    environment = _environment()
    observation = environment.step(_exec("from toolkit import draw\ndraw(['modular-power'], seed=3)"))
    drawn = json.loads(observation.text.splitlines()[0])
    assert drawn["composition"][0]["skill"] == "modular-power"
    assert [step.stage for step in environment.steps] == [Stage.DRAFT]
    assert environment.stage.value == "check"
    observation = environment.step(
        _exec("from toolkit import check\ncheck('What?', [{'skill': 'modular-power'}], '1')")
    )
    assert observation.text.startswith("failed: CheckError: ")
    assert environment.stage.value == "refine"


def test_a_failing_program_reads_the_same_everywhere() -> None:
    environment = _environment()
    first = environment.step(_exec("print('so far')\n1 / 0"))
    second = environment.step(_exec("print('so far')\n1 / 0"))
    assert (
        first.text.split("[")[0]
        == second.text.split("[")[0]
        == "so far\nfailed: ZeroDivisionError: division by zero\n"
    )


def test_skills_that_are_not_active_cannot_be_drawn() -> None:
    observation = _environment().step(_exec("from toolkit import draw\ndraw(['multiples-sum'], seed=3)"))
    assert "not an active skill" in observation.text


def test_edits_are_bounded() -> None:
    environment = _environment()
    assert not environment.step(_edit(drop=["modular-power"])).ok
    assert not environment.step(_edit(add=["kinetic-energy"])).ok
    assert not environment.step(_edit()).ok
    assert environment.step(_edit(drop=["modular-power"], add=["multiples-sum"])).ok
    assert environment.skills == ("multiples-sum",)
    assert [step.skills for step in environment.steps][-1] == ("modular-power",)


def test_malformed_turns_count_and_the_budget_ends_the_episode() -> None:
    environment = _environment(max_steps=3)
    texts = [environment.step("<tool_call>nonsense</tool_call>").text for _ in range(3)]
    reason, _, state = texts[0].partition("\n")
    assert reason == "malformed: the tool call is not valid JSON: Expecting value: line 1 column 1 (char 0)"
    assert state == "[stage draft; 2 steps left]"
    assert environment.outcome is Outcome.STEPS_EXHAUSTED


def test_an_empty_turn_abandons() -> None:
    environment = _environment()
    environment.step("")
    assert environment.outcome is Outcome.ABANDONED


def test_a_submission_ends_the_episode() -> None:
    environment = _environment()
    submission = {
        "statement": "s",
        "composition": [{"skill": "modular-power", "parameters": {"base": 2}}],
        "answer": "1",
    }
    environment.step(write_call(ActionKind.SUBMIT, submission))
    assert environment.outcome is Outcome.SUBMITTED
    assert environment.submission is not None
    assert environment.submission.composition[0].parameters == {"base": 2}
    with pytest.raises(AssertionError):
        environment.step("more")


def test_an_endless_program_is_killed_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from propound.proposing import environment as module
    from propound.sandbox import Limits

    monkeypatch.setattr(module, "LIMITS", Limits(wall_s=1.0, cpu_s=1.0))
    observation = _environment().step(_exec("while True: pass"))
    assert not observation.ok
    assert observation.text.startswith("killed: ")
