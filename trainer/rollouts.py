"""The trainer's own rollouts: groups of episodes by the current weights, verified and rewarded."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from propound.episode import Episode
from propound.policy import Policy
from propound.problem import ProblemSpec
from propound.proposing.environment import Environment
from propound.proposing.rollout import rollout
from propound.reward import rewarded
from propound.sandbox import Sandbox
from propound.skills import Library
from propound.trajectory import ActionKind
from propound.verification.verify import Verification


@dataclass(frozen=True)
class Rollouts:
    """Everything that an episode needs beside a policy."""

    library: Library
    sandbox: Sandbox
    max_steps: int
    """Turns of an episode."""
    in_flight: int
    """Episodes at a time."""
    withheld: tuple[ActionKind, ...] = ()
    """Tools that are neither offered nor performed."""

    def groups(self, policy: Policy, specs: Sequence[ProblemSpec], size: int) -> list[list[Episode]]:
        """One group of `size` episodes for each spec, in order; the same weights and specs give the same episodes.

        Raises:
            SandboxFailedError: the sandbox itself failed.
            EngineError: the engine failed.
        """
        verification = Verification(self.library, self.sandbox)

        def episode(spec: ProblemSpec, member: int) -> Episode:
            environment = Environment(
                spec, self.library, self.sandbox, self.max_steps, member, withheld=self.withheld
            )
            trajectory = rollout(policy, environment, member)
            return rewarded(trajectory, verification.verify(trajectory), self.library)

        with ThreadPoolExecutor(self.in_flight) as pool:
            waiting = [[pool.submit(episode, spec, member) for member in range(size)] for spec in specs]
            return [[each.result() for each in group] for group in waiting]
