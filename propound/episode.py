"""The record of one finished episode: what a worker stores and what the trainer learns from."""

from __future__ import annotations

from propound.probing.probe import Probe
from propound.problem import Problem
from propound.record import Record
from propound.reward import Rewards
from propound.trajectory import Trajectory
from propound.verification.verdict import Verdict
from propound.verification.vote import WITHOUT_VERDICT, Rejection


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
    siblings: tuple[Problem, ...] = ()
    """Of an accepted problem of open mode, where they are wanted."""

    @property
    def rejection(self) -> Rejection | None:
        """Why the episode gives no problem, or None."""
        return self.verdict.rejection

    @property
    def is_decided(self) -> bool:
        """Whether anything is known of what it is worth; nothing is learned from an episode without a verdict."""
        return self.verdict.rejection not in WITHOUT_VERDICT
