"""Problems to learn from, two of each episode - as it was accepted, and as it was drafted first - and held-out ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count as numbers
from pathlib import Path

from propound.curriculum import draw_spec
from propound.episode import Episode
from propound.episodes import EpisodeRunner, of_specs, run_all
from propound.errors import PropoundError
from propound.job import JobRequest
from propound.problem import Problem
from propound.skills import Library
from propound.storage.exports import export_line, problem_of
from trainer.downstream.oneshot import one_shot

WAITING = 4
"""Specs of a chunk, as a multiple of the episodes in flight."""
PATIENCE = 20
"""Episodes for each problem that is wanted before a policy counts as too weak."""


class CorpusError(PropoundError):
    """There are no such problems: the policy gives too few, or a file holds none."""


@dataclass(frozen=True)
class Corpus:
    """As many accepted problems as one-shot ones."""

    verified: list[Problem]
    one_shot: list[Problem]
    episodes: int
    """That it took."""
    unchanged: int
    """One-shot problems that were accepted as they stood."""


def attempts(runner: EpisodeRunner, request: JobRequest, *, in_flight: int) -> Iterator[Episode]:
    """Episodes of the request's specs, one of each, without end; equal arguments give equal episodes."""
    chunk = WAITING * in_flight
    for start in numbers(0, chunk):
        specs = [draw_spec(request, runner.library, index) for index in range(start, start + chunk)]
        yield from run_all(runner, of_specs(specs, start=start), in_flight=in_flight)


def gather(made: Iterable[Episode], count: int, library: Library) -> Corpus:
    """The first `count` problems of both kinds.

    What the loop accepts is left out where it repeats an earlier problem, as in any dataset; first drafts are taken as
    they come.

    Raises:
        CorpusError: the episodes gave too few.
    """
    verified: list[Problem] = []
    drafted: list[Problem] = []
    seen: set[str] = set()
    episodes = unchanged = 0
    for attempt in made:
        draft, accepted = one_shot(attempt.trajectory, library), attempt.verdict.problem
        episodes += 1
        if draft is not None and len(drafted) < count:
            drafted.append(draft)
            unchanged += accepted is not None and accepted.statement == draft.statement
        if accepted is not None and len(verified) < count and seen.isdisjoint(_identity(accepted)):
            seen |= _identity(accepted)
            verified.append(accepted)
        if len(verified) == len(drafted) == count:
            return Corpus(verified, drafted, episodes, unchanged)
        if episodes >= PATIENCE * count:
            break
    raise CorpusError(
        f"{episodes} episodes gave {len(verified)} accepted problems and {len(drafted)} first drafts of {count}"
    )


def held_out(made: Iterable[Episode], count: int, known: Iterable[Problem]) -> list[Problem]:
    """The first `count` accepted problems that repeat neither a known one nor each other.

    Raises:
        CorpusError: the episodes gave too few.
    """
    seen = {each for problem in known for each in _identity(problem)}
    kept: list[Problem] = []
    for number, attempt in enumerate(made):
        problem = attempt.verdict.problem
        if problem is not None and seen.isdisjoint(_identity(problem)):
            seen |= _identity(problem)
            kept.append(problem)
        if len(kept) == count:
            return kept
        if number >= PATIENCE * count:
            break
    raise CorpusError(f"the episodes gave {len(kept)} of {count} held-out problems")


def _identity(problem: Problem) -> set[str]:
    """What two problems share that ask the same, or in the same words."""
    return {problem.statement} | ({problem.composition_digest()} if problem.composition else set())


def write_rows(path: Path, problems: Iterable[Problem]) -> None:
    """A file as an export gives it; it is there whole or not at all."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        for ordinal, problem in enumerate(problems, 1):
            file.write(export_line(problem, {}, ordinal, problem.content_digest()))
    partial.replace(path)


def read_rows(path: Path) -> list[Problem]:
    """The problems of an export.

    Raises:
        CorpusError: it holds none, or something else.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            problems = [problem_of(json.loads(line)) for line in lines]
    except (ValueError, TypeError) as error:
        raise CorpusError(f"{path} is no export: {error}"[:300]) from None
    if not problems:
        raise CorpusError(f"{path} holds no problem")
    return problems
