"""The value that a blind solver's program means by what it prints, however much it prints around it.

An author's program has to print its answer alone (`propound.solving.value`); here the last line that reads as one value
counts, since nobody tells a solver what to repair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from propound.answers import Agreement, AnswerKind, compare, infer_kind
from propound.answers.limits import MAX_ANSWER
from propound.solving.value import ValueFault, value_of

MOST_LINES = 20
"""Printed lines that are looked at, from the last."""
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?:/\d+)?")
_SOLVED = {AnswerKind.SET: "{}", AnswerKind.MULTISET: "{}", AnswerKind.TUPLE: "()"}
"""How several values are written, which a program prints as a list."""


class NoValueError(Exception):
    """Nothing that was printed reads as one value; the message says why."""


def value_in(printed: str, kind: AnswerKind | None = None, unit: str = "") -> str:
    """The last printed line that reads as one value, in plain notation. Total but for the error.

    Args:
        printed: all that the program printed.
        kind: of the answer that is asked for.
        unit: that is asked for; a bare number is in it.

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
    whole = [text] if len(lines) > 1 and kind is AnswerKind.MATRIX else []
    why = ""
    for said in [*whole, *(each for line in lines[: -MOST_LINES - 1 : -1] for each in _forms(line))]:
        try:
            value = value_of(said, kind).text
        except ValueFault as fault:
            why = why or str(fault)
            continue
        if _reads(value, kind):
            return _written(value, kind, unit)
    raise NoValueError(why or f"no printed line reads as one value, the last is: {lines[-1][:100]}")


def _forms(line: str) -> Iterator[str]:
    """The line, and what follows a label in it: 36 in "Seats in row 3: 36"."""
    yield line
    for sign in (": ", "= "):
        _, found, value = line.rpartition(sign)
        if found and value.strip():
            yield value.strip()


def _reads(value: str, kind: AnswerKind | None) -> bool:
    """Whether it is a value of that kind, or of any that is neither prose nor "Verified: True"."""
    if kind is None or infer_kind(value) not in (AnswerKind.TEXT, AnswerKind.BOOLEAN):
        return True
    return compare(gold=value, answer=value, kind=kind).result is Agreement.EQUAL


def _written(value: str, kind: AnswerKind | None, unit: str) -> str:
    if unit and _NUMBER.fullmatch(value):
        return f"{value} {unit}"
    if kind in _SOLVED and value[0] + value[-1] in ("[]", "()") and not re.search(r"[\[\](){}]", value[1:-1]):
        brackets = _SOLVED[kind]
        return f"{brackets[0]}{value[1:-1]}{brackets[1]}"
    return value
