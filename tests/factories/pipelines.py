"""A small pipeline whose episodes follow from the spec and the member alone, like the real one's."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from propound.config import Settings
from propound.domain import Domain
from propound.episode import Episode
from propound.models.purpose import NOBODY, Origin
from propound.problem import Mode, Problem, ProblemSpec
from propound.skills import Library, default_library
from propound.trust import Trust
from propound.verification.open.rows import RowVerification
from propound.verification.vote import Rejection
from tests.factories import coding, episodes, mathematics, science

MAKERS = {
    Domain.MATHEMATICS: mathematics.problem,
    Domain.CODING: coding.problem,
    Domain.SCIENCE: science.problem,
}


@dataclass(frozen=True)
class FakePipeline:
    """Some episodes are rejected, some repeat a problem, most give a fresh one."""

    library: Library
    seconds: float = 0.0
    """What an episode takes."""
    policy: str = "fake"
    policy_version: str = "1"
    library_version: str = "library-1"
    episodes_in_flight: int = 1
    is_slow: bool = False
    probers: tuple[str, ...] = ()
    rows: RowVerification | None = None
    trust: Trust = field(default_factory=Trust)
    committee: str | None = None
    engine: subprocess.Popen[bytes] | None = None
    """A process beside it that ends with `close` alone, as vLLM's does."""

    @classmethod
    def open(cls, _: Settings) -> FakePipeline:
        """With the skills that come with Propound; the environment says how slow it is, and if it has an engine."""
        seconds = float(os.environ.get("FAKE_EPISODE_SECONDS", "0"))
        engine = subprocess.Popen(["sleep", "600"]) if os.environ.get("FAKE_ENGINE") else None
        return cls(default_library(), seconds=seconds, engine=engine)

    def renew(self, _: Callable[[], str | None]) -> None:
        """It is always the same."""

    def is_current(self, _: Callable[[], str | None]) -> bool:
        """It is always the same."""
        return True

    def close(self) -> None:
        """It holds nothing but its engine."""
        if self.engine is not None:
            self.engine.kill()
            self.engine.wait()

    def of(self, _: Mode) -> Self:
        """It makes episodes of any mode."""
        return self

    def measured_by(self, _: str | None) -> Self:
        """It measures nothing."""
        return self

    def run_episode(self, spec: ProblemSpec, member: int, _: Origin = NOBODY) -> Episode:
        """A function of its arguments."""
        time.sleep(self.seconds)
        return episodes.episode(outcome(spec, member), member=member, of=spec)


def outcome(spec: ProblemSpec, member: int) -> Problem | Rejection:
    """What becomes of one member of the spec's group."""
    rng = random.Random(f"{spec.seed}:{member}")
    draw = rng.random()
    if draw < 0.3:
        return rng.choice([Rejection.WRONG_ANSWER, Rejection.UNREADABLE, Rejection.NO_SUBMISSION])
    make = MAKERS[spec.domain]
    return make(rng.randrange(4)) if draw < 0.4 else make(rng.randrange(10**9))
