"""A canary as an episode that has ended: what the verification of a job is handed."""

from __future__ import annotations

from collections.abc import Mapping

from propound.card import Card
from propound.problem import ProblemSpec, Terms
from propound.trajectory import Action, ActionKind, Observation, Outcome, Stage, Step, Trajectory
from propound.verification.canaries.canary import Canary

POLICY = "canary"
"""Who wrote it, in the trajectory."""
_ASKED = "Write a problem with the skills on offer."
_WRITTEN = "<statement>\n{statement}\n</statement>\n```python\n{program}\n```\n<answer>{answer}</answer>"


def trajectory_of(canary: Canary, cards: Mapping[str, Card]) -> Trajectory:
    """A trajectory of one turn, which hands the canary in; `cards` are those of its skills, by name.

    Nothing in it says that it is a canary but the policy's name, which no verifier is shown.
    """
    work = canary.submission.open
    assert work is not None, "a canary is of open mode"
    spec = ProblemSpec(
        domain=canary.domain,
        skills=canary.skills,
        minimum_skills=1,
        maximum_skills=len(canary.skills),
        seed=canary.seed,
        open=Terms(cards=tuple(cards[name] for name in canary.skills), coding=canary.coding),
    )
    text = _WRITTEN.format(
        statement=canary.submission.statement, program=work.program, answer=canary.submission.answer
    )
    step = Step(
        stage=Stage.FINALIZE,
        skills=canary.skills,
        text=text,
        action=Action(kind=ActionKind.SUBMIT),
        observation=Observation(ok=True, text="submitted"),
    )
    return Trajectory(
        spec=spec,
        member=0,
        policy=POLICY,
        policy_version="1",
        prompt=({"role": "user", "content": _ASKED},),
        steps=(step,),
        outcome=Outcome.SUBMITTED,
        submission=canary.submission,
    )
