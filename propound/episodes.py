"""How an episode is made, for worker, trainer, evaluation, promotion gate, demonstrations and bench. Read this first.

One spec becomes one `Episode`: propose -> verify -> probe -> reward. Nobody makes episodes in another way, so what a
trainer learns from is verified, judged and measured exactly as what a worker stores. A bad rollout is data; only a
failing service (the sandbox twice, a server that is down) is an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, Protocol

from propound.config import Settings
from propound.episode import Episode
from propound.errors import PropoundError, ServiceDownError
from propound.models.configured import catalogue_of
from propound.models.purpose import NOBODY, Origin
from propound.policy import Policy
from propound.policy.names import SCRIPTED
from propound.probing.opening import open_probers
from propound.probing.prober import Prober
from propound.problem import Problem, ProblemSpec
from propound.proposing.environment import Environment
from propound.proposing.open import OpenEnvironment
from propound.proposing.procedural import ProceduralEnvironment
from propound.proposing.rollout import rollout
from propound.reward import rewards
from propound.sandbox import Sandbox, open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.sibling import siblings_of
from propound.skills import Library, default_library
from propound.skills.library import compile_toolkit
from propound.solving.attempt import Solving, open_solvers
from propound.trajectory import ActionKind
from propound.verification.consensus import Rule
from propound.verification.judges import open_auditor, open_judges
from propound.verification.open.verify import OpenVerification
from propound.verification.verifiers import Auditor, Verifier
from propound.verification.verify import Verification

Stage = Callable[[str], AbstractContextManager[None]]
"""Surrounds each part of an episode, by its name: for whoever measures what they take."""


class UnknownProberError(PropoundError):
    """Work began with a prober that is not here."""


@dataclass(frozen=True)
class EpisodeRunner:
    """Everything that an episode needs; safe to use from many threads at once where its policy is."""

    library: Library
    sandbox: Sandbox
    policy: Policy | None = None
    """Who proposes; None until there is one (see `by`)."""
    max_steps: int = 24
    """Turns of an episode."""
    judges: tuple[Verifier, ...] = ()
    """They vote on what the programmatic verifiers accept."""
    auditor: Auditor | None = None
    """Looks again where they disagree or name a defect."""
    pool: tuple[Prober, ...] = ()
    """Probers from weak to strong."""
    prober: Prober | None = None
    """The one that measures now; None: nothing is measured, and no problem earns more for being hard."""
    withheld: tuple[ActionKind, ...] = ()
    """Tools that are neither offered nor performed."""
    solvers: tuple[Solving, ...] = ()
    """Whoever solves problems of open mode again from their statements; none: that mode is not served."""
    rule: Rule = field(default_factory=Rule)
    """When their attempts are enough."""

    @cached_property
    def verification(self) -> Verification:
        """The committee of procedural mode."""
        return Verification(self.library, self.sandbox, judges=self.judges, auditor=self.auditor)

    @cached_property
    def open_verification(self) -> OpenVerification:
        """The stages of open mode."""
        return OpenVerification(self.sandbox, self.solvers, self.rule, self.judges, self.auditor)

    @property
    def probers(self) -> tuple[str, ...]:
        """Versions of the probers, from weak to strong."""
        return tuple(prober.solver.version for prober in self.pool)

    def by(self, policy: Policy) -> EpisodeRunner:
        """The same with another proposer."""
        return replace(self, policy=policy)

    def measured_by(self, version: str | None) -> EpisodeRunner:
        """The same with the prober of that version, or with none.

        Raises:
            UnknownProberError: it is not in the pool.
        """
        if version is None:
            return replace(self, prober=None)
        for each in self.pool:
            if each.solver.version == version:
                return replace(self, prober=each)
        raise UnknownProberError(f"there is no prober {version} here: PROPOUND_PROBERS was changed meanwhile")

    def run(
        self,
        spec: ProblemSpec,
        member: int = 0,
        origin: Origin = NOBODY,
        stage: Stage = lambda _: nullcontext(),
    ) -> Episode:
        """Propose, verify, probe and reward one trajectory of the spec's group; `origin` is whose work it is.

        Raises:
            SandboxFailedError: the sandbox itself failed.
            EngineError: the engine of the policy or of the prober failed.
            ServiceDownError: a server that the policy, a judge or the prober needs is down.
        """
        assert self.policy is not None, "an episode needs a proposer"
        with stage("propose"):
            trajectory = rollout(self.policy, self._environment(spec, member), member, origin)
        with stage("verify"):
            verification = self.verification if spec.open is None else self.open_verification
            verdict = verification.verify(trajectory, origin)
        probe = None
        if self.prober and verdict.problem:
            with stage("probe"):
                probe = self.prober.probe(verdict.problem, origin, member)
        with stage("reward"):
            earned = rewards(trajectory, verdict, probe.pass_rate if probe else None)
        used = verdict.problem.skills if verdict.problem else spec.skills
        return Episode(
            trajectory=trajectory,
            verdict=verdict,
            rewards=earned,
            skill_hashes={name: self._skill_hash(spec, name) for name in used},
            library_version=self.library.version,
            probe=probe,
            siblings=self._siblings(verdict.problem, spec, member, origin),
        )

    def _siblings(
        self, problem: Problem | None, spec: ProblemSpec, member: int, origin: Origin
    ) -> tuple[Problem, ...]:
        """Of an accepted problem, as many as its spec wants."""
        if problem is None or spec.open is None:
            return ()
        return siblings_of(
            problem,
            spec.open.siblings,
            self.solvers,
            self.sandbox,
            seed=spec.seed,
            origin=origin,
            member=member,
        )

    def _environment(self, spec: ProblemSpec, member: int) -> Environment:
        """The environment of the spec's mode."""
        if spec.open is not None:
            return OpenEnvironment(spec, self.sandbox, self.max_steps, member, withheld=self.withheld)
        return ProceduralEnvironment(
            spec, self.library, self.sandbox, self.max_steps, member, withheld=self.withheld
        )

    def _skill_hash(self, spec: ProblemSpec, name: str) -> str:
        """Of a skill that the spec names; in open mode the spec brings its cards along."""
        found = self.library[name] if spec.open is None else spec.open.card(name)
        return found.content_hash

    def close(self) -> None:
        """Let go of the probers' engines and the solvers' clients; the policy is its opener's."""
        for prober in self.pool:
            prober.solver.close()
        for solver in self.solvers:
            solver.close()


def open_runner(
    configured: Settings, policy: Policy | None = None, *, threads: int | None = None
) -> EpisodeRunner:
    """A runner as the settings say: default library, best sandbox of the machine, judges, probers.

    The weakest prober measures, as in a pool that has measured nothing yet. Whoever is done with it closes it.
    `threads` will use it at a time, if not given as many as the settings' own policy is worth.

    Raises:
        SandboxUnavailable: the machine cannot isolate programs; the message says what to change.
        ValueError: a server is wanted for judges or probers, and none is named or installed.
        CheckpointError: a checkpoint that should measure is not there.
        EngineError: an engine cannot run a checkpoint.
    """
    library = default_library()
    compile_toolkit()
    sandbox: Sandbox = open_sandbox(configured.sandbox_tier)
    if (threads or in_flight(configured)) > 1:
        sandbox = PlacedSandbox(sandbox)
    judges, auditor = open_judges(configured), open_auditor(configured)
    pool = open_probers(configured, sandbox)
    solvers = open_solvers(catalogue_of(configured), sandbox)
    return EpisodeRunner(
        library,
        sandbox,
        policy,
        configured.max_steps,
        judges=judges,
        auditor=auditor,
        pool=pool,
        prober=pool[0] if pool else None,
        solvers=solvers,
    )


def in_flight(configured: Settings) -> int:
    """How many episodes to make at a time, in threads: a language model is fast only with many."""
    return 1 if configured.policy == SCRIPTED else configured.episodes_in_flight


class Wanted(NamedTuple):
    """One episode that is to be made."""

    spec: ProblemSpec
    member: int = 0
    origin: Origin = NOBODY


class Waiting(Protocol):
    """What to do while a server is down that episodes need."""

    def wait(self, error: ServiceDownError, times: int) -> None:
        """Return when it is time to try again, or raise to give up; it was in vain so many times in a row."""

    def over(self) -> None:
        """Episodes are made again."""


class Impatient:
    """Gives up at once."""

    def wait(self, error: ServiceDownError, times: int) -> None:  # noqa: ARG002
        """As `Waiting`."""
        raise error

    def over(self) -> None:
        """As `Waiting`."""


def of_specs(
    specs: Sequence[ProblemSpec], origin: Origin = NOBODY, *, size: int = 1, start: int = 0
) -> list[Wanted]:
    """Groups of `size` episodes, one group for each spec, in order; the first spec is number `start` of the origin."""
    return [
        Wanted(spec, member, origin.model_copy(update={"spec": index}))
        for index, spec in enumerate(specs, start)
        for member in range(size)
    ]


def run_all(
    runner: EpisodeRunner,
    wanted: Sequence[Wanted],
    *,
    in_flight: int,
    on_episode: Callable[[Episode], None] = lambda _: None,
    waiting: Waiting | None = None,
) -> list[Episode]:
    """All wanted episodes in their order, `in_flight` of them at a time.

    Where a server is down, no further episode begins, those under way are finished, and what is done is kept while
    `waiting` waits; without one the error is raised.

    Raises:
        ServiceDownError: a server is down, and nobody waits.
        SandboxFailedError: the sandbox itself failed.
        EngineError: an engine failed.
    """
    patience = waiting or Impatient()
    made: dict[int, Episode] = {}
    times = 0
    while len(made) < len(wanted):
        failures: list[ServiceDownError] = []

        def make(place: int, failures: list[ServiceDownError] = failures) -> None:
            if failures:
                return
            try:
                episode = runner.run(*wanted[place])
            except ServiceDownError as error:
                failures.append(error)
                return
            made[place] = episode
            on_episode(episode)

        before = len(made)
        with ThreadPoolExecutor(in_flight, "episode") as threads:
            list(threads.map(make, [place for place in range(len(wanted)) if place not in made]))
        if len(made) > before and times:
            patience.over()
            times = 0
        if failures:
            times += 1
            patience.wait(max(failures, key=lambda error: error.retry_after), times)
    return [made[place] for place in range(len(wanted))]
