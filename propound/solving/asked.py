"""In which unit a statement asks for its answer, where it says so beyond doubt, and whether an answer's unit fits."""

from __future__ import annotations

import re

from propound.answers.algebra.worth import Worth, worth
from propound.answers.errors import UnreadableError
from propound.answers.reading.notation import plain
from propound.answers.reading.quantities import read_quantity
from propound.answers.reading.units import read_unit

_IN = re.compile(r"\bin (?:units of |SI units, |its )?((?:[^\s,;?!]+ ?){1,4})")
_QUESTION = re.compile(
    r"[^.?!\n]*\b(?:what|how|find|determine|calculate|compute|give|answer|express|state)\b[^?!\n]*",
    re.IGNORECASE,
)
_LEAST_LETTERS = 2
"""Letters of a unit that is no word by chance: in m, in a."""


def asked_unit(statement: str) -> str | None:
    """The unit after the last "in" of a question that a known unit follows; None where there is none."""
    found: str | None = None
    for sentence in _QUESTION.findall(statement):
        for match in _IN.finditer(sentence):
            words = match[1].split()
            for count in range(len(words), 0, -1):
                unit = " ".join(words[:count]).strip(" .$()*")
                if len(re.sub(r"[^A-Za-zμΩ°%]", "", unit)) >= _LEAST_LETTERS and _worth(unit) is not None:
                    found = unit
                    break
    return found


def fits(answer: str, statement: str) -> bool:
    """Whether an answer with a unit has the dimension that the statement asks for; True where nobody can tell."""
    asked = asked_unit(statement)
    wanted = _worth(asked) if asked else None
    try:
        unit = read_quantity(answer).unit
        given = worth(unit) if unit else None
    except (UnreadableError, ValueError, ArithmeticError):
        given = None
    return wanted is None or given is None or given.without_angle == wanted.without_angle


def _worth(unit: str) -> Worth | None:
    try:
        return worth(read_unit(plain(unit)))
    except (UnreadableError, ValueError, ArithmeticError):
        return None
