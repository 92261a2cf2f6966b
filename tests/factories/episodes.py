"""Finished episodes with any verdict."""

from __future__ import annotations

from propound.domain import Domain
from propound.episode import Episode
from propound.problem import Problem, ProblemSpec, Submission
from propound.reward import Rewards
from propound.trajectory import Action, ActionKind, Observation, Outcome, Stage, Step, Trajectory
from propound.verification.verdict import Verdict
from propound.verification.vote import Check, Rejection, Vote


def spec(seed: int = 7, domain: Domain = Domain.MATHEMATICS) -> ProblemSpec:
    """A small spec."""
    return ProblemSpec(
        domain=domain, skills=("arithmetic-sum",), minimum_skills=1, maximum_skills=1, seed=seed
    )


def episode(
    result: Problem | Rejection,
    *,
    member: int = 0,
    of: ProblemSpec | None = None,
    thought: str = "I try small numbers first.",
) -> Episode:
    """An episode that gave this problem, or was rejected for this reason."""
    problem = result if isinstance(result, Problem) else None
    rejection = result if isinstance(result, Rejection) else None
    return Episode(
        trajectory=_trajectory(of or spec(), member, problem, thought),
        verdict=Verdict(
            accepted=problem is not None,
            rejection=rejection,
            rationale="all votes agree" if problem else f"rejected: {rejection}",
            votes=(
                Vote(verifier="recompute", answer="1", valid=problem is not None, rationale="as computed"),
            ),
            checks=(Check(name="read-back", passed=True),),
            problem=problem,
        ),
        rewards=Rewards(terminal=float(problem is not None), steps=(0.1,), pass_rate=None),
        skill_hashes=dict.fromkeys(problem.skills, "ab" * 32) if problem else {},
        library_version="library-1",
    )


def _trajectory(of: ProblemSpec, member: int, problem: Problem | None, thought: str) -> Trajectory:
    submission = None
    if problem is not None:
        submission = Submission(
            statement=problem.statement, composition=problem.composition, answer=problem.answer[:2_000]
        )
    kind = ActionKind.SUBMIT if problem else ActionKind.THINK
    return Trajectory(
        spec=of,
        member=member,
        policy="fake",
        policy_version="1",
        prompt=({"role": "system", "content": "Write a problem."},),
        steps=(
            Step(
                stage=Stage.DRAFT,
                skills=of.skills,
                text=thought,
                action=Action(kind=kind, thought=thought),
                observation=Observation(ok=True, text="noted"),
            ),
        ),
        outcome=Outcome.SUBMITTED if problem else Outcome.STEPS_EXHAUSTED,
        submission=submission,
    )
