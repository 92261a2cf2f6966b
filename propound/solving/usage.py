"""Whether a program uses the numbers of its statement, and no others: what is missing, idle or given away.

What a statement lacks shows in the program: it has to name a number that the author knew and did not say. A named
number that stands nowhere rejects; a number within arithmetic is there by right too often (4 legs, 16 ounces), and
rejects only where it is none of the usual ones. On 1,225 sound word problems with a right program (GSM8K, programs by
a model) that rejects 3.1 %, nearly all because something was worked out in the head. Where one number is taken out of
such a statement, 72 % are rejected and 15 % warned of (1,066 tried). `tests/solving/measure_lints.py` measures rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from propound.solving.finding import Finding, Lint
from propound.solving.knowledge import FREE, KNOWN, SMALL, USUAL
from propound.solving.source import BOUNDS, GIVEN, Constant, Role, Source, numbers_in
from propound.solving.stated import Numbers

_NEAR = 2e-4
_UNITS = (
    r"(?:second|minute|hour|day|week|month|year|inch|feet|foot|yard|mile|ounce|pound|cup|pint|quart|gallon"
    r"|cent|dollar|penn"
    r"|nickel|dime|quarter|gram|kg|meter|metre|km|cm|mm|liter|litre|ml|degree|radian|item|leg|wheel|side"
    r"|face|digit|egg"
    r"|dozen|period|semester|weekend)(?:e?s|ies|y)?"
)
_FACTOR = re.compile(
    rf"^(?:num(?:ber)?_(?:of_)?)?{_UNITS}_(?:per|in|to|of|each)_(?:an?_|one_|each_)?{_UNITS}$|factor|conver"
    rf"|^(?:num(?:ber)?_(?:of_)?)?"
    r"(?:legs|sides|wheels|digits|faces)|modulus|^mod$|limit|max_|min_|upper|lower|bound|eps|tol|^step"
    r"|^start|low$|high$|decimals|precision|places",
    re.IGNORECASE,
)
"""Names of what a program knows, and is not given."""
_LARGE = 1_000
_MOST_SHOWN = 3
_CLOSE = Fraction(1, 10**6)


def usage(statement: str, source: Source, given: Mapping[str, Any]) -> Iterator[Finding]:
    """What the program uses and the statement does not say, first what rejects."""
    numbers = Numbers(statement)
    yield from _given_not_stated(statement, numbers, given)
    missing, unexplained = [], []
    for constant in source.constants():
        if (
            constant.name in (GIVEN, BOUNDS)
            or constant.role in (Role.LOOP, Role.FORM)
            or _is_stated(constant, numbers)
        ):
            continue
        if _is_known(constant.value):
            unexplained.append(constant)
        elif (constant.role is Role.DATA and not _FACTOR.search(constant.name)) or (
            constant.role is Role.PART and not _is_explained(constant, numbers)
        ):
            missing.append(constant)
        else:
            unexplained.append(constant)
    if missing:
        advice = "state it there, or compute it from what stands there"
        yield Finding(
            lint=Lint.NOT_STATED,
            detail=f"{_listed(missing)} in the program stands nowhere in the statement: {advice}",
        )
    if unexplained:
        yield Finding(
            lint=Lint.UNEXPLAINED,
            detail=f"{_listed(unexplained)} in the program does not stand in the statement: see that a reader knows it",
        )
    unused = unused_numbers(numbers, source)
    if unused:
        named = ", ".join(unused[:_MOST_SHOWN])
        yield Finding(
            lint=Lint.UNUSED,
            detail=f"{named} in the statement is not in the program: leave out what is not needed",
        )


def unused_numbers(numbers: Numbers, source: Source) -> list[str]:
    """The numbers above 2 that stand in digits, as they are written, of which the program has none of the forms."""
    used = _used(source)
    used |= {1 / value for value in used if value}
    found = [one for one in numbers.found if not one.spelled and not one.part and abs(one.value) > 2]
    return list(
        dict.fromkeys(
            one.written.strip() for one in found if not used & {abs(one.value), *map(abs, one.also)}
        )
    )


def stands_unused(answer: Fraction, statement: str, source: Source) -> bool:
    """Whether the answer stands in the statement as a number that the program does without."""
    used = _used(source, folded=False)
    if abs(answer) <= 2 or abs(answer) in used:
        return False
    return any(
        abs(abs(one.value) - abs(answer)) <= _CLOSE * abs(answer)
        for one in Numbers(statement).found
        if not used & set(map(abs, one.also))
    )


def is_a_given_number(answer: Fraction, source: Source) -> bool:
    """Whether the program has no number but its answer: it hands on what it is given."""
    used = [one for one in source.constants() if one.role in (Role.DATA, Role.PART)]
    numbers = {abs(one.value) for one in used} - {Fraction(0), Fraction(1)}
    return numbers == {abs(answer)} and not any(one.parts for one in used)


def holds_its_answer(answer: Fraction, statement: str, source: Source) -> bool:
    """Whether the program holds its answer as a number that the statement does not: it was worked out elsewhere."""
    if _is_usual(answer) or _is_known(answer) or Numbers(statement).hold(answer):
        return False
    written = {
        abs(number)
        for one in source.constants()
        for number in (*one.parts, *(() if one.parts else (one.value,)))
    }
    told = {abs(one.value) for text in source.texts() for one in Numbers(text[:2_000]).found[:200]}
    return abs(answer) in written | told


def uses_nothing(statement: str, source: Source) -> bool:
    """Whether no number of the statement takes part in the program, though there are some."""
    numbers = Numbers(statement)
    stated = [one for one in numbers.found if abs(one.value) > 2 and not one.part]
    if not stated:
        return False
    used = _used(source)
    used |= {1 / value for value in used if value}
    return not any(used & {abs(one.value), *map(abs, one.also)} for one in stated)


def _used(source: Source, *, folded: bool = True) -> set[Fraction]:
    """The numbers of a program, as they are and as shares; `folded`: also what literal arithmetic comes to."""
    used: set[Fraction] = set()
    for constant in source.constants():
        used |= set(map(abs, constant.parts))
        if constant.role is Role.LOOP:
            used |= {abs(constant.value - 1), abs(constant.value + 1)}  # range(1, n + 1)
        if folded or not constant.parts:
            used.add(abs(constant.value))
    for text in source.texts():
        for one in Numbers(text[:2_000]).found[:200]:
            used |= {abs(one.value), *map(abs, one.also)}
    # A percentage or a price may be used as a share or in cents.
    return used | {value * 100 for value in used} | {value / 100 for value in used}


def _given_not_stated(statement: str, numbers: Numbers, given: Mapping[str, Any]) -> Iterator[Finding]:
    missing: list[str] = []
    told = " ".join(statement.casefold().split())
    for name, value in given.items():
        if any(not numbers.hold(number) for number in numbers_in(value)) or (
            isinstance(value, str)
            and " ".join(value.casefold().split()) not in told
            and not _is_numeric(value, numbers)
        ):
            missing.append(name)
    if missing:
        named = ", ".join(missing[:_MOST_SHOWN])
        yield Finding(
            lint=Lint.NOT_STATED,
            detail=f"{named} in GIVEN stands nowhere in the statement: state its value there",
        )


def _is_numeric(text: str, numbers: Numbers) -> bool:
    found = Numbers(text[:2_000]).found
    return bool(found) and all(numbers.hold(one.value) for one in found)


def _is_stated(constant: Constant, numbers: Numbers) -> bool:
    if abs(constant.value) in FREE or numbers.hold(constant.value):
        return True
    return bool(constant.parts) and all(
        abs(part) in FREE or _is_ten(part) or numbers.hold(part) for part in constant.parts
    )


def large_constants(statement: str, source: Source) -> Iterator[Finding]:
    """What a program for coding must not use unsaid: a modulus, a large limit. Small numbers belong to its method."""
    numbers = Numbers(statement)
    missing = [
        constant
        for constant in source.constants()
        if abs(constant.value) > _LARGE
        and constant.role is not Role.LOOP
        and not _FACTOR.search(constant.name)
        and not _is_ten(constant.value)
        and not _is_stated(constant, numbers)
    ]
    if missing:
        detail = f"{_listed(missing)} in the program stands nowhere in the statement: state it there"
        yield Finding(lint=Lint.NOT_STATED, detail=detail)


def _is_explained(constant: Constant, numbers: Numbers) -> bool:
    """Whether it is a usual number, or literal arithmetic of usual and stated ones."""
    parts = constant.parts or (constant.value,)
    return all(_is_usual(part) or numbers.hold(part) for part in parts)


def _is_usual(value: Fraction) -> bool:
    size = abs(value)
    return max(size.numerator, size.denominator) <= SMALL or size in USUAL or _is_ten(size)


def _is_ten(value: Fraction) -> bool:
    """A power of ten: a factor between units, a tolerance."""
    size = abs(value)
    return (
        re.fullmatch("10*", str(size.numerator)) is not None
        and re.fullmatch("10*", str(size.denominator)) is not None
        if size
        else False
    )


def _is_known(value: Fraction) -> bool:
    try:
        size = abs(float(value))
    except OverflowError:
        return False
    return any(abs(size - known) <= _NEAR * known for known in KNOWN)


def _listed(constants: list[Constant]) -> str:
    shown = [
        f"{_written(constant.value)}{f' ({constant.name})' if constant.name else ''}"
        for constant in constants[:_MOST_SHOWN]
    ]
    return ", ".join(shown)


def _written(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)[:40]
    return f"{float(value):.6g}"
