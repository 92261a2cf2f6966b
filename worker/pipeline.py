"""One spec -> one verified problem: propose -> verify -> probe -> reward. Read this first.

What comes out is an `Episode`; storing it is the worker's next step. A bad rollout is data; only a failing
service (the sandbox, twice) is an exception.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from propound.config import Settings
from propound.episode import Episode
from propound.errors import PropoundError
from propound.models.configured import catalogue_of, prober_names
from propound.policy.opening import MODEL, SCRIPTED
from propound.probing.opening import open_probers
from propound.probing.prober import Prober
from propound.problem import ProblemSpec
from propound.proposing.environment import Environment
from propound.proposing.rollout import rollout
from propound.reward import rewarded
from propound.sandbox import Sandbox, open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills import Library, default_library
from propound.skills.library import compile_toolkit
from propound.verification.judges import judge_seats, open_auditor, open_judges
from propound.verification.verify import Verification
from worker.proposer import Proposer


class UnknownProberError(PropoundError):
    """A job began with a prober that this worker does not have."""


@dataclass(frozen=True)
class Pipeline:
    """Everything that an episode needs, opened once per process."""

    library: Library
    sandbox: Sandbox
    proposer: Proposer
    verification: Verification
    max_steps: int
    pool: tuple[Prober, ...] = ()
    """Probers from weak to strong."""
    prober: Prober | None = None
    """The one that measures now; None: nothing is measured."""
    episodes_in_flight: int = 1
    """How many episodes to make at a time, in threads: a language model is fast only with many."""

    @classmethod
    def open(cls, settings: Settings) -> Pipeline:
        """The pipeline with the default library and the best sandbox that the machine has.

        Raises:
            SandboxUnavailable: the machine cannot isolate programs; the message says what to change.
            CatalogueError: the models are not as they have to be, or one is wanted and none is named.
            CheckpointError: a checkpoint that should propose or measure is not there.
            EngineError: an engine cannot run a checkpoint.
        """
        library = default_library()
        compile_toolkit()
        sandbox: Sandbox = open_sandbox(settings.sandbox_tier)
        in_flight = 1 if settings.policy == SCRIPTED else settings.episodes_in_flight
        if in_flight > 1:
            sandbox = PlacedSandbox(sandbox)
        verification = Verification(
            library, sandbox, judges=open_judges(settings), auditor=open_auditor(settings)
        )
        proposer = Proposer(settings, library)
        pool = open_probers(settings, sandbox)
        return cls(
            library,
            sandbox,
            proposer,
            verification,
            settings.max_steps,
            pool,
            episodes_in_flight=in_flight,
            is_slow=_is_slow(settings),
        )

    is_slow: bool = False
    """Whether episodes wait for large models: a shard is one spec then."""

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

    @property
    def probers(self) -> tuple[str, ...]:
        """Versions of the probers, from weak to strong."""
        return tuple(prober.solver.version for prober in self.pool)

    def measured_by(self, prober: str | None) -> Pipeline:
        """The pipeline with the prober of that version, or with none.

        Raises:
            UnknownProberError: it is not in the pool.
        """
        if prober is None:
            return replace(self, prober=None)
        for each in self.pool:
            if each.solver.version == prober:
                return replace(self, prober=each)
        raise UnknownProberError(
            f"this worker has no prober {prober}: PROPOUND_PROBERS was changed meanwhile"
        )

    def close(self) -> None:
        """Let go of the engines, of the probers and of the proposer if it has one."""
        for prober in self.pool:
            prober.solver.close()
        self.proposer.close()

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

    def run_episode(self, spec: ProblemSpec, member: int) -> Episode:
        """Propose, verify, probe and reward one trajectory of the spec's group.

        Raises:
            SandboxFailedError: the sandbox itself failed.
            ServiceDownError: a service outside that the proposer or a judge needs is down.
        """
        environment = Environment(spec, self.library, self.sandbox, self.max_steps, member)
        trajectory = rollout(self.proposer.policy, environment, member)
        verdict = self.verification.verify(trajectory)
        probe = self.prober.probe(verdict.problem) if self.prober and verdict.problem else None
        return rewarded(trajectory, verdict, self.library, probe)


def _is_slow(configured: Settings) -> bool:
    """Whether an episode asks a model behind a server, or one that is too large for the embedded engine."""
    catalogue = catalogue_of(configured)
    probers = set(prober_names(configured, catalogue))
    proposes = configured.policy == MODEL or (
        configured.policy != SCRIPTED and configured.engine != "embedded"
    )
    measures = bool(probers & {model.name for model in catalogue.models}) or (
        bool(probers) and configured.prober_engine != "embedded"
    )
    return proposes or measures or judge_seats(configured, catalogue) > 0
