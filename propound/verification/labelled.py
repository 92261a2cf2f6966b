"""Problems of which people have worked out whether they are right (`Labelled`): what acceptance rules are measured on.

A labelled set is a folder of files with a row on each line. Each row carries the replies of a committee once they are
recorded, so that a rule is measured without a model.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError

from propound.domain import Domain
from propound.errors import PropoundError
from propound.problem import CodingMode, Submission
from propound.record import Record
from propound.verification.evidence import Evidence


class Label(StrEnum):
    """What is known of a problem; of several faults the one that stands first here."""

    RIGHT = "right"
    """Well posed, and the answer is the right one."""
    WRONG_LANGUAGE = "wrong_language"
    """Not in the language that was asked for."""
    UNFINISHED = "unfinished"
    """The statement stops in the middle, or a place in it was never filled in."""
    ADDRESSES = "addresses"
    """It speaks to those who judge it."""
    TWO_QUESTIONS = "two_questions"
    """It asks for more than one thing."""
    AMBIGUOUS = "ambiguous"
    """More than one reading, with different answers."""
    UNDERSPECIFIED = "underspecified"
    """Something that the answer needs is not given."""
    CONTRADICTORY = "contradictory"
    """What it says cannot be all true."""
    UNSOLVABLE = "unsolvable"
    """It is consistent, and nothing is what it asks for."""
    LEAKS = "leaks"
    """It tells its answer."""
    TRIVIAL = "trivial"
    """Nothing is left to work out."""
    WRONG_ANSWER = "wrong_answer"
    """Well posed, and the answer is another one."""
    WRONG_FORM = "wrong_form"
    """The answer holds the right one, and is not in the form that is asked for."""
    UNSTABLE = "unstable"
    """Its program draws at random or reads the clock."""
    NOT_COMPUTED = "not_computed"
    """Its program holds the answer in place of computing it."""


DETERMINED = frozenset(
    {
        Label.RIGHT,
        Label.WRONG_LANGUAGE,
        Label.ADDRESSES,
        Label.LEAKS,
        Label.TRIVIAL,
        Label.WRONG_ANSWER,
        Label.WRONG_FORM,
        Label.UNSTABLE,
        Label.NOT_COMPUTED,
    }
)
"""Labels of problems that have one answer."""
SEVERAL = frozenset({Label.AMBIGUOUS, Label.UNDERSPECIFIED, Label.TWO_QUESTIONS})
"""Labels of problems with more than one answer."""
NONE = frozenset({Label.UNSOLVABLE})
"""Labels of problems without an answer."""


class Labelled(Record):
    """A problem that somebody handed in, and the truth about it."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    source: str
    """Who wrote it: `hand`, or the size of a model."""
    domain: Domain
    skills: tuple[str, ...]
    """Names of the skills that it was to use."""
    coding: CodingMode | None = None
    """What a coding problem asks for."""
    submission: Submission
    label: Label
    truth: str | None = None
    """The right answer, where there is one; None for programs."""
    why: str = Field(min_length=1)
    """How that was worked out."""
    evidence: Evidence | None = None
    """What a committee said, recorded without early stopping; None: not recorded yet."""

    @property
    def is_right(self) -> bool:
        """Whether it should be accepted."""
        return self.label is Label.RIGHT


class LabelledError(PropoundError):
    """A labelled set that cannot be read; the message names file and line."""


def read_labelled(folder: Path) -> tuple[Labelled, ...]:
    """The rows of all files of a folder, by the files' names.

    Raises:
        LabelledError: there are none, a line is no row, or two have one id.
    """
    found: dict[str, Labelled] = {}
    for file in sorted(folder.glob("*.jsonl")):
        for number, row in _rows(file):
            if row.id in found:
                raise LabelledError(f"{file}, line {number}: {row.id} stands twice in the set")
            found[row.id] = row
    if not found:
        raise LabelledError(f"{folder} holds no labelled problems")
    return tuple(found.values())


def _rows(file: Path) -> Iterator[tuple[int, Labelled]]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield number, Labelled.model_validate_json(line)
            except ValidationError as error:
                raise LabelledError(f"{file}, line {number}: {error.errors()[0]['msg']}") from None
