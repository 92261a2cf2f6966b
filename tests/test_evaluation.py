"""Evaluation: every share hand-computed on attempts that were made to measure, and one real evaluation."""

from __future__ import annotations

from functools import cache

import pytest

from propound.episode import Episode
from propound.episodes import EpisodeRunner, of_specs, run_all
from propound.evaluation import (
    SEEDS_FROM,
    count_repeated,
    evaluate,
    held_out_specs,
    summarise,
)
from propound.job import JobRequest
from propound.policy.teacher import Teacher
from propound.probing.probe import Probe
from propound.problem import Problem
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.trajectory import Outcome, Sampling
from propound.verification.verdict import Verdict
from propound.verification.vote import Rejection

LIBRARY = default_library()
SANDBOX = open_sandbox()
TEACHER = Teacher(LIBRARY)
RUNNER = EpisodeRunner(LIBRARY, SANDBOX, TEACHER)


@cache
def _attempts() -> tuple[Episode, ...]:
    return tuple(run_all(RUNNER, of_specs(held_out_specs(LIBRARY, 9, 0)), in_flight=2))


def _problem(attempts: tuple[Episode, ...]) -> Problem:
    return next(attempt.verdict.problem for attempt in attempts if attempt.verdict.problem is not None)


def test_specs_are_those_of_no_job() -> None:
    specs = held_out_specs(LIBRARY, 12, 3)
    assert specs == held_out_specs(LIBRARY, 12, 3)
    assert {spec.domain for spec in specs} == set(JobRequest(count=1).domains)
    assert not {s.seed for s in specs} & {s.seed for s in held_out_specs(LIBRARY, 12, 4)}
    assert JobRequest(count=1).seed < SEEDS_FROM


def test_attempts_come_in_the_order_of_the_specs_whatever_runs_at_a_time() -> None:
    specs = held_out_specs(LIBRARY, 9, 0)
    alone = run_all(RUNNER, of_specs(specs), in_flight=1)
    assert [a.trajectory.content_digest() for a in alone] == [
        a.trajectory.content_digest() for a in _attempts()
    ]


def test_the_shares_count_what_they_say() -> None:
    good = next(attempt for attempt in _attempts() if attempt.verdict.accepted)
    sampled = good.trajectory.steps[0].model_copy(
        update={
            "sampling": Sampling(
                token_ids=(5, 6, 7),
                log_probabilities=(-1.0, -1.0, -1.0),
                temperature=0.7,
                finish_reason="stop",
            )
        }
    )
    with_tokens = good.trajectory.model_copy(update={"steps": (sampled, *good.trajectory.steps[1:])})
    gone = good.trajectory.model_copy(update={"submission": None, "outcome": Outcome.ABANDONED})
    no = Verdict(accepted=False, rejection=Rejection.WRONG_ANSWER, rationale="")
    probe = Probe(prober="p", version="1", attempts=16, solved=4)
    found = summarise(
        TEACHER,
        [
            good.model_copy(update={"trajectory": with_tokens, "probe": probe}),
            good,
            good.model_copy(update={"verdict": no}),
            good.model_copy(update={"trajectory": gone, "verdict": no}),
        ],
        seconds=2.0,
    )
    assert (found.episodes, found.submitted) == (4, 0.75)
    assert found.verified == pytest.approx(2 / 3)
    assert found.accepted == 0.25  # the same problem twice counts once
    assert found.distinct == 0.5
    assert (found.tokens, found.tokens_per_second, found.temperature) == (0.75, 1.5, 0.7)
    assert found.rejections == {"wrong_answer": 2}
    assert found.well_formed == 1.0
    assert found.pass_rate == 0.25  # of the one that was measured
    assert sum(each.episodes for each in found.by_skills.values()) == 4
    assert set(found.by_skill) == set(good.trajectory.steps[-1].skills)


def test_a_problem_with_one_number_changed_in_long_text_is_a_repetition_only_when_both_are_alike() -> None:
    problem = _problem(_attempts())
    other = problem.model_copy(update={"statement": "Something else entirely, in other words."})
    assert count_repeated([problem, problem, other]) == 1


def test_the_teacher_is_evaluated() -> None:
    found = evaluate(RUNNER, held_out_specs(LIBRARY, 6, 1), in_flight=2)
    assert found.episodes == 6
    assert found.temperature is None
    assert found.verified > 0.5
