"""Puts canaries to the very committee of a job: for `propound verify calibrate`, and for the canaries of a job.

A canary follows from its number, kind and domain alone, so a run that was stopped goes on where it was, and every
request to a model that it has made already is found in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Protocol

from pydantic import ValidationError

from propound.card import Card
from propound.curriculum import draw_spec
from propound.domain import Domain
from propound.episodes import EpisodeRunner
from propound.errors import PropoundError
from propound.job import JobRequest
from propound.models.purpose import Origin, seed_of
from propound.policy.teacher import Teacher
from propound.verification.calibration import Committee, Rates, Trial, rates
from propound.verification.canaries.canary import Canary, Fault
from propound.verification.canaries.episode import trajectory_of
from propound.verification.canaries.making import Maker
from propound.verification.canaries.source import Source
from propound.verification.open.verify import OpenVerification

COMMAND = "calibrate"
"""Whose requests they are; the same for every run, so that what was asked before is found."""
DRAWS = 200
"""Problems that are drawn, at most, until one can have a fault."""


class Kind(NamedTuple):
    """One canary that is wanted."""

    fault: Fault | None
    domain: Domain
    number: int


class CalibrationError(PropoundError):
    """Nothing can be measured: there are no solvers, or what was kept cannot be read."""


def committee_of(verification: OpenVerification) -> Committee:
    """Who verifies here."""
    rule = verification.rule
    return Committee(
        solvers=tuple(sorted(solver.version(rule.asking) for solver in verification.solvers)),
        judges=tuple(sorted(judge.name for judge in verification.judges)),
        auditor=verification.auditor.name if verification.auditor else None,
        standing=verification.standing(),
    )


def wanted(
    count: int, faults: Sequence[Fault | None] = (None, *Fault), domains: Sequence[Domain] = tuple(Domain)
) -> list[Kind]:
    """So many of each fault, dealt over the domains; one of each fault before the second of any."""
    return [
        Kind(fault, domains[number % len(domains)], number) for number in range(count) for fault in faults
    ]


@dataclass(frozen=True)
class Calibrator:
    """Makes canaries and puts them to the runner's committee; safe to use from many threads at once."""

    runner: EpisodeRunner
    cards: Mapping[str, Card]
    """Of every skill of the runner's library."""
    level: int = 1
    """How large the numbers of the problems are: the smaller, the more of them small models solve."""
    maximum_skills: int = 1

    @cached_property
    def committee(self) -> Committee:
        """Whom they are put to."""
        return committee_of(self.runner.open_verification)

    @cached_property
    def _teacher(self) -> EpisodeRunner:
        return EpisodeRunner(self.runner.library, self.runner.sandbox, Teacher(self.runner.library))

    @cached_property
    def _maker(self) -> Maker:
        return Maker(self.runner.library, self.runner.sandbox)

    def canary(self, kind: Kind) -> Canary:
        """The canary of that kind and number; the same on every machine.

        Raises:
            CalibrationError: no problem of the domain can have the fault.
            SandboxFailedError: the sandbox failed.
        """
        seed = seed_of(COMMAND, str(kind.fault), str(kind.domain), str(kind.number))
        for source in self._sources(kind.domain, seed):
            made = self._maker.make(source, kind.fault, seed)
            if made is not None:
                return made
        raise CalibrationError(f"no problem in {kind.domain} can be made {kind.fault}")

    def _sources(self, domain: Domain, seed: int) -> Iterator[Source]:
        """Accepted problems of procedural mode, by the scripted teacher."""
        request = JobRequest(
            count=1,
            seed=seed,
            domains=(domain,),
            minimum_skills=1,
            maximum_skills=self.maximum_skills,
            level=self.level,
        )
        for index in range(DRAWS):
            episode = self._teacher.run(draw_spec(request, self.runner.library, index))
            submission, problem = episode.trajectory.submission, episode.verdict.problem
            if submission and problem:
                yield Source.of(problem, submission.answer, self.runner.library)

    def trial(self, canary: Canary, origin: Origin) -> Trial:
        """What the committee makes of a canary.

        Raises:
            SandboxFailedError: the sandbox failed.
            ServiceDownError: a model's server is down.
        """
        verdict = self.runner.open_verification.verify(trajectory_of(canary, self.cards), origin)
        return Trial.of(canary, verdict, self.committee)

    def run(
        self,
        kinds: Sequence[Kind],
        kept: Trials,
        *,
        in_flight: int = 4,
        on_trial: Callable[[Trial], None] = lambda _: None,
    ) -> Rates:
        """Try what is not kept yet, keep it, and say what is known of the committee.

        Raises:
            CalibrationError: there are no solvers.
            SandboxFailedError: the sandbox failed.
            ServiceDownError: a model's server is down; what was tried before is kept.
        """
        if not self.runner.solvers:
            raise CalibrationError("there is nobody to solve: name models for the role solvers")
        known = {trial.canary: trial for trial in kept.of(self.committee.id)}

        def make(kind: Kind) -> None:
            canary = self.canary(kind)
            trial = known.get(canary.id)
            if trial is None:
                trial = self.trial(canary, Origin(command=COMMAND, spec=canary.seed))
                kept.keep(trial)
            on_trial(trial)

        with ThreadPoolExecutor(in_flight, "canary") as threads:
            futures = [threads.submit(make, kind) for kind in kinds]
            try:
                for future in futures:
                    future.result()
            finally:
                for future in futures:
                    future.cancel()
        return rates(kept.of(self.committee.id), self.committee.id)


class Trials(Protocol):
    """Where trials are kept; safe to share between threads."""

    def of(self, committee: str) -> Iterable[Trial]:
        """Those of a committee."""

    def keep(self, trial: Trial) -> None:
        """Keep one at once."""


class TrialFile:
    """Trials as JSON lines, where no database is configured; a last line that was cut off is dropped."""

    def __init__(self, path: Path) -> None:
        """Read what is there.

        Raises:
            CalibrationError: the file holds something else.
        """
        self.path = path
        self._lock = Lock()
        written = path.read_bytes() if path.exists() else b""
        *lines, rest = written.split(b"\n")
        if rest:
            path.write_bytes(written[: len(written) - len(rest)])
        try:
            self._trials = [Trial.model_validate_json(line) for line in lines]
        except ValidationError as error:
            raise CalibrationError(f"{path} holds no trials: {error.errors()[0]['msg']}") from None

    def of(self, committee: str) -> list[Trial]:
        """See `Trials.of`."""
        with self._lock:
            return [trial for trial in self._trials if trial.committee == committee]

    def keep(self, trial: Trial) -> None:
        """See `Trials.keep`; it is in the file when this returns."""
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(trial.model_dump_json() + "\n")
            self._trials.append(trial)
