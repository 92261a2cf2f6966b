"""What verifiers are shown."""

from __future__ import annotations

from functools import cache

from propound.answers.kinds import AnswerKind
from propound.curriculum import draw_spec
from propound.domain import Domain
from propound.job import JobRequest
from propound.policy.teacher import Teacher
from propound.problem import Submission
from propound.proposing.procedural import ProceduralEnvironment
from propound.proposing.rollout import rollout
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.skills.toolkit.statement import Reading
from propound.trajectory import Trajectory
from propound.verification.examination import Examination
from propound.verification.verifiers import Case
from propound.verification.verify import Verification

LIBRARY = default_library()
SANDBOX = open_sandbox()


@cache
def trajectory() -> Trajectory:
    """A trajectory of the teacher that is accepted."""
    request = JobRequest(count=1, seed=4, domains=(Domain.MATHEMATICS,), minimum_skills=1, maximum_skills=1)
    for index in range(20):
        spec = draw_spec(request, LIBRARY, index)
        made = rollout(Teacher(LIBRARY), ProceduralEnvironment(spec, LIBRARY, SANDBOX, 24), 0)
        if Verification(LIBRARY, SANDBOX).verify(made).accepted:
            return made
    raise AssertionError("the teacher wrote no sound problem")


def case(
    statement: str = "What is 6 times 7?",
    gold: str = "42",
    *,
    text: str = "I draw numbers.",
    shown: str = "42",
) -> Case:
    """A case with these texts in statement, gold answer, turns and observations."""
    steps = tuple(
        step.model_copy(
            update={"text": text, "observation": step.observation.model_copy(update={"text": shown})}
        )
        for step in trajectory().steps
    )
    made = trajectory().model_copy(update={"steps": steps})
    return Case(
        made.spec.domain,
        Submission(statement=statement, answer=gold),
        AnswerKind.INTEGER,
        trajectory=made,
        examination=Examination(Reading([]), direct=gold, recomputed=gold),
        seed=made.spec.seed,
        member=made.member,
    )
