"""Canaries, verdicts on them, and trials, without any committee."""

from __future__ import annotations

from propound.answers.kinds import AnswerKind
from propound.domain import Domain
from propound.problem import Submission, Work
from propound.solving.attempt import Attempt
from propound.solving.reference import Reference
from propound.verification.calibration import Trial
from propound.verification.canaries.canary import Canary, Fault
from propound.verification.evidence import Evidence, Standing
from propound.verification.labelled import Label, Labelled
from propound.verification.vote import Abstention, Rejection, Vote


def canary(
    fault: Fault | None = None, *, answer: str = "42", truth: str | None = "42", seed: int = 0
) -> Canary:
    """A small one in mathematics."""
    return Canary(
        fault=fault,
        style="plain",
        domain=Domain.MATHEMATICS,
        skills=("modular-power",),
        seed=seed,
        submission=Submission(
            statement="What is 6 times 7?",
            answer=answer,
            open=Work(program="print(6 * 7)", answer_kind=AnswerKind.INTEGER),
        ),
        truth=truth,
    )


def attempt(answer: str | None, number: int = 0, *, solver: str = "small", family: str = "a") -> Attempt:
    """An attempt with that answer."""
    return Attempt(
        solver=solver,
        family=family,
        version=f"{solver}@1",
        number=number,
        answer=answer,
        failure=None if answer is not None else "it printed nothing",
        prompt="0" * 24,
    )


def vote(verifier: str, *, valid: bool = True, abstains: bool = False) -> Vote:
    """A judge's vote."""
    return Vote(
        verifier=verifier,
        answer="42",
        valid=valid and not abstains,
        rationale="as told",
        abstention=Abstention.UNPARSED if abstains else None,
    )


def evidence(
    *answers: str | None, claim: str = "42", votes: tuple[Vote, ...] | None = None, judges: int = 0
) -> Evidence:
    """What attempts of two families in turn, and judges, said."""
    attempts = tuple(
        attempt(answer, number // 2, solver=("small", "other")[number % 2], family=("a", "b")[number % 2])
        for number, answer in enumerate(answers)
    )
    return Evidence(
        standing=Standing(judges=judges),
        claim=claim,
        kind=AnswerKind.INTEGER,
        reference=Reference(answer=claim, kind=AnswerKind.INTEGER),
        attempts=attempts,
        votes=votes,
    )


def trial(
    number: int,
    fault: Fault | None = None,
    *,
    accepted: bool = False,
    rejection: Rejection | None = None,
    domain: Domain = Domain.MATHEMATICS,
    committee: str = "here",
    errors: dict[str, bool] | None = None,
) -> Trial:
    """A trial of the canary of that number."""
    return Trial(
        canary=f"{fault}-{domain}-{number}",
        fault=fault,
        style="plain",
        domain=domain,
        committee=committee,
        accepted=accepted,
        rejection=None if accepted else rejection or Rejection.DISPUTED,
        errors=errors or {},
    )


def row(number: int, label: Label, found: Evidence | None) -> Labelled:
    """A labelled problem with that evidence."""
    return Labelled(
        id=f"hand-{number}",
        source="hand",
        domain=Domain.MATHEMATICS,
        skills=("modular-power",),
        submission=Submission(statement="What is 6 times 7?", answer="42", open=Work(program="print(6 * 7)")),
        label=label,
        truth="42",
        why="by hand",
        evidence=found,
    )
