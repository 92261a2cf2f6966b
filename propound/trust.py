"""How far a dataset can be trusted (`Trust`): whose models verify, and what was measured of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Self

from pydantic import ConfigDict, Field

from propound.domain import Domain
from propound.problem import Mode
from propound.record import Record
from propound.statistics import wilson

ENOUGH = 60
"""Decided trials of a kind from which its rate counts as measured."""


class Tally(NamedTuple):
    """How many canaries of a kind a committee accepted."""

    fault: str
    """What is wrong with them; empty: nothing."""
    domain: Domain
    decided: int
    accepted: int


class Rate(Record):
    """How often canaries of a kind were accepted."""

    model_config = ConfigDict(extra="ignore")  # clients read it, of servers that may know more

    decided: int = Field(description="Canaries with a verdict.")
    accepted: int
    low: float = Field(description="Of the 95 % interval for the share that is accepted.")
    high: float
    measured: bool = Field(description=f"Whether there are at least {ENOUGH}; fewer say nothing.")

    @classmethod
    def of(cls, tallies: Iterable[Tally]) -> Self:
        """Of all of them together. Where nothing was accepted, the interval ends at 3/n at least."""
        found = list(tallies)
        decided, accepted = sum(each.decided for each in found), sum(each.accepted for each in found)
        low, high = wilson(decided, accepted) if decided else (0.0, 1.0)
        if decided and not accepted:
            high = max(high, min(1.0, 3 / decided))
        return cls(
            decided=decided,
            accepted=accepted,
            low=round(low, 6),
            high=round(high, 6),
            measured=decided >= ENOUGH,
        )


class Calibration(Record):
    """What is known of a committee from canaries: problems of which it is known what is wrong with them."""

    model_config = ConfigDict(extra="ignore")

    committee: str = Field(
        description="Digest of its models, prompts and rules; equal ones share their canaries."
    )
    sound: Rate = Field(description="Sound problems that it accepted: true accepts.")
    flawed: Rate = Field(description="Flawed problems that it accepted: false accepts.")
    by_domain: dict[str, Rate] = Field(description="False accepts by domain.")
    by_fault: dict[str, Rate] = Field(description="False accepts by what is wrong.")

    @classmethod
    def of(cls, committee: str, tallies: Iterable[Tally]) -> Self | None:
        """None where it was never tried."""
        found = sorted(tallies)
        if not found:
            return None
        flawed = [each for each in found if each.fault]
        return cls(
            committee=committee,
            sound=Rate.of(each for each in found if not each.fault),
            flawed=Rate.of(flawed),
            by_domain={
                domain.value: Rate.of(each for each in flawed if each.domain == domain)
                for domain in dict.fromkeys(sorted(each.domain for each in flawed))
            },
            by_fault={
                fault: Rate.of(each for each in flawed if each.fault == fault)
                for fault in dict.fromkeys(each.fault for each in flawed)
            },
        )


class Trust(Record):
    """What the rightness of problems rests on."""

    model_config = ConfigDict(extra="ignore")

    mode: Mode = Mode.PROCEDURAL
    families: tuple[str, ...] | None = Field(
        default=None,
        description="Families of the models that verify; one whose family nobody told counts by its name. Null until "
        "a worker has begun.",
    )
    shared_family: tuple[str, ...] = Field(
        default=(),
        description="Verifying roles that models of the proposer's own family have, so that they may err together: "
        "`solvers`, `judges`, `auditor`.",
    )
    calibration: Calibration | None = Field(
        default=None, description="What canaries say of this committee; null where it was never tried."
    )

    def lines(self) -> list[str]:
        """What people have to know, a line each; nothing where there is nothing to say."""
        if self.mode is Mode.PROCEDURAL and not self.families:
            return []
        said = [f"verified by models of {', '.join(self.families)}"] if self.families else []
        if self.shared_family:
            roles = ", ".join(self.shared_family)
            said.append(f"CAUTION: some or all {roles} share the proposer's family, so they may err together")
        if self.mode is Mode.OPEN:
            said.append(_measured(self.calibration))
        return said


def _measured(calibration: Calibration | None) -> str:
    if calibration is None or not calibration.flawed.measured:
        return "false accepts: not measured (propound verify calibrate)"
    rate = calibration.flawed
    share = rate.accepted / rate.decided
    return (
        f"false accepts: {share:.1%} of {rate.decided} flawed canaries, "
        f"95 % interval {rate.low:.1%} to {rate.high:.1%}"
    )
