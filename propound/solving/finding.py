"""What can be seen wrong with a draft without asking a model: for an agent's `check`, and for verification.

A finding says what is wrong and what to do about it, in one line that is the same on every machine.
"""

from __future__ import annotations

from enum import StrEnum

from propound.record import Record


class Lint(StrEnum):
    """What a look at a statement, or a run of its program, can find: a closed list."""

    GIVES_AWAY = "gives_away"
    """The statement tells its answer."""
    ASKS_TWO = "asks_two"
    """The statement asks for more than one thing."""
    ASKS_NOTHING = "asks_nothing"
    """The statement holds no question and no task."""
    ADDRESSES = "addresses"
    """The statement speaks to judges, to solvers as models, or about its own verification."""
    CUT_OFF = "cut_off"
    """The statement stops in the middle."""
    MARKUP = "markup"
    """The statement holds HTML, tags of roles, calls of tools or fences of code."""
    LABELS = "labels"
    """The statement holds headings, or labels as "Problem:"."""
    HIDDEN = "hidden"
    """The statement holds characters that cannot be seen, or turn the direction of reading."""
    REPEATS = "repeats"
    """The statement says the same again and again."""
    TOO_LONG = "too_long"
    """The statement is far too long for one problem."""
    LANGUAGE = "language"
    """The statement is not in the language that is asked for."""
    PLACEHOLDER = "placeholder"
    """The statement holds a place that was never filled in."""

    BROKEN = "broken"
    """The program is no Python, is too deeply nested, or did not end well."""
    SILENT = "silent"
    """The program prints nothing."""
    SEVERAL = "several"
    """The program prints more than one value."""
    UNSTABLE = "unstable"
    """Two runs of the program differ."""
    CHANCE = "chance"
    """The program draws at random, or asks for the time."""
    READS = "reads"
    """The program waits for input."""
    PRINTED = "printed"
    """The program prints its answer without computing it."""
    SENTENCE = "sentence"
    """The program prints a sentence in place of a value."""
    NOISE = "noise"
    """The program prints floating noise about a simple number."""
    NOT_FINITE = "not_finite"
    """The program prints no number, an infinite or a complex one, or one without bounds."""
    IMPLAUSIBLE = "implausible"
    """A count, a length or a time is negative, a probability lies beyond 0 and 1, or a number is asked for and a truth
    value printed."""
    CLAIM = "claim"
    """The claimed answer is not what the program comes to."""
    UNREADABLE = "unreadable"
    """The answer does not read as its kind."""
    KIND = "kind"
    """The answer is of a kind that was not asked for."""
    PRECISION = "precision"
    """The answer is a rounded decimal, and the statement does not say to how many places."""
    UNIT = "unit"
    """The answer has a unit that cannot be read or that the statement does not ask for."""

    GIVEN = "given"
    """GIVEN, BOUNDS, solve or the slots of the statement do not fit together."""
    NOT_STATED = "not_stated"
    """A number that the program uses stands nowhere in the statement."""
    UNEXPLAINED = "unexplained"
    """A number in the program's arithmetic stands nowhere in the statement."""
    UNUSED = "unused"
    """A number of the statement is not in the program."""
    IDLE = "idle"
    """A given number does not matter."""
    FRAGILE = "fragile"
    """The program fails for all nearby numbers."""

    FUNCTION = "function"
    """For coding: what the program defines is not what the statement asks for."""
    GENERATOR = "generator"
    """For coding: there is no generator of inputs, or it fails, or leaves the bounds of the statement."""
    CONSTANT = "constant"
    """For coding: the reference gives the same for nearly all inputs."""
    EXAMPLE = "example"
    """For coding: the example of the statement is not what the reference gives."""
    LIMITS = "limits"
    """For coding: the statement does not say how large the inputs can be."""
    WEAK_TESTS = "weak_tests"
    """For coding: mutants of the reference pass all tests."""


WARNINGS = frozenset({Lint.LABELS, Lint.SENTENCE, Lint.NOISE, Lint.UNEXPLAINED, Lint.UNUSED})
"""What is said to an agent, and rejects nothing."""


class Finding(Record):
    """One thing that is wrong."""

    lint: Lint
    detail: str = ""
    """What is wrong and what to do about it, for the agent."""

    @property
    def rejects(self) -> bool:
        """Whether verification rejects a problem for it."""
        return self.lint not in WARNINGS
