"""The one value in what a program prints: without words around it, without floating noise, in plain notation.

What people and models print is not always what they mean: `Answer: 12`, `0.30000000000000004`, `[4]`, `Fraction(1, 3)`.
Where the value is beyond doubt it is taken out, and what was changed is said; else the printed text is a fault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from propound.answers import AnswerKind, extract, infer_kind
from propound.answers.limits import MAX_ANSWER
from propound.solving.finding import Finding, Lint

MOST_DIGITS = 120
"""Longest whole number that is an answer to a question."""
TINY, CLOSE = Fraction(1, 10**13), Fraction(1, 10**9)
"""How near, relatively, floating noise lies to the number that is meant: after a few steps, and after many."""
_RARE = 1_000
"""One in so many numbers, at most, lies so near to a simple one by chance."""
SIMPLE = 1_000
"""Largest denominator of a ratio that is meant where a program prints its decimals."""
_MOST_PLACES = 6
_LEAST_FIGURES = 12
"""Figures from which a decimal is one that nobody wrote."""

_FLOAT = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][-+]?\d{1,3})?")
_PYTHON = (
    (
        re.compile(r"\b(?:Fraction|Rational)\((-?\d+), (\d+)\)"),
        lambda found: f"{found[1]}/{found[2]}" if found[2] != "1" else found[1],
    ),
    (re.compile(r"\b(?:Decimal|Integer|Float)\('?([-+.\deE]+)'?\)"), r"\1"),
    (re.compile(r"\b(?:np|numpy)\.\w+\(([^()]*)\)"), r"\1"),
    (re.compile(r"\*\*"), "^"),
)
_NOT_FINITE = re.compile(r"(?<![A-Za-z])(?:nan|[-+]?inf(?:inity)?|oo|zoo|-oo)(?![A-Za-z])", re.IGNORECASE)
_COMPLEX = re.compile(r"\d ?\*? ?[jJI]\b|(?<![A-Za-z])1?[jI](?![A-Za-z])")
_ALONE = re.compile(r"[\[{(] ?([^\[\]{}(),:]+?),? ?[\])}]")
_NAMED_ALONE = re.compile(r"\{ ?'?[A-Za-z]\w{0,20}'?: ?([^\[\]{}(),:]+?) ?\}")
_ARRAY = re.compile(r"[\[\d][\[\]\d\s.eE+,-]*\]")
_NUMERAL = re.compile(
    r"(?<![\w.])[-+]?\$?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?(?:/\d+)?(?!\w|\.\d)"
)
_SEPARATE = re.compile(r"(?:[-+]?\d+(?:\.\d+)?(?:/\d+)?\s+)+[-+]?\d+(?:\.\d+)?(?:/\d+)?")
_LABEL = re.compile(r"^(?:[A-Za-z][A-Za-z ()'’,/_-]{0,80}(?::|=|≈)|#+|=+>?|->) ?(?=\S)")
_ABOUT = re.compile(r"^(?:about|approximately|approx\.?|roughly|around|~|≈) ?", re.IGNORECASE)
_OBJECT = re.compile(r"\{[^{}]*:|['\"]\w*['\"] ?[,:\])]|<\w|\bobject at\b")
"""How Python shows a dictionary, a text in a list, or a thing without a form of its own."""
_PLAIN_TEXT = re.compile(r"[\w .,:/'’-]{1,80}")
_SENTENCE_WORDS = 4
_MANY = frozenset(
    {
        AnswerKind.SET,
        AnswerKind.MULTISET,
        AnswerKind.TUPLE,
        AnswerKind.MATRIX,
        AnswerKind.INTERVAL,
        AnswerKind.PROGRAM_OUTPUT,
    }
)
"""Kinds of several values."""
_VERBATIM = frozenset({AnswerKind.TEXT, AnswerKind.CHOICE, AnswerKind.PROGRAM_OUTPUT, AnswerKind.BOOLEAN})
_LARGE = frozenset({AnswerKind.PROGRAM_OUTPUT, AnswerKind.TEXT})


@dataclass(frozen=True, slots=True)
class Value:
    """What a program came to."""

    text: str
    """In plain notation."""
    number: Fraction | None = None
    """Its worth, where it is one number written in digits (with a unit or without), as printed."""
    unit: str = ""
    is_decimal: bool = False
    """A decimal whose digits nobody wrote: it has to be rounded to be an answer."""
    findings: tuple[Finding, ...] = ()


class ValueFault(Exception):  # noqa: N818 - a fault of the program's, not an error of ours
    """What is printed is no one value."""

    def __init__(self, lint: Lint, detail: str) -> None:
        super().__init__(detail)
        self.finding = Finding(lint=lint, detail=detail)


def value_of(printed: str, kind: AnswerKind | None = None) -> Value:
    """The value in what a program printed, meant as an answer of that kind where one is said.

    Raises:
        ValueFault: there is none, or there are several.
    """
    lines = [line.strip() for line in printed.strip().splitlines() if line.strip()]
    if not lines:
        raise ValueFault(Lint.SILENT, "the program prints nothing: print the answer")
    if kind is AnswerKind.PROGRAM_OUTPUT:
        return Value(_bounded(printed.strip()))
    if len(lines) > 1:
        if not _ARRAY.fullmatch(" ".join(lines)):
            raise ValueFault(
                Lint.SEVERAL, f"the program prints {len(lines)} lines: print the answer alone, once"
            )
        lines = [_array(" ".join(lines))]
    text = _bounded(lines[0])
    for pattern, plainly in _PYTHON:
        text = pattern.sub(plainly, text)
    if text in {"None", "[]", "{}", "()", "set()", "frozenset()"} and kind not in _MANY:
        raise ValueFault(Lint.SILENT, f"the program prints {text}, which is no answer: see that it finds one")
    if kind in _VERBATIM:
        return Value(text)
    text, said = _without_words(text, kind)
    text = _unwrapped(text, kind)
    if (_NOT_FINITE.search(text) and kind is not AnswerKind.INTERVAL) or re.fullmatch(r"[-+]?\d+/0+", text):
        raise ValueFault(
            Lint.NOT_FINITE, "the program prints no finite number: look for a division by zero or an overflow"
        )
    if re.fullmatch(r"\(?[-+.\deE]+[-+][.\deE]+j\)?|[-+.\deE]+j", text):
        raise ValueFault(
            Lint.NOT_FINITE, "the program prints a complex number: take the real part or change the problem"
        )
    if kind is None and (
        _OBJECT.search(text) or (infer_kind(text) is AnswerKind.TEXT and not _PLAIN_TEXT.fullmatch(text))
    ):
        raise ValueFault(
            Lint.UNREADABLE, "the program prints what is no number, word or expression: print the value alone"
        )
    value = _tidy(text)
    return Value(value.text, value.number, value.unit, value.is_decimal, (*said, *value.findings))


def _bounded(text: str) -> str:
    if len(text) > MAX_ANSWER:
        raise ValueFault(
            Lint.NOT_FINITE, f"the program prints more than {MAX_ANSWER} characters: ask for a shorter answer"
        )
    digits = max(map(len, re.findall(r"\d+", text)), default=0)
    if digits > MOST_DIGITS:
        raise ValueFault(
            Lint.NOT_FINITE, f"the program prints a number of {digits} digits: ask for a smaller one"
        )
    return text


def _array(text: str) -> str:
    """[[1 2] [3 4]] of numpy as [[1, 2], [3, 4]]."""
    return re.sub(r"(?<=[\d.\]])[, ]+(?=[-\d\[])", ", ", re.sub(r"\s+", " ", text))


def _without_words(text: str, kind: AnswerKind | None) -> tuple[str, tuple[Finding, ...]]:
    """The text without a label or a sentence around its value, and whether there was one."""
    bare = extract(text) if "{" not in text or "boxed" in text else text
    bare = _ABOUT.sub("", _LABEL.sub("", bare)).strip() or bare
    said = (
        Finding(
            lint=Lint.SENTENCE, detail="the program prints words around its answer: print the value alone"
        ),
    )
    words = re.findall(r"[A-Za-z]{2,}", bare)
    if kind is None and infer_kind(bare) is not AnswerKind.TEXT:
        return bare, said if bare != text else ()
    if _SEPARATE.fullmatch(bare) and kind not in _MANY:
        raise ValueFault(
            Lint.SEVERAL, "the program prints several values: print one, or one tuple if a tuple is asked for"
        )
    if len(words) < _SENTENCE_WORDS:
        return bare, said if bare != text else ()
    numbers = list(dict.fromkeys(_NUMERAL.findall(bare)))
    if len(numbers) == 1:
        return numbers[0].replace("$", ""), said
    if not numbers and kind is None and len(words) <= 2 * _SENTENCE_WORDS:
        return bare, ()
    raise ValueFault(Lint.UNREADABLE, "the program prints a sentence: print the value alone")


def _unwrapped(text: str, kind: AnswerKind | None) -> str:
    """The one entry of a list, or of what an equation's solver returns: [4], {x: 4}."""
    named = _NAMED_ALONE.fullmatch(text)
    if named:
        return named[1]
    alone = _ALONE.fullmatch(text)
    return alone[1] if alone and kind not in _MANY else text


def _tidy(text: str) -> Value:
    """Without floating noise in any of its numbers."""
    whole = re.fullmatch(rf"([-+]? ?\$?)({_FLOAT.pattern}|[-+]?\d+(?:/\d+)?)( ?[A-Za-zµμΩ°%/].*)?", text)
    if whole is None:
        found = [_plain(match[0]) for match in _FLOAT.finditer(text)]
        if not found:
            return Value(text)
        tidied = _FLOAT.sub(lambda match: _plain(match[0])[0], text)
        is_decimal = any(rounded for _, rounded, _ in found)
        return Value(tidied, None, "", is_decimal, _noise(any(noise for _, _, noise in found), tidied))
    before, digits, unit = whole[1].replace(" ", ""), whole[2], (whole[3] or "").strip()
    sign = -1 if before.startswith("-") else 1
    if not _FLOAT.fullmatch(digits):
        number = Fraction(digits) if not digits.endswith("/0") and "/0" not in digits else None
        return Value(text, sign * number if number is not None else None, unit)
    shown, is_decimal, noise = _plain(digits)
    number = sign * Fraction(digits)
    before = before if number else ""
    tidied = f"{before}{shown} {unit}".strip() if unit and unit[0] not in "%°/" else f"{before}{shown}{unit}"
    return Value(tidied, number, unit, is_decimal, _noise(noise, tidied))


def _noise(is_noise: bool, tidied: str) -> tuple[Finding, ...]:
    if not is_noise:
        return ()
    detail = (
        f"the program prints floating noise, which counts as {tidied[:60]}: compute with integers or Fraction"
    )
    return (Finding(lint=Lint.NOISE, detail=detail),)


def _plain(digits: str) -> tuple[str, bool, bool]:
    """A decimal as it is meant; whether it has to be rounded, and whether it was noise."""
    value = Fraction(digits)
    figures = len(re.sub(r"[eE].*|\.", "", digits.lstrip("+-0.")).rstrip("0"))
    near = round(value)
    if value == near:
        return (str(near), False, False) if abs(near) < 10**16 else (_scientific(digits), False, False)
    if figures < _LEAST_FIGURES:
        return digits if "e" not in digits.lower() else _scientific(digits), False, False
    for close in (TINY, CLOSE):
        meant = _simple(value, close * abs(value))
        if meant is not None:
            return meant, False, True
    return _scientific(digits) if "e" in digits.lower() else digits, True, False


def _simple(value: Fraction, room: Fraction) -> str | None:
    """The decimal or ratio within `room` of a value; None where there is none but by chance."""
    for places in range(_MOST_PLACES + 1):
        decimal = Fraction(round(value * 10**places), 10**places)
        if room * _RARE <= Fraction(1, 10**places) and decimal and abs(value - decimal) <= room:
            return f"{Decimal(decimal.numerator) / Decimal(decimal.denominator):f}"
    ratio = value.limit_denominator(SIMPLE)
    if room * _RARE * ratio.denominator**2 <= 1 and ratio and abs(value - ratio) <= room:
        return f"{ratio.numerator}/{ratio.denominator}"
    return None


def _scientific(digits: str) -> str:
    mantissa, _, power = digits.lower().partition("e")
    return f"{mantissa}e{int(power)}" if power else mantissa
