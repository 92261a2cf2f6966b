"""A canary (`Canary`): an open submission of which it is known what is wrong with it, or that nothing is."""

from __future__ import annotations

from enum import StrEnum

from propound.domain import Domain
from propound.problem import CodingMode, Submission
from propound.record import Record, digest


class Fault(StrEnum):
    """What is wrong with a canary: one thing, and nothing else."""

    WRONG_ANSWER = "wrong_answer"
    """The program is wrong, and the answer is what it prints."""
    CHANGED_NUMBER = "changed_number"
    """The statement says another number than the program uses, and has another answer."""
    DROPPED_CONDITION = "dropped_condition"
    """A number that the answer depends on is not given."""
    TWO_READINGS = "two_readings"
    """The statement can be read in two ways that have different answers."""
    PRINTED = "printed"
    """The program does not compute the answer: it holds it."""
    GIVEN_AWAY = "given_away"
    """The statement tells its answer."""
    ADDRESSED = "addressed"
    """The statement speaks to those who judge it."""
    TWO_QUESTIONS = "two_questions"
    """The statement asks two things; the answer is that to the first."""
    CONTRADICTORY = "contradictory"
    """The statement says of something what cannot be together with the rest."""
    FOREIGN = "foreign"
    """The statement is in another language than was asked for."""


class Canary(Record):
    """A submission of open mode with the truth about it."""

    fault: Fault | None
    """None: nothing is wrong, it should be accepted."""
    style: str
    """In which of several ways the fault was made; for a sound one the form of its program."""
    domain: Domain
    skills: tuple[str, ...]
    seed: int
    """Of the problem that it was made of and of what was changed."""
    submission: Submission
    coding: CodingMode | None = None
    """What a coding problem asks for."""
    truth: str | None
    """The answer to its statement; None where it has none, or more than one, or that is not the point."""

    @property
    def id(self) -> str:
        """Its identity: equal canaries have equal ones."""
        return digest(self.model_dump(mode="json"))[:16]

    @property
    def is_sound(self) -> bool:
        """Whether it should be accepted."""
        return self.fault is None
