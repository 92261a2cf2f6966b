"""What a run of the trainer depends on, beside base and source of groups: what was asked for, and the machine."""

from __future__ import annotations

from dataclasses import asdict

from pydantic import Field

from propound.config import Settings
from propound.curriculum import refinement_request
from propound.job import JobRequest
from propound.policy.engines import EngineKind
from propound.refinement import Refinement, StopRule
from propound.skills import Library
from trainer.figures import HEALTH
from trainer.loss import ALGORITHMS, Algorithm


class RefineSettings(Refinement):
    """A `Refinement`, and what the one who runs it adds."""

    max_steps: int = Field(default=24, description="Turns of an episode.")
    max_tokens: int = Field(default=512, description="Tokens of a turn.")
    in_flight: int = Field(default=48, description="Episodes at a time.")
    engine: EngineKind = Field(
        default=EngineKind.EMBEDDED,
        description="What samples, here or where the groups of a source were made.",
    )
    refill: int = Field(
        default=6, description="Most groups that a step samples in place of such as carry no gradient."
    )
    warmup: int = Field(default=3, description="Steps in which the learning rate grows to what it is.")
    threads: int = Field(default=2, description="Threads of the update, on a processor.")
    low_precision: bool = Field(default=True, description="Whether gradients are computed in bfloat16.")
    health: bool = Field(default=True, description="Whether the rules of health end the run, too.")

    @classmethod
    def here(cls, refinement: Refinement, configured: Settings) -> RefineSettings:
        """What was asked for, on the machine that the settings describe."""
        return cls(
            **refinement.model_dump(include=set(Refinement.model_fields)),
            max_steps=configured.max_steps,
            in_flight=configured.episodes_in_flight,
            engine=EngineKind(configured.engine),
        )

    @property
    def rules(self) -> tuple[StopRule, ...]:
        """All that end the run early."""
        return (*(HEALTH if self.health else ()), *self.stop)

    def request(self, library: Library) -> JobRequest:
        """What its specs are drawn from, those of rollouts as well as the held-out ones.

        Raises:
            UnknownSkillError: a skill that the library does not hold.
            ImpossibleSpecError: in some domain the skills cannot be chained as asked.
        """
        return refinement_request(self, library)

    def resolved(self) -> Algorithm:
        """The algorithm's coefficients."""
        chosen = ALGORITHMS[self.algorithm]
        return chosen if self.omega is None else Algorithm(**{**asdict(chosen), "omega": self.omega})
