"""Programs and what they print, as far as their text decides."""

from __future__ import annotations

import re

from propound.answers.agreement import Finding, Terms, equal, not_equal, undecided

_FENCE = re.compile(r"\s*(`{3,})[A-Za-z0-9_+-]*\n(.*?)\n?\1\s*", re.DOTALL)


def compare_program(gold: str, answer: str, _terms: Terms) -> Finding:
    """The same source is the same program; any other is for its tests to judge, in the sandbox."""
    if _source(gold) == _source(answer):
        return equal("the same source")
    return undecided("another source: run the tests")


def compare_output(gold: str, answer: str, _terms: Terms) -> Finding:
    """The same lines; runs of spaces are one space, spaces at the ends of lines and empty lines at the end nothing.

    Where the gold answer indents lines, the answer has to. A fence of backticks around all of it is no part of it.
    """
    ours, theirs = _lines(gold), _lines(answer)
    words = [" ".join(line.split()) for line in ours], [" ".join(line.split()) for line in theirs]
    if words[0] == words[1]:
        same = not any(map(_indent, ours)) or [*map(_indent, ours)] == [*map(_indent, theirs)]
        return equal("the same lines") if same else undecided("differs in how lines are indented")
    return not_equal("another number of lines" if len(ours) != len(theirs) else "another line")


def _source(text: str) -> str:
    """The text with the line ends that Python reads, without blank lines around it."""
    return _unfenced(text.replace("\r\n", "\n")).strip("\n")


def _lines(text: str) -> list[str]:
    return _unfenced(re.sub(r"\r\n?", "\n", text)).strip("\n").rstrip().split("\n")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip()) if line.strip() else 0


def _unfenced(text: str) -> str:
    found = _FENCE.fullmatch(text)
    return found[2] if found else text
