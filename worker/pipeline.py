"""What a process of the worker makes episodes with: `propound.episodes`, and whoever proposes at the time.

One spec -> one verified problem: propose -> verify -> probe -> reward (`EpisodeRunner.run`, read that first), then
`worker.shard` stores it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from propound.capabilities import installed, trust_of
from propound.config import Settings
from propound.episode import Episode
from propound.episodes import EpisodeRunner, in_flight, open_runner
from propound.models.configured import catalogue_of, prober_names
from propound.models.purpose import NOBODY, Origin
from propound.policy.names import MODEL, SCRIPTED
from propound.problem import Mode, ProblemSpec
from propound.skills import Library
from propound.trust import Trust
from propound.verification.open.rows import RowVerification
from worker.proposer import Proposer


@dataclass(frozen=True)
class Pipeline:
    """Opened once per process."""

    configured: Settings
    runner: EpisodeRunner
    proposer: Proposer
    most_in_flight: int = 1
    """How many episodes to make at a time, in threads, where no server sets the pace."""
    is_slow: bool = False
    """Whether episodes wait for large models: a shard is one spec then."""
    mode: Mode = Mode.PROCEDURAL
    """Of the episodes that it makes; see `of`."""

    @classmethod
    def open(cls, settings: Settings) -> Pipeline:
        """The pipeline with the default library and the best sandbox that the machine has.

        Raises:
            SandboxUnavailable: the machine cannot isolate programs; the message says what to change.
            CatalogueError: the models are not as they have to be, or one is wanted and none is named.
            CheckpointError: a checkpoint that should propose or measure is not there.
            EngineError: an engine cannot run a checkpoint.
        """
        can = installed(settings)
        modelled = Mode.OPEN in can.modes or can.solvers > 0
        runner = open_runner(settings, threads=settings.episodes_in_flight if modelled else None)
        proposer = Proposer(settings, runner.library)
        is_slow = bool(runner.judges) or _is_slow(settings)
        return cls(settings, runner, proposer, in_flight(settings), is_slow=is_slow)

    def of(self, mode: Mode) -> Pipeline:
        """What makes episodes of the mode: in open mode the catalogue's proposer writes, whatever PROPOUND_POLICY is.

        Raises:
            CatalogueError: no model proposes.
            ModelDownError: the proposer is a model of this machine, and does not start.
        """
        return self if mode is self.mode else self._open

    @cached_property
    def _open(self) -> Pipeline:
        """In open mode."""
        proposer = self.proposer
        if self.configured.policy != MODEL:
            proposer = Proposer(self.configured.model_copy(update={"policy": MODEL}), self.library)
        return replace(self, proposer=proposer, is_slow=True, mode=Mode.OPEN)

    @property
    def library(self) -> Library:
        """Where specs are drawn from."""
        return self.runner.library

    @property
    def episodes_in_flight(self) -> int:
        """How many episodes to make at a time now: as many as the proposer's server takes, if it has one."""
        return self.proposer.at_once(self.most_in_flight)

    @property
    def policy(self) -> str:
        """Name of the proposer."""
        return self.proposer.name

    @property
    def policy_version(self) -> str:
        """Version of the proposer; every trajectory is stamped with it."""
        return self.proposer.version

    @property
    def library_version(self) -> str:
        """Version of the skill library."""
        return self.library.version

    @cached_property
    def trust(self) -> Trust:
        """Whose models verify its episodes."""
        return trust_of(self.configured, self.mode)

    @property
    def committee(self) -> str | None:
        """Identity of whoever verifies episodes of open mode."""
        return None

    @property
    def probers(self) -> tuple[str, ...]:
        """Versions of the probers, from weak to strong."""
        return self.runner.probers

    @property
    def rows(self) -> RowVerification | None:
        """What verifies rows that somebody brings; None where nobody solves."""
        return RowVerification(self.runner.open_verification) if self.runner.solvers else None

    def measured_by(self, prober: str | None) -> Pipeline:
        """The pipeline with the prober of that version, or with none.

        Raises:
            UnknownProberError: it is not in the pool.
        """
        return replace(self, runner=self.runner.measured_by(prober))

    def close(self) -> None:
        """Let go of the engines, of the probers and of the proposers if they have one."""
        self.runner.close()
        self.proposer.close()
        if "_open" in self.__dict__ and self._open.proposer is not self.proposer:
            self._open.proposer.close()

    def renew(self, live_version: Callable[[], str | None]) -> None:
        """Between two shards: exchange the proposer if it follows what is live, and that is another by now.

        Raises:
            CheckpointError: there is none yet, and what is live cannot be found.
            EngineError: there is none yet, and the engine cannot run what is live.
        """
        self.proposer.renew(live_version)

    def is_current(self, live_version: Callable[[], str | None]) -> bool:
        """Whether `renew` would change nothing."""
        return self.proposer.is_current(live_version)

    def run_episode(self, spec: ProblemSpec, member: int, origin: Origin = NOBODY) -> Episode:
        """One trajectory of the spec's group by the proposer of now; see `EpisodeRunner.run`."""
        return self.runner.by(self.proposer.policy).run(spec, member, origin)


def _is_slow(configured: Settings) -> bool:
    """Whether a model behind a server writes or measures episodes, or one too large for the embedded engine."""
    catalogue = catalogue_of(configured)
    probers = set(prober_names(configured, catalogue))
    proposes = configured.policy == MODEL or (
        configured.policy != SCRIPTED and configured.engine != "embedded"
    )
    measures = bool(probers & {model.name for model in catalogue.models}) or (
        bool(probers) and configured.prober_engine != "embedded"
    )
    return proposes or measures
