"""Programs, as far as their text decides."""

from __future__ import annotations

from propound.verification.answers.agreement import Finding, Terms, equal, undecided


def compare_program(gold: str, answer: str, _terms: Terms) -> Finding:
    """The same source is the same program; any other is for its tests to judge, in the sandbox."""
    if _source(gold) == _source(answer):
        return equal("the same source")
    return undecided("another source: run the tests")


def _source(text: str) -> str:
    """The text with the line ends that Python reads, without blank lines around it."""
    return text.replace("\r\n", "\n").strip("\n")
