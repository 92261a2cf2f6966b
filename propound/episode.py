"""One finished episode: what a worker stores and what the trainer learns from."""

from __future__ import annotations

from propound.probing.probe import Probe
from propound.record import Record
from propound.trajectory import Trajectory
from propound.verification.verdict import Rejection, Verdict


class Rewards(Record):
    """Method section 5."""

    terminal: float
    """r_T of the trajectory."""
    steps: tuple[float, ...]
    """r_proc of each step, in order."""
    pass_rate: float | None
    """rho, the prober's pass rate; None where no prober measured it."""


class Episode(Record):
    """A trajectory with its verdict and rewards.

    Storage turns an accepted verdict into `accepted`, `surplus` or `duplicate` when its turn comes.
    """

    trajectory: Trajectory
    verdict: Verdict
    rewards: Rewards
    skill_hashes: dict[str, str]
    """Content hash of every skill package that the problem uses, by name: part of its evidence."""
    library_version: str
    probe: Probe | None = None
    """How hard the problem is, where a prober measured it."""

    @property
    def rejection(self) -> Rejection | None:
        """Why the episode gives no problem, or None."""
        return self.verdict.rejection
