"""The record of one measurement."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from propound.record import Record
from propound.statistics import pass_at_k, wilson

ATTEMPTS = 16
"""k of the method's Pass@k."""


class Probe(Record):
    """How often a prober solved a problem."""

    prober: str
    """Name of the prober."""
    version: str
    """Version of the prober: its weights and how it decodes."""
    attempts: int = Field(ge=1)
    """n"""
    solved: int = Field(ge=0)
    """c, how many of them gave the gold answer."""
    hinted: int | None = Field(default=None, ge=0)
    """How many of as many attempts were right that were told the author's first step; None where nobody was told."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if max(self.solved, self.hinted or 0) > self.attempts:
            raise ValueError("more attempts were right than were made")
        return self

    @property
    def is_unknown(self) -> bool:
        """Whether nobody solved the problem even with a hint, so that it may be hard, or wrong.

        Where nobody was told a hint, a pass rate of 0 stands as it is.
        """
        return self.solved == 0 and self.hinted == 0

    @property
    def pass_rate(self) -> float:
        """rho = c / n, the estimate of pass@1 from all attempts.

        The method writes rho = Pass@16. Read as "one of 16 was right" it would be 0 or 1, and the bonus for difficulty,
        1[rho > 0] (1 - rho), always 0; so it is the share.
        """
        return self.solved / self.attempts

    @property
    def interval(self) -> tuple[float, float]:
        """What the pass rate may be, at 95 %."""
        return wilson(self.attempts, self.solved)

    def pass_at(self, k: int) -> float:
        """Probability that at least one of k attempts is right.

        Raises:
            ValueError: k is not between 1 and the number of attempts.
        """
        return pass_at_k(self.attempts, self.solved, k)
