"""What a policy is worth: rollouts over specs that no training draws, verified, and counted.

The same figures for every policy, so that every table of the documentation is made with this one function.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from propound.curriculum import draw_spec
from propound.dedup import Fingerprint
from propound.job import JobRequest
from propound.policy import Policy
from propound.problem import Problem, ProblemSpec
from propound.proposing.environment import Environment
from propound.proposing.rollout import rollout
from propound.record import Record
from propound.sandbox import Sandbox
from propound.skills import Library
from propound.trajectory import ActionKind, Sampling, Trajectory
from propound.verification.verdict import Verdict
from propound.verification.verify import Verification

_Key = TypeVar("_Key", int, str)
SEEDS_FROM = 10**9
"""Seeds of evaluations begin here: no job and no training draws a spec with one of them by default."""


class Yield(Record):
    """Episodes of one kind and what became of them."""

    episodes: int
    submitted: float
    """Share of the episodes."""
    verified: float
    """Share of the submissions that verification accepts."""


class Evaluation(Record):
    """The figures of one policy."""

    policy: str
    policy_version: str
    episodes: int
    temperature: float | None
    well_formed: float
    """Share of the turns that are an action."""
    submitted: float
    """Share of the episodes with a submission."""
    verified: float
    """Share of the submissions that verification accepts."""
    first_draft: float
    """Share of the episodes whose first checked draft was sound: what a single shot would have given."""
    accepted: float
    """Share of the episodes whose problem is accepted and no duplicate or near-duplicate of an earlier one."""
    distinct: float
    """Share of the verified statements that are no repetition of an earlier one."""
    refined: Yield
    """Episodes in which a check or a draw failed."""
    pruned: Yield
    """Episodes in which skills were dropped or swapped."""
    by_skills: dict[int, Yield]
    """By number of skills at the end."""
    by_domain: dict[str, Yield]
    by_skill: dict[str, Yield]
    """By each skill that was active at the end."""
    rejections: dict[str, int]
    turns: float
    """Mean turns of an episode."""
    tokens: float
    """Mean tokens that were sampled in an episode; 0 for policies without tokens."""
    seconds: float
    tokens_per_second: float
    """Sampled tokens over the wall time of everything, sandbox and verification included."""


@dataclass(frozen=True)
class Attempt:
    """One episode and its verdict."""

    trajectory: Trajectory
    verdict: Verdict


def held_out_specs(
    library: Library, count: int, seed: int, request: JobRequest | None = None
) -> list[ProblemSpec]:
    """Specs of all three domains in turn and of 1 to 4 skills, unless the request says otherwise."""
    base = request or JobRequest(count=1)
    drawn = base.model_copy(update={"seed": SEEDS_FROM + seed})
    return [draw_spec(drawn, library, index) for index in range(count)]


def attempt_all(
    policy: Policy,
    library: Library,
    sandbox: Sandbox,
    specs: Sequence[ProblemSpec],
    *,
    max_steps: int,
    in_flight: int,
    withheld: Collection[ActionKind] = (),
    on_attempt: Callable[[Attempt], None] = lambda _: None,
) -> list[Attempt]:
    """One episode for each spec, `in_flight` of them at a time, in the order of the specs."""
    verification = Verification(library, sandbox)

    def attempt(spec: ProblemSpec) -> Attempt:
        trajectory = rollout(policy, Environment(spec, library, sandbox, max_steps, withheld=withheld), 0)
        made = Attempt(trajectory, verification.verify(trajectory))
        on_attempt(made)
        return made

    with ThreadPoolExecutor(in_flight) as pool:
        return list(pool.map(attempt, specs))


def evaluate(
    policy: Policy,
    library: Library,
    sandbox: Sandbox,
    specs: Sequence[ProblemSpec],
    *,
    max_steps: int,
    in_flight: int,
    withheld: Collection[ActionKind] = (),
    on_attempt: Callable[[Attempt], None] = lambda _: None,
) -> Evaluation:
    """Roll out, verify and count."""
    started = time.monotonic()
    attempts = attempt_all(
        policy,
        library,
        sandbox,
        specs,
        max_steps=max_steps,
        in_flight=in_flight,
        withheld=withheld,
        on_attempt=on_attempt,
    )
    return summarise(policy, attempts, time.monotonic() - started)


def summarise(policy: Policy, attempts: Sequence[Attempt], seconds: float) -> Evaluation:
    """The figures of finished attempts."""
    steps = [step for attempt in attempts for step in attempt.trajectory.steps]
    samplings = [step.sampling for step in steps if isinstance(step.sampling, Sampling)]
    tokens = sum(len(sampling.token_ids) for sampling in samplings)
    problems = [attempt.verdict.problem for attempt in attempts if attempt.verdict.problem is not None]
    repeated = count_repeated(problems)
    total = _yield(attempts)
    return Evaluation(
        policy=policy.name,
        policy_version=policy.version,
        episodes=len(attempts),
        temperature=samplings[0].temperature if samplings else None,
        well_formed=_share(step.action.kind is not ActionKind.MALFORMED for step in steps),
        submitted=total.submitted,
        verified=total.verified,
        first_draft=_share(_first_draft(attempt.trajectory) for attempt in attempts),
        accepted=_ratio(len(problems) - repeated, len(attempts)),
        distinct=_ratio(len({problem.statement for problem in problems}), len(problems)),
        refined=_yield([attempt for attempt in attempts if _refined(attempt.trajectory)]),
        pruned=_yield([attempt for attempt in attempts if _pruned(attempt.trajectory)]),
        by_skills=_by(attempts, lambda trajectory: [len(_skills(trajectory))]),
        by_domain=_by(attempts, lambda trajectory: [str(trajectory.spec.domain)]),
        by_skill=_by(attempts, _skills),
        rejections=dict(
            Counter(str(a.verdict.rejection) for a in attempts if a.verdict.rejection is not None)
        ),
        turns=_ratio(len(steps), len(attempts)),
        tokens=_ratio(tokens, len(attempts)),
        seconds=seconds,
        tokens_per_second=_ratio(tokens, seconds),
    )


def count_repeated(problems: Iterable[Problem]) -> int:
    """How many problems repeat an earlier one, or nearly do."""
    statements: set[str] = set()
    bands: dict[int, list[Fingerprint]] = {}
    repeated = 0
    for problem in problems:
        fingerprint = Fingerprint.of(problem)
        places = fingerprint.bands("")
        alike = {id(other): other for place in places for other in bands.get(place, ())}.values()
        if problem.statement in statements or any(fingerprint.likeness(other).is_near for other in alike):
            repeated += 1
            continue
        statements.add(problem.statement)
        for place in places:
            bands.setdefault(place, []).append(fingerprint)
    return repeated


def _by(attempts: Sequence[Attempt], keys: Callable[[Trajectory], Iterable[_Key]]) -> dict[_Key, Yield]:
    groups: dict[_Key, list[Attempt]] = {}
    for attempt in attempts:
        for key in keys(attempt.trajectory):
            groups.setdefault(key, []).append(attempt)
    return {key: _yield(groups[key]) for key in sorted(groups)}


def _yield(attempts: Sequence[Attempt]) -> Yield:
    submitted = sum(attempt.trajectory.submission is not None for attempt in attempts)
    verified = sum(attempt.verdict.accepted for attempt in attempts)
    return Yield(
        episodes=len(attempts),
        submitted=_ratio(submitted, len(attempts)),
        verified=_ratio(verified, submitted),
    )


def _skills(trajectory: Trajectory) -> tuple[str, ...]:
    return trajectory.steps[-1].skills if trajectory.steps else trajectory.spec.skills


def _refined(trajectory: Trajectory) -> bool:
    return any(
        step.action.kind in (ActionKind.CHECK, ActionKind.DRAW) and not step.observation.ok
        for step in trajectory.steps
    )


def _first_draft(trajectory: Trajectory) -> bool:
    checks = (step.observation.ok for step in trajectory.steps if step.action.kind is ActionKind.CHECK)
    return next(checks, False)


def _pruned(trajectory: Trajectory) -> bool:
    return any(step.action.kind is ActionKind.EDIT and step.observation.ok for step in trajectory.steps)


def _share(flags: Iterable[bool]) -> float:
    counted = list(flags)
    return _ratio(sum(counted), len(counted))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
