"""What a statement of a coding problem says of its function: arguments, bounds, and the examples that it gives."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from propound.solving.source import literal
from propound.solving.stated import numbers_of

_NO_VALUE = object()
_LONGEST_CALL = 2_000
_FOLLOWS = re.compile(
    r"[`\"'*)]*[ \t]*(?:(?:should|must|will|would|does|then)\b[ \t]*)?(?:(?:return|give|yield|produce"
    r"|output|print|equal|evaluate|result)\w*"
    r"(?:[ \t]+(?:to|in|the (?:value|result|list|string|number)))*|->|→|=>|⇒|==?|⟶|↦|#|is|>>|:)[ "
    r"\t]*[:=]?[ \t]*",
    re.IGNORECASE,
)
_INPUT = re.compile(
    r"\binput\b[^\n:]{0,20}:[ \t]*(?P<input>.+?)\s*(?:\n\s*)?\boutput\b[^\n:]{0,20}:[ "
    r"\t]*(?P<output>[^\n]+)",
    re.IGNORECASE | re.DOTALL,
)
_BLOCKS = re.compile(
    r"\b(?:sample |example "
    r")?input\b[^\n]{0,30}\n+(?:```\w*\n)?(?P<input>.+?)(?:\n```)?\s*\n+[^\n]{0,12}\b(?:sample |example "
    r"|expected )?output\b[^\n]{0,30}\n+(?:```\w*\n)?(?P<output>.+?)(?:\n```|\n\s*\n|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_BOUND = re.compile(
    r"\d[^.\n]{0,60}(?:≤|<=|\\leq?\b|<|\\lt\b)|(?:≤|<=|\\leq?\b|<|\\lt\b)[^.\n]{0,60}\d"
    r"|\b(?:at most|at least|up to|no more than|not exceed\w*|fewer than|less than|more than|between|from"
    r"|length|size|maximum|minimum|limit\w*|bounded|range)\b[^.\n]{0,60}\d"
    r"|\b\d[\d,]* (?:to|through|and|-|–) \d|\d[\d,]* or (?:fewer|less|more)\b|\b(?:single|two|three)[- "
    r"]digit\b",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(r"[-−–]\s?\d|\\?-\s?10|\bnegative|\bany integers?\b|\bsigned\b|minus", re.IGNORECASE)
_NOT_NEGATIVE = re.compile(r"\bnon-?negative|\bnot negative", re.IGNORECASE)


class Example(NamedTuple):
    """An example of a statement."""

    arguments: list[Any]
    """Of the call; for a whole program, the text of its input alone."""
    expected: Any
    """As the statement says it; for a whole program a text."""


def call_arguments(statement: str, name: str) -> Iterator[list[str] | None]:
    """The arguments, as they are written, of each `name(...)` in the statement; None for one that does not close."""
    for match in re.finditer(rf"(?<![\w.]){re.escape(name)}\(", statement):
        end = _closing(statement, match.end())
        if end is None:
            yield None
            continue
        inner = statement[match.end() : end]
        yield _split(inner) if inner.strip() else []


def _closing(text: str, start: int) -> int | None:
    """Where the bracket closes that opens before `start`; quotes are skipped."""
    depth, quote = 1, ""
    for place in range(start, min(len(text), start + _LONGEST_CALL)):
        sign = text[place]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if depth == 0:
                return place
    return None


def _split(inner: str) -> list[str]:
    """At the commas outside of brackets and quotes."""
    parts, depth, quote, current = [], 0, "", ""
    for sign in inner:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        if sign == "," and depth == 0 and not quote:
            parts.append(current.strip())
            current = ""
        else:
            current += sign
    return [*parts, current.strip()]


def examples(statement: str, name: str, parameters: Sequence[str]) -> list[Example]:
    """The examples of a function, whose call or inputs and output are written as Python or JSON has them."""
    found: list[Example] = []
    for match in re.finditer(rf"(?<![\w.]){re.escape(name)}\(", statement):
        end = _closing(statement, match.end())
        arguments = _arguments(statement[match.end() : end], parameters) if end is not None else None
        if end is None or arguments is None:
            continue
        follows = _FOLLOWS.match(statement, end + 1)
        expected = value_at(statement, follows.end()) if follows else _NO_VALUE
        if expected is not _NO_VALUE:
            found.append(Example(arguments, expected))
    for match in _INPUT.finditer(statement):
        arguments = _arguments(match["input"].strip(" `\n"), parameters)
        expected = value_at(match["output"].strip(), 0)
        if arguments is not None and expected is not _NO_VALUE:
            found.append(Example(arguments, expected))
    return found


def example_texts(statement: str) -> list[Example]:
    """The examples of a whole program: blocks of input and output."""
    return [
        Example([f"{match['input'].strip(chr(10))}\n"], match["output"].strip())
        for match in _BLOCKS.finditer(statement)
    ]


def _arguments(text: str, parameters: Sequence[str]) -> list[Any] | None:
    """The values of a call's arguments, by place or by name; None where they are no literals or too few."""
    try:
        call = ast.parse(f"f({text[:_LONGEST_CALL]})", mode="eval").body
        assert isinstance(call, ast.Call)
        values = dict(zip(parameters, (literal(argument) for argument in call.args), strict=False))
        values |= {str(word.arg): literal(word.value) for word in call.keywords}
    except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError):
        return None
    if len(call.args) > len(parameters) or any(name not in values for name in parameters[: len(values)]):
        return None
    return [values[name] for name in parameters if name in values] if values else None


def value_at(text: str, start: int) -> Any:
    """The literal that begins there, in quotes, brackets or code marks or bare; `_NO_VALUE` where there is none."""
    rest = text[start : start + _LONGEST_CALL].lstrip(" \t*")
    if rest.startswith("`"):
        rest = rest.lstrip("`").partition("`")[0]
    lines = rest.splitlines()
    line = lines[0].rstrip() if lines else ""
    opening = line[:1]
    if opening in "([{" and opening:
        end = _closing(line, 1)
        return _literal(line[: end + 1]) if end is not None else _NO_VALUE
    if opening and opening in "\"'":
        end = line.find(opening, 1)
        return line[1:end] if end > 0 else _NO_VALUE
    word = re.match(r"[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?|True|False|None|true|false|null", line)
    return _literal(word[0].rstrip(",")) if word else _NO_VALUE


def _literal(text: str) -> Any:
    words = {"true": True, "false": False, "null": None}
    if text in words:
        return words[text]
    try:
        return literal(
            ast.parse(
                re.sub(r"(?<=\d),(?=\d{3}\b)", "", text) if text[:1] not in "([{" else text, mode="eval"
            ).body
        )
    except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError):
        return _NO_VALUE


def is_value(value: Any) -> bool:
    """Whether `value_at` found one."""
    return value is not _NO_VALUE


def states_bounds(statement: str) -> bool:
    """Whether the statement says how large something can be."""
    return _BOUND.search(statement) is not None


def beyond(statement: str, inputs: Sequence[Any]) -> str | None:
    """How inputs leave the bounds that the statement states, in words; None where they do not.

    It is a coarse test: no number and no length is larger than the largest number of the statement, and none is
    negative where no negative number is spoken of.
    """
    stated = [abs(one.value) for one in numbers_of(statement).found]
    most = max(stated, default=None)
    if most is None:
        return None
    largest = max((abs(number) for value in inputs for number in _numbers(value)), default=0)
    if largest > most:
        return f"the generator draws {_short(largest)}, which is more than any number in the statement"
    longest = max((length for value in inputs for length in _lengths(value, 0)), default=0)
    if longest > most:
        return f"the generator draws {longest} values, which is more than any number in the statement"
    lowest = min((number for value in inputs for number in _numbers(value)), default=0)
    speaks = _NEGATIVE.search(_NOT_NEGATIVE.sub(" ", statement))
    return (
        "the generator draws negative numbers, which the statement does not speak of"
        if lowest < 0 and not speaks
        else None
    )


def _short(number: float) -> str:
    return str(number)[:30]


def _numbers(value: Any) -> Iterator[float]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack += [*item.values()]
        elif isinstance(item, list | tuple):
            stack += item
        elif isinstance(item, int | float) and not isinstance(item, bool):
            yield item
        elif isinstance(item, str):
            yield from (int(digits) for digits in re.findall(r"-?\b\d{1,40}\b", item)[:1_000])


def _lengths(value: Any, depth: int) -> Iterator[int]:
    if isinstance(value, list) and depth < 4:
        if depth:
            yield len(value)
        for item in value:
            yield from _lengths(item, depth + 1)
