"""What can be asked of a proposer's refinement, by command and API alike, and the rules that end it early."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Self

from pydantic import Field, FiniteFloat, field_validator, model_validator

from propound.record import Wish
from propound.trajectory import ActionKind

TOOLS = (ActionKind.READ, ActionKind.DRAW, ActionKind.CHECK, ActionKind.EDIT)
"""Tools that episodes can do without."""


class Algorithm(StrEnum):
    """How rewards become gradients; what each of them means is said in `trainer.loss`."""

    MGPO = "mgpo"
    MGPO_NO_STAGE = "mgpo-no-stage"
    MGPO_NO_GATE = "mgpo-no-gate"
    MGPO_NO_KL = "mgpo-no-kl"
    MGPO_LEAVE_ONE_OUT = "mgpo-leave-one-out"
    GRPO = "grpo"


class StopRule(Wish):
    """Ends a run once one of its figures has been too low or too high for some steps in a row."""

    figure: str = Field(
        pattern=r"^[a-z][a-z0-9_.]{0,63}$", description="Name of a figure of every step's metrics."
    )
    above: FiniteFloat | None = None
    below: FiniteFloat | None = None
    steps: int = Field(default=1, ge=1, le=1_000, description="Steps in a row.")

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("a stop rule has one bound: above or below")
        return self

    def holds(self, figures: Mapping[str, Any]) -> bool:
        """Whether one step's figure is beyond the bound; one that is missing or no number never is."""
        value = figures.get(self.figure)
        if not isinstance(value, int | float):
            return False
        return value > self.above if self.above is not None else self.below is not None and value < self.below

    def __str__(self) -> str:
        bound = f"above {self.above:g}" if self.above is not None else f"below {self.below:g}"
        return f"{self.figure} was {bound}" + (f" for {self.steps} steps" if self.steps > 1 else "")


def stop_rule(text: str) -> StopRule:
    """`kl>0.5` or `reward<0.1:20` (steps in a row) as a rule.

    Raises:
        ValueError: it is none.
    """
    found = re.fullmatch(r"([a-z][a-z0-9_.]*)([<>])(-?[\d.]+(?:e-?\d+)?)(?::(\d+))?", text)
    if found is None:
        raise ValueError(f"{text!r} is no stop rule; one is `kl>0.5` or `reward<0.1:20`")
    figure, sign, bound, steps = found.groups()
    number, in_a_row = float(bound), int(steps or 1)
    if sign == ">":
        return StopRule(figure=figure, above=number, steps=in_a_row)
    return StopRule(figure=figure, below=number, steps=in_a_row)


def broken_rule(rules: Sequence[StopRule], history: Sequence[Mapping[str, Any]]) -> StopRule | None:
    """The first rule that has held in each of the last steps of the history, as many as it says."""
    for rule in rules:
        last = history[-rule.steps :]
        if len(last) == rule.steps and all(rule.holds(figures) for figures in last):
            return rule
    return None


class Refinement(Wish):
    """How to refine a proposer, and for how long. Where it begins and what it becomes are others' to say."""

    algorithm: Algorithm = Field(default=Algorithm.MGPO, description="How rewards become gradients.")
    omega: FiniteFloat | None = Field(
        default=None, ge=0, le=10, description="Weight of the stage advantage; default: the algorithm's own."
    )
    steps: int = Field(default=50, ge=1, le=100_000, description="Most optimizer steps.")
    minutes: FiniteFloat | None = Field(
        default=None, gt=0, le=100_000, description="Most minutes of training; waiting does not count."
    )
    groups: int = Field(default=12, ge=1, le=1_024, description="Groups of episodes a step.")
    group_size: int = Field(
        default=8, ge=2, le=64, description="Episodes of a group, where the run makes its own."
    )
    seed: int = Field(default=0, ge=0, lt=2**31, description="Seed of every draw.")
    rate: FiniteFloat = Field(default=1e-4, gt=0, le=1, description="Learning rate of AdamW.")
    lora: int | None = Field(
        default=None,
        ge=1,
        le=1_024,
        description="Rank of the adapters to train; default: the whole network is trained.",
    )
    temperature: float = Field(default=1.0, gt=0, le=2, description="Temperature of sampling.")
    skills: tuple[str, ...] = Field(
        default=(),
        max_length=256,
        description="Skills that its own problems and the held-out ones are made of; default: all.",
    )
    minimum_skills: int = Field(default=1, ge=1, le=4, description="Fewest skills of a problem.")
    maximum_skills: int = Field(default=4, ge=1, le=4, description="Most skills of a problem.")
    level: int = Field(
        default=2, ge=1, le=3, description="Size of the drawn numbers: 1 small, 2 medium, 3 large."
    )
    curriculum: bool = Field(
        default=True, description="Whether categories that the run is weaker at are drawn more often."
    )
    without: tuple[ActionKind, ...] = Field(
        default=(), max_length=len(TOOLS), description=f"Tools that episodes do without: {', '.join(TOOLS)}."
    )
    staleness: int = Field(
        default=2, ge=0, le=1_000, description="How many steps old the policy behind a stored group may be."
    )
    mark: int = Field(default=10, ge=1, le=100_000, description="Steps between checkpoints, each evaluated.")
    evaluation: int = Field(
        default=48, ge=0, le=10_000, description="Held-out specs of such an evaluation; 0: none."
    )
    stop: tuple[StopRule, ...] = Field(
        default=(), max_length=16, description="Ends the run before its budget; rules of health always hold."
    )

    @field_validator("without", mode="before")
    @classmethod
    def _tools(cls, without: Any) -> Any:
        for kind in without if isinstance(without, list | tuple) else ():
            if kind not in TOOLS:
                raise ValueError(f"{str(kind)[:40]!r} is no tool that episodes can do without: {', '.join(TOOLS)}")
        return without

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.minimum_skills > self.maximum_skills:
            raise ValueError("minimum_skills is larger than maximum_skills")
        return self
