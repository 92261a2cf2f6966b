"""Fills jobs the way a worker does, with episodes made by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from propound.answers.kinds import AnswerKind
from propound.domain import Domain
from propound.episode import Episode
from propound.job import JobRequest
from propound.problem import Coding, Problem, ProblemSpec, SkillUse, TestCase
from propound.reward import Rewards
from propound.storage import datasets, jobs, shards, trajectories
from propound.storage.session import Database
from propound.storage.shards import Claimant
from propound.trajectory import Action, ActionKind, Observation, Outcome, Stage, Step, Trajectory
from propound.verification.verdict import Verdict
from propound.verification.vote import Check, Rejection, Vote

DOMAINS = tuple(Domain)
SKILLS = {
    Domain.MATHEMATICS: "modular-power",
    Domain.CODING: "running-totals",
    Domain.SCIENCE: "kinetic-energy",
}


class Filled(NamedTuple):
    """A job with its dataset."""

    job_id: str
    dataset_id: str


def problem(index: int) -> Problem:
    """A problem that no other index has; the domains take turns."""
    domain = DOMAINS[index % 3]
    coding = None
    answer, kind = f"{index + 7}", AnswerKind.INTEGER
    if domain is Domain.CODING:
        answer, kind = f"def solve(n):\n    return n + {index}\n", AnswerKind.PROGRAM
        test = TestCase(arguments=[1, "two"], expected=[index])
        coding = Coding(entry_point="solve", reference=answer, tests=(test,), mutants=3)
    return Problem(
        domain=domain,
        statement=f"What is the number after {index + 6}?",
        answer=answer,
        answer_kind=kind,
        composition=(SkillUse(skill=SKILLS[domain], parameters={"n": index}),),
        coding=coding,
    )


def episode(
    index: int, member: int = 0, *, text: str = "I think.", arguments: dict[str, Any] | None = None
) -> Episode:
    """An episode; every fourth one is rejected."""
    made = problem(index)
    accepted = index % 4 != 3
    step = Step(
        stage=Stage.DRAFT,
        skills=made.skills,
        text=text,
        action=Action(kind=ActionKind.EXEC, arguments=arguments or {}),
        observation=Observation(ok=True, text="42", tool="exec"),
    )
    trajectory = Trajectory(
        spec=ProblemSpec(
            domain=made.domain, skills=made.skills, minimum_skills=1, maximum_skills=1, seed=index
        ),
        member=member,
        policy="handmade",
        policy_version="1",
        prompt=({"role": "user", "content": "Go."},),
        steps=(step,),
        outcome=Outcome.SUBMITTED,
    )
    verdict = Verdict(
        accepted=accepted,
        rejection=None if accepted else Rejection.DEGENERATE,
        rationale="",
        votes=(Vote(verifier="formula", answer=made.answer, valid=accepted, rationale="so it is"),),
        checks=(Check(name="reads back", passed=True),),
        problem=made if accepted else None,
    )
    return Episode(
        trajectory=trajectory,
        verdict=verdict,
        rewards=Rewards(terminal=float(accepted), steps=(0.5,), pass_rate=None),
        skill_hashes=dict.fromkeys(made.skills, "0" * 64),
        library_version="lib",
    )


def create(database: Database, *, tenant: str = "default", count: int = 6, name: str = "made") -> Filled:
    """A queued job."""
    with database.begin() as session:
        request = JobRequest(count=count, group_size=1, seed=5)
        job = jobs.create(session, tenant=tenant, request=request, name=name)
        return Filled(job.id, datasets.of_job(session, job.id).id)


def work(database: Database, *, shard_specs: int = 4, most_shards: int | None = None, **content: Any) -> int:
    """Work on shards of any job until there are none; how many there were."""
    claimant = Claimant("me", "handmade", "1", "lib", timedelta(minutes=5), shard_specs)
    done = 0
    while done != most_shards:
        with database.begin() as session:
            lease = shards.claim(session, claimant)
        if lease is None:
            break
        for spec_index, member in lease.pairs:
            with database.begin() as session:
                trajectories.store(session, lease, spec_index, episode(spec_index, member, **content))
        with database.begin() as session:
            shards.finish(session, lease)
        done += 1
    return done


def filled(
    database: Database, *, tenant: str = "default", count: int = 6, shard_specs: int = 4, **content: Any
) -> Filled:
    """A job that has succeeded."""
    made = create(database, tenant=tenant, count=count)
    work(database, shard_specs=shard_specs, **content)
    return made
