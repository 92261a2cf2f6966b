"""The value that a blind solver's program means by what it prints, however much it says around it."""

from __future__ import annotations

from propound.answers import AnswerKind, infer_kind
from propound.answers.extraction import conclusion
from propound.answers.limits import MAX_ANSWER

MOST_LINES = 20
"""Printed lines that are looked at, from the last."""


class NoValueError(Exception):
    """Nothing that was printed reads as one value; the message says why."""


def value_in(printed: str, kind: AnswerKind | None = None) -> str:
    """The last printed line that reads as one value.

    Raises:
        NoValueError: there is none.
    """
    text = printed.strip()
    if not text:
        raise NoValueError("the program prints nothing")
    if kind is AnswerKind.PROGRAM_OUTPUT:
        if len(text) > MAX_ANSWER:
            raise NoValueError(f"the program prints more than {MAX_ANSWER} characters")
        return text
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines[: -MOST_LINES - 1 : -1]:
        if len(line) <= MAX_ANSWER and _reads(line, kind):
            return line
    raise NoValueError(f"no printed line reads as one value, the last is: {lines[-1][:100]}")


def _reads(line: str, kind: AnswerKind | None) -> bool:
    if kind is AnswerKind.TEXT:
        return True
    return infer_kind(line) is not AnswerKind.TEXT or conclusion(line) is not None
