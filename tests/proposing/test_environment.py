"""The environment: every turn gets an answer, every episode an outcome."""

from __future__ import annotations

import json
from typing import Any

import pytest

from propound.domain import Domain
from propound.draft import read_draw
from propound.problem import ProblemSpec
from propound.proposing.procedural import ProceduralEnvironment
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


def _environment(max_steps: int = 12) -> ProceduralEnvironment:
    return ProceduralEnvironment(SPEC, LIBRARY, SANDBOX, max_steps)


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


def test_a_reading_shows_front_matter_only_of_what_the_prompt_does_not_hold() -> None:
    shown = [
        _environment().step(write_call(ActionKind.READ, {"name": name})).text
        for name in ("modular-power", "multiples-sum")
    ]
    assert [text.startswith("name: ") for text in shown] == [False, True]


def test_a_draw_shows_one_wording_of_each_skill_with_its_numbers() -> None:
    shown = [
        ProceduralEnvironment(SPEC, LIBRARY, SANDBOX, 12, member).step(write_call(ActionKind.DRAW, {})).text
        for member in range(6)
    ]
    quantities = [line for text in shown for line in text.splitlines() if line.startswith("quantity ")]
    assert len(quantities) == 6
    assert len(set(quantities)) > 1
    for text in shown:
        use = json.loads(text.splitlines()[0])
        wording = text.partition("\n")[2].rpartition("\n{")[0]
        assert all(str(value) in wording for name, value in use.items() if name != "skill")
        assert "[[" not in wording


def test_a_draft_quotes_the_draw_and_is_handed_in_written_out() -> None:
    environment = _environment()
    draft = {"statement": "<setup 1> Find <quantity 1>.", "answer": "<answer>"}
    assert environment.step(write_call(ActionKind.CHECK, draft)).text.startswith(
        "failed: <setup 1> was not drawn"
    )
    for member in range(9):
        environment = ProceduralEnvironment(SPEC, LIBRARY, SANDBOX, 12, member)
        drawn = read_draw(environment.step(write_call(ActionKind.DRAW, {})).text)
        if "setup 1" in drawn.texts:
            break
    observation = environment.step(write_call(ActionKind.CHECK, draft))
    assert observation.text.startswith(f"sound: {drawn.facts['answer']}")
    assert environment.step(write_call(ActionKind.SUBMIT, {})).ok
    assert environment.submission is not None
    assert environment.submission.statement == f"{drawn.texts['setup 1']} Find {drawn.texts['quantity 1']}."
    assert environment.submission.answer == drawn.facts["answer"]


def test_a_submission_that_quotes_wrongly_does_not_end_the_episode() -> None:
    environment = _environment()
    observation = environment.step(write_call(ActionKind.SUBMIT, {"statement": "<setup 7>", "answer": "1"}))
    assert not observation.ok
    assert environment.outcome is None


def test_a_draw_and_a_failed_check_move_the_stage() -> None:
    environment = _environment()
    observation = environment.step(write_call(ActionKind.DRAW, {}))
    use, *_, drawn = [json.loads(line) for line in observation.text.splitlines() if line.startswith("{")]
    assert use["skill"] == "modular-power"
    assert drawn["answer"].isdigit()
    assert [step.stage for step in environment.steps] == [Stage.DRAFT]
    assert environment.stage.value == "check"
    observation = environment.step(write_call(ActionKind.CHECK, {"statement": "What?", "answer": "1"}))
    assert observation.text.startswith("failed: CheckError: no wording")
    assert environment.stage.value == "refine"


def test_draws_differ_between_steps_and_members_and_never_between_runs() -> None:
    def draws(member: int) -> list[str]:
        environment = ProceduralEnvironment(SPEC, LIBRARY, SANDBOX, 12, member)
        return [environment.step(write_call(ActionKind.DRAW, {})).text.splitlines()[0] for _ in range(2)]

    assert draws(0) == draws(0)
    assert len({*draws(0), *draws(1)}) == 4
    with_seed = [_environment().step(write_call(ActionKind.DRAW, {"seed": seed})).text for seed in (7, 7, 8)]
    assert with_seed[0] == with_seed[1] != with_seed[2]


def test_programs_of_the_agent_reach_the_same_toolkit() -> None:
    environment = _environment()
    assert environment.step(_exec("from toolkit import draw\ndraw(['modular-power'], seed=3)")).ok
    composed = [{"skill": "modular-power", "parameters": {}}]
    observation = environment.step(_exec(f"from toolkit import check\ncheck('What?', '1', {composed})"))
    assert observation.text.startswith("failed: CheckError: ")


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
    assert state == "[draft; 2 steps left]"
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


def test_a_submission_is_by_default_the_draft_that_was_checked_last() -> None:
    environment = _environment()
    observation = environment.step(write_call(ActionKind.SUBMIT, {}))
    assert (observation.ok, environment.outcome) == (False, None)
    assert observation.text.startswith("no draft has been checked: give statement and answer")
    for statement in ("first", "second"):
        environment.step(write_call(ActionKind.CHECK, {"statement": statement, "answer": "1"}))
    environment.step(write_call(ActionKind.SUBMIT, {}))
    assert environment.submission is not None
    assert environment.submission.model_dump() == {"statement": "second", "answer": "1", "composition": ()}


def test_an_endless_program_is_killed_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from propound.proposing import environment as module
    from propound.sandbox import Limits

    monkeypatch.setattr(module, "LIMITS", Limits(wall_s=1.0, cpu_s=1.0))
    observation = _environment().step(_exec("while True: pass"))
    assert not observation.ok
    assert observation.text.startswith("killed: ")
