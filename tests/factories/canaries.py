"""Accepted problems of procedural mode, as what canaries are made of; drawn once."""

from __future__ import annotations

from functools import cache

from propound.curriculum import draw_spec
from propound.domain import Domain
from propound.episodes import EpisodeRunner
from propound.job import JobRequest
from propound.policy.teacher import Teacher
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.verification.canaries.canary import Canary, Fault
from propound.verification.canaries.making import Maker
from propound.verification.canaries.source import Source

LIBRARY = default_library()
SANDBOX = open_sandbox()
MAKER = Maker(LIBRARY, SANDBOX)


@cache
def sources(domain: Domain) -> tuple[Source, ...]:
    """Twelve problems of one or two skills."""
    runner = EpisodeRunner(LIBRARY, SANDBOX, Teacher(LIBRARY))
    request = JobRequest(count=1, seed=17, domains=(domain,), minimum_skills=1, maximum_skills=2)
    found: list[Source] = []
    for index in range(60):
        episode = runner.run(draw_spec(request, LIBRARY, index))
        submission, problem = episode.trajectory.submission, episode.verdict.problem
        if submission and problem:
            found.append(Source.of(problem, submission.answer, LIBRARY))
        if len(found) == 12:
            return tuple(found)
    raise AssertionError("the teacher wrote too few sound problems")


@cache
def made(fault: Fault | None, domain: Domain) -> tuple[tuple[Source, Canary], ...]:
    """The canaries of that fault that these problems give, each with its problem."""
    pairs = [(source, MAKER.make(source, fault, seed)) for seed, source in enumerate(sources(domain))]
    return tuple((source, canary) for source, canary in pairs if canary is not None)
