"""What a policy is worth: episodes of specs that no training draws, counted.

The same figures for every policy, so that every table of the documentation is made with this one function.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from propound.curriculum import draw_spec
from propound.dedup import Fingerprint
from propound.episode import Episode
from propound.episodes import EpisodeRunner, Waiting, of_specs, run_all
from propound.job import JobRequest
from propound.models.purpose import NOBODY, Origin
from propound.policy import Policy
from propound.problem import Problem, ProblemSpec
from propound.record import Record
from propound.skills import Library
from propound.trajectory import ActionKind, Sampling, Trajectory

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
    pass_rate: float | None = None
    """Mean pass rate of the verified problems; None where no prober measured any."""
    rejections: dict[str, int]
    turns: float
    """Mean turns of an episode."""
    tokens: float
    """Mean tokens that were sampled in an episode; 0 for policies without tokens."""
    seconds: float
    tokens_per_second: float
    """Sampled tokens over the wall time of everything, sandbox and verification included."""


def held_out_specs(
    library: Library, count: int, seed: int, request: JobRequest | None = None
) -> list[ProblemSpec]:
    """Specs of all three domains in turn and of 1 to 4 skills, unless the request says otherwise."""
    base = request or JobRequest(count=1)
    drawn = base.model_copy(update={"seed": SEEDS_FROM + seed})
    return [draw_spec(drawn, library, index) for index in range(count)]


def evaluate(
    runner: EpisodeRunner,
    specs: Sequence[ProblemSpec],
    *,
    in_flight: int,
    origin: Origin = NOBODY,
    on_episode: Callable[[Episode], None] = lambda _: None,
    waiting: Waiting | None = None,
) -> Evaluation:
    """One episode of each spec by the runner's policy, `in_flight` at a time, and what came of them.

    Raises:
        ServiceDownError: a server is down, and nobody waits (see `run_all`).
        SandboxFailedError: the sandbox itself failed.
    """
    assert runner.policy is not None
    started = time.monotonic()
    wanted = of_specs(specs, origin)
    made = run_all(runner, wanted, in_flight=in_flight, on_episode=on_episode, waiting=waiting)
    return summarise(runner.policy, made, time.monotonic() - started)


def summarise(policy: Policy, episodes: Sequence[Episode], seconds: float) -> Evaluation:
    """The figures of finished episodes."""
    steps = [step for episode in episodes for step in episode.trajectory.steps]
    samplings = [step.sampling for step in steps if isinstance(step.sampling, Sampling)]
    tokens = sum(len(sampling.token_ids) for sampling in samplings)
    problems = [episode.verdict.problem for episode in episodes if episode.verdict.problem is not None]
    repeated = count_repeated(problems)
    total = _yield(episodes)
    return Evaluation(
        policy=policy.name,
        policy_version=policy.version,
        episodes=len(episodes),
        temperature=samplings[0].temperature if samplings else None,
        well_formed=_share(step.action.kind is not ActionKind.MALFORMED for step in steps),
        submitted=total.submitted,
        verified=total.verified,
        first_draft=_share(_first_draft(episode.trajectory) for episode in episodes),
        accepted=_ratio(len(problems) - repeated, len(episodes)),
        distinct=_ratio(len({problem.statement for problem in problems}), len(problems)),
        refined=_yield([episode for episode in episodes if _refined(episode.trajectory)]),
        pruned=_yield([episode for episode in episodes if _pruned(episode.trajectory)]),
        by_skills=_by(episodes, lambda trajectory: [len(_skills(trajectory))]),
        by_domain=_by(episodes, lambda trajectory: [str(trajectory.spec.domain)]),
        by_skill=_by(episodes, _skills),
        pass_rate=mean_pass_rate(episodes),
        rejections=dict(
            Counter(str(each.verdict.rejection) for each in episodes if each.verdict.rejection is not None)
        ),
        turns=_ratio(len(steps), len(episodes)),
        tokens=_ratio(tokens, len(episodes)),
        seconds=seconds,
        tokens_per_second=_ratio(tokens, seconds),
    )


def mean_pass_rate(episodes: Iterable[Episode]) -> float | None:
    """Of the problems that a prober measured; None where it measured none."""
    rates = [each.probe.pass_rate for each in episodes if each.probe is not None]
    return sum(rates) / len(rates) if rates else None


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


def _by(episodes: Sequence[Episode], keys: Callable[[Trajectory], Iterable[_Key]]) -> dict[_Key, Yield]:
    groups: dict[_Key, list[Episode]] = {}
    for episode in episodes:
        for key in keys(episode.trajectory):
            groups.setdefault(key, []).append(episode)
    return {key: _yield(groups[key]) for key in sorted(groups)}


def _yield(episodes: Sequence[Episode]) -> Yield:
    submitted = sum(episode.trajectory.submission is not None for episode in episodes)
    verified = sum(episode.verdict.accepted for episode in episodes)
    return Yield(
        episodes=len(episodes),
        submitted=_ratio(submitted, len(episodes)),
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
