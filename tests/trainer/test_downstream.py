"""Downstream: first drafts as they come, lessons that give their problem's answer, and a comparison from end to end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.answers.kinds import AnswerKind
from propound.domain import Domain
from propound.episode import Episode
from propound.episodes import EpisodeRunner
from propound.job import JobRequest
from propound.models.purpose import NOBODY, Origin
from propound.policy.checkpoint import CheckpointError, load_checkpoint
from propound.policy.protocol import Turn
from propound.policy.teacher import Teacher
from propound.problem import CodingMode, Problem, ProblemSpec
from propound.proposing.procedural import ProceduralEnvironment
from propound.proposing.rollout import rollout
from propound.sandbox import Sandbox, open_sandbox
from propound.skills import default_library
from propound.skills.library import compile_toolkit
from propound.solving.solver import solver_folder
from propound.trajectory import ActionKind, Trajectory
from propound.transcript import write_call
from trainer.downstream.__main__ import main
from trainer.downstream.comparison import NONE, ONE_SHOT, VERIFIED, gain
from trainer.downstream.corpus import (
    CorpusError,
    attempts,
    gather,
    held_out,
    read_rows,
    write_rows,
)
from trainer.downstream.gym import GymError, as_problem, constant
from trainer.downstream.lesson import lesson, lessons
from trainer.downstream.oneshot import one_shot

pytestmark = pytest.mark.slow

LIBRARY = default_library()
REQUEST = JobRequest(count=1, seed=5, maximum_skills=2)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    compile_toolkit()
    return open_sandbox()


@pytest.fixture(scope="module")
def made(sandbox: Sandbox) -> list[Episode]:
    """Episodes of the scripted teacher, its slips among them."""
    endless = attempts(EpisodeRunner(LIBRARY, sandbox, Teacher(LIBRARY)), REQUEST, in_flight=4)
    return list(islice(endless, 60))


@dataclass
class Says:
    """A policy that says what it was told to, whatever it hears."""

    turns: Sequence[str]
    name: str = "says"
    version: str = "1"

    def begin(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> _Speaker:  # noqa: ARG002
        return _Speaker(list(self.turns))


@dataclass
class _Speaker:
    turns: list[str]

    def write(self, messages: Sequence[dict[str, Any]]) -> Turn:  # noqa: ARG002
        return Turn(self.turns.pop(0) if self.turns else "")


def episode(sandbox: Sandbox, skill: str, *calls: tuple[ActionKind, dict[str, Any]]) -> Trajectory:
    """What becomes of these calls in a row."""
    spec = ProblemSpec(
        domain=Domain(LIBRARY[skill].domain), skills=(skill,), minimum_skills=1, maximum_skills=1, seed=3
    )
    turns = [write_call(kind, arguments, "") for kind, arguments in calls]
    return rollout(Says(turns), ProceduralEnvironment(spec, LIBRARY, sandbox, 24), 0)


def draft(statement: str, answer: str = "<answer>") -> tuple[ActionKind, dict[str, Any]]:
    return ActionKind.CHECK, {"statement": statement, "answer": answer}


DRAW: tuple[ActionKind, dict[str, Any]] = (ActionKind.DRAW, {})


def test_the_first_draft_is_taken_whatever_the_check_says(sandbox: Sandbox) -> None:
    calls = (DRAW, draft("Nobody can read this: <quantity 1>."), draft("Find <quantity 1>."))
    found = one_shot(episode(sandbox, "modular-power", *calls), LIBRARY)
    assert found is not None
    assert found.statement.startswith("Nobody can read this: ")
    assert "<" not in found.statement
    assert found.answer_kind is AnswerKind.INTEGER
    assert found.skills == ("modular-power",)


def test_a_claimed_answer_is_kept_even_if_it_is_wrong(sandbox: Sandbox) -> None:
    """And what is learnt from it is to print it."""
    found = one_shot(
        episode(sandbox, "modular-power", DRAW, draft("Find <quantity 1>.", "1000000007")), LIBRARY
    )
    assert found is not None
    assert found.answer == "1000000007"
    assert lesson(found, LIBRARY, sandbox) == "print('1000000007')"


def test_a_draft_without_a_draw_has_no_composition(sandbox: Sandbox) -> None:
    found = one_shot(episode(sandbox, "kinetic-energy", draft("What is 2 + 2?", "4")), LIBRARY)
    assert found is not None
    assert found.composition == ()
    assert lesson(found, LIBRARY, sandbox) == "print('4')"


@pytest.mark.parametrize(
    "calls",
    [
        (DRAW,),
        (DRAW, draft("Find <quantity 7>.")),
        (draft("Find <quantity 1>.", "4"),),
    ],
    ids=["no draft", "another quote", "nothing drawn"],
)
def test_no_draft_is_no_problem(
    sandbox: Sandbox, calls: tuple[tuple[ActionKind, dict[str, Any]], ...]
) -> None:
    assert one_shot(episode(sandbox, "modular-power", *calls), LIBRARY) is None


def test_a_coding_draft_without_an_example_is_no_problem(sandbox: Sandbox) -> None:
    calls = (draft("Write `solve`.", "4"),)
    assert one_shot(episode(sandbox, "digit-sums", *calls), LIBRARY) is None


def test_one_shots_of_the_teacher(made: list[Episode], sandbox: Sandbox) -> None:
    """What was accepted at the first try is its own first draft; all answers are those of the drawn numbers."""
    drafts = [one_shot(attempt.trajectory, LIBRARY) for attempt in made]
    accepted = [attempt.verdict.problem for attempt in made]
    for attempt, first, last in zip(made, drafts, accepted, strict=True):
        checks = [step for step in attempt.trajectory.steps if step.action.kind is ActionKind.CHECK]
        if last is not None and len(checks) == 1:
            assert first is not None
            assert first.statement == last.statement
            assert first.composition == last.composition
            assert first.answer_kind == last.answer_kind
            assert first.relative_tolerance == last.relative_tolerance
    found = [first for first in drafts if first is not None]
    assert {problem.domain for problem in found} == set(Domain)
    assert {problem.coding.mode for problem in found if problem.coding} == set(CodingMode)
    differ = sum(
        first.statement != last.statement
        for first, last in zip(drafts, accepted, strict=True)
        if first and last
    )
    assert differ > 0
    programs = [lesson(problem, LIBRARY, sandbox) for problem in found]
    assert all(program is not None and not program.startswith("print('") for program in programs)


def test_lessons_keep_the_order(made: list[Episode], sandbox: Sandbox) -> None:
    problems = [attempt.verdict.problem for attempt in made if attempt.verdict.problem][:8]
    lines = list(lessons(problems, LIBRARY, sandbox))
    assert [line["messages"][0]["content"] for line in lines] == [problem.statement for problem in problems]
    assert [line["messages"][1]["content"] for line in lines] == [
        lesson(problem, LIBRARY, sandbox) for problem in problems
    ]


def test_both_kinds_are_as_many(made: list[Episode]) -> None:
    corpus = gather(made, 20, LIBRARY)
    assert len(corpus.verified) == len(corpus.one_shot) == 20
    assert 0 < corpus.unchanged <= 20 <= corpus.episodes < 60
    assert len({problem.composition_digest() for problem in corpus.verified}) == 20


def test_repeated_problems_are_accepted_once_and_drafted_as_they_come(made: list[Episode]) -> None:
    twice = [attempt for attempt in made for _ in range(2)]
    once, again = gather(made, 12, LIBRARY), gather(twice, 12, LIBRARY)
    assert again.verified == once.verified
    assert again.one_shot[::2] == again.one_shot[1::2] == once.one_shot[:6]


def test_held_out_problems_are_new(made: list[Episode]) -> None:
    known = gather(made, 10, LIBRARY).verified
    found = held_out(made, 10, known)
    assert not {problem.statement for problem in found} & {problem.statement for problem in known}
    assert len({problem.statement for problem in found}) == 10


def test_too_few_episodes_are_an_error(made: list[Episode]) -> None:
    with pytest.raises(CorpusError, match="3 episodes gave"):
        gather(made[:3], 20, LIBRARY)
    with pytest.raises(CorpusError, match="of 20 held-out"):
        held_out(made[:3], 20, [])


def test_rows_are_read_back(made: list[Episode], tmp_path: Path) -> None:
    corpus = gather(made, 10, LIBRARY)
    for problems in (corpus.verified, corpus.one_shot):
        write_rows(tmp_path / "rows.jsonl", problems)
        assert read_rows(tmp_path / "rows.jsonl") == problems
    (tmp_path / "none.jsonl").write_text("")
    with pytest.raises(CorpusError, match="holds no problem"):
        read_rows(tmp_path / "none.jsonl")


@given(st.integers())
def test_entries_of_integers_become_problems(answer: int) -> None:
    problem = as_problem({"question": " How many?\n", "answer": str(answer), "metadata": {}})
    assert (problem.statement, problem.answer, problem.answer_kind) == (
        "How many?",
        str(answer),
        AnswerKind.INTEGER,
    )


@pytest.mark.parametrize("answer", ["1/2", "", "['1']", "-", "1.0"])
def test_entries_of_other_answers_are_refused(answer: str) -> None:
    with pytest.raises(GymError, match="no integer"):
        as_problem({"question": "?", "answer": answer})


@given(st.lists(st.integers(-3, 3), min_size=1))
def test_a_constant_is_as_good_as_its_share(answers: list[int]) -> None:
    problems = [as_problem({"question": "?", "answer": str(answer)}) for answer in answers]
    share = constant(problems)
    assert 1 / len(set(answers)) <= share <= 1
    assert share == max(answers.count(answer) for answer in answers) / len(answers)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30))
def test_a_gain_lies_in_its_bounds_and_turns_with_its_sides(pairs: list[tuple[int, int]]) -> None:
    runs = {name: [[pair[side] / 4 for pair in pairs]] * 2 for side, name in enumerate((ONE_SHOT, VERIFIED))}
    found = gain(VERIFIED, ONE_SHOT, runs, 0)
    assert found.low <= found.mean + 1e-12
    assert found.mean <= found.high + 1e-12
    assert found.by_seed == pytest.approx((found.mean, found.mean))
    back = gain(ONE_SHOT, VERIFIED, runs, 0)
    assert back.mean == pytest.approx(-found.mean)


def test_a_gain_is_the_mean_over_the_seeds() -> None:
    """By hand: (0.5, 0.25) and (0.75, 0.25) less the only run of the other kind (0.25, 0)."""
    found = gain(VERIFIED, NONE, {VERIFIED: [[0.5, 0.25], [0.75, 0.25]], NONE: [[0.25, 0.0]]}, 0)
    assert found.by_seed == (0.25, 0.375)
    assert found.mean == pytest.approx(0.3125)


def test_the_whole_comparison(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All of it, tiny; a second call finds everything done and says the same, without another attempt."""
    words = [str(tmp_path), "--count", "16", "--tokens", "3000", "--held-out", "3", "--tasks", "0"]
    words += ["--attempts", "1", "--skills", "1", "--layers", "1", "--seed", "4", "--in-flight", "4"]
    words += ["--base", "random", "--seeds", "2"]
    main(words)
    first = (tmp_path / "report.json").read_text()
    report = json.loads(first)
    assert [(score["solver"], score["seed"]) for score in report["scores"]] == [
        (NONE, None),
        (ONE_SHOT, 4),
        (VERIFIED, 4),
        (ONE_SHOT, 5),
        (VERIFIED, 5),
    ]
    assert len({score["version"] for score in report["scores"]}) == 5
    assert report["corpus"]["episodes"] >= 16
    assert {each["of"] for each in report["gains"]} == {VERIFIED}
    assert "| verified, seed 5 |" in capsys.readouterr().out
    written = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.score.json")}
    assert len(written) == 5
    main(words)
    assert (tmp_path / "report.json").read_text() == first
    assert {path: path.stat().st_mtime_ns for path in written} == written


def test_a_solver_that_comes_with_the_package_is_the_base(tmp_path: Path, made: list[Episode]) -> None:
    """Then the solver of no problems is it, as it is; another exam is another score."""
    problems = gather(made, 16, LIBRARY).verified
    for name in ("verified", "one-shot", "held-out"):
        write_rows(tmp_path / f"{name}.jsonl", problems[:3] if name == "held-out" else problems)
    words = [str(tmp_path), "--count", "16", "--tokens", "2000", "--tasks", "0"]
    for times in (1, 2):
        main([*words, "--held-out", "3", "--attempts", str(times)])
        report = json.loads((tmp_path / "report.json").read_text())
        assert [score["held_out"]["attempts"] for score in report["scores"]] == [times] * 3
    assert report["scores"][0]["version"].startswith(load_checkpoint(solver_folder("novice")).version)


def test_an_unknown_base_is_an_error_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no solver 'nobody': .* novice"):
        main([str(tmp_path / "out"), "--base", "nobody"])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--count", "--held-out", "--attempts", "--seeds", "--processes"])
def test_none_of_something_is_refused(
    tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path / "out"), option, "0"])
    assert option in capsys.readouterr().err


def test_a_folder_that_was_begun_otherwise_is_left_alone(tmp_path: Path, made: list[Episode]) -> None:
    """Fewer problems than wanted are an error, too, and not a smaller comparison."""
    for name in ("verified", "one-shot", "held-out"):
        write_rows(tmp_path / f"{name}.jsonl", gather(made, 3, LIBRARY).verified)
    words = [str(tmp_path), "--tasks", "0", "--held-out", "2"]
    with pytest.raises(CorpusError, match=r"holds 3 of 4 problems"):
        main([*words, "--count", "4"])
    (tmp_path / "settings.json").write_text('{"count": 4}')
    with pytest.raises(
        CorpusError, match=r"begun with other settings \(count 4, .*\): give those or another"
    ):
        main([*words, "--count", "3"])


def test_an_export_takes_the_place_of_accepted_problems(tmp_path: Path, made: list[Episode]) -> None:
    mine: list[Problem] = gather(made, 16, LIBRARY).verified
    write_rows(tmp_path / "verified.jsonl", mine)
    words = [str(tmp_path), "--count", "16", "--tokens", "2000", "--held-out", "2", "--tasks", "0"]
    main(
        [*words, "--attempts", "1", "--skills", "1", "--layers", "1", "--in-flight", "4", "--base", "random"]
    )
    lines = (tmp_path / "verified-lessons.jsonl").read_text().splitlines()
    taught = [json.loads(line)["messages"][0]["content"] for line in lines]
    assert taught == [problem.statement for problem in mine]
