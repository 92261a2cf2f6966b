"""Gold answers in the notation that math-verify reads, and with it TRL's own accuracy reward.

A pure function. Where no notation is known to work the text is empty, and TRL leaves the row out instead of scoring
whatever number it finds. What works was tried by `tests/storage/measure_rewards.py` (docs/lab/rewards.md).
"""

from __future__ import annotations

import re

from propound.answers.kinds import AnswerKind

_NUMBERS = (AnswerKind.INTEGER, AnswerKind.RATIONAL, AnswerKind.REAL)
_ALGEBRA = (AnswerKind.EXPRESSION, AnswerKind.POLYNOMIAL, AnswerKind.EQUATION, AnswerKind.TUPLE, AnswerKind.INTERVAL)

_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)(?:[eE]([-+]?\d+))?")
_FRACTION = re.compile(r"(-?)(\d+)/(\d+)")
_UNIT = r"\(?[A-Za-z%°ΩµμÅ]+(?:(?:\^|\*\*)\(?-?\d+\)?)?\)?"
_QUANTITY = re.compile(rf"(\S+) ({_UNIT}(?:[*/· ]{_UNIT})*)")
_SET = re.compile(r"\{([^{}\\]*)\}")
_PLAIN = re.compile(r"(?:[\d\s+\-*/^().,=<>\[\]]|[A-Za-z](?![A-Za-z]))+")
_POWER = re.compile(r"\^\(?(-?\d+)\)?")


def in_latex(answer: str, kind: AnswerKind) -> str:
    """The answer between dollars; empty for kinds and spellings of which math-verify makes something else."""
    written = _written(answer.strip(), kind)
    return f"${written}$" if written else ""


def _written(answer: str, kind: AnswerKind) -> str:
    if kind in _NUMBERS:
        return _number(answer)
    if kind is AnswerKind.QUANTITY:
        found = _QUANTITY.fullmatch(answer)
        number = _number(found[1]) if found else ""
        return rf"{number}\ \mathrm{{{_unit(found[2])}}}" if found and number else ""
    if kind is AnswerKind.SET:
        found = _SET.fullmatch(answer)
        members = [_number(member.strip()) for member in found[1].split(",")] if found else []
        return rf"\{{{', '.join(members)}\}}" if members and all(members) else ""
    if kind in _ALGEBRA:
        return _algebra(answer)
    return answer if kind is AnswerKind.CHOICE and re.fullmatch("[A-Z]", answer) else ""


def _number(text: str) -> str:
    if found := _FRACTION.fullmatch(text):
        return rf"{found[1]}\frac{{{found[2]}}}{{{found[3]}}}"
    found = _NUMBER.fullmatch(text)
    if found is None:
        return ""
    return found[1] if found[2] is None else rf"{found[1]} \times 10^{{{int(found[2])}}}"


def _unit(text: str) -> str:
    for sign, written in (("**", "^"), ("*", r"\,"), ("·", r"\,"), (" ", r"\,"), ("%", r"\%"), ("°", r"^{\circ}")):
        text = text.replace(sign, written)
    return _POWER.sub(r"^{\1}", text)


def _algebra(text: str) -> str:
    """Single letters, numbers and signs: a word would be read as a product of its letters."""
    if not _PLAIN.fullmatch(text):
        return ""
    return _POWER.sub(r"^{\1}", text.replace("**", "^")).replace("*", r" \cdot ")
