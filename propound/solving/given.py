"""What a program is given (GIVEN, with BOUNDS), nearby values of it, and the statement redrawn with others.

A program that names what is given can be run on other numbers: to see whether each of them matters, to compare two
programs, and to make siblings of a problem. Programs run in the sandbox; what is here reads, changes and writes text.
"""

from __future__ import annotations

import ast
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from propound.errors import SandboxFailedError
from propound.problem import MAX_STATEMENT, Work
from propound.sandbox import ExecutionStatus, Limits, Program, Sandbox
from propound.solving.rerun import PATIENCE, TASK
from propound.solving.source import GIVEN, SOLVE, Source, UnreadableSourceError, literal
from propound.solving.stated import numbers_of

CHANGES = 5
"""Changes of each given value that are tried."""
MAX_GIVEN = 24
"""Most names in GIVEN."""
MAX_ITEMS = 64
"""Longest list or text among the given values that is changed."""
SECONDS = 0.5
"""Processor time of one run on other values."""
LATE = 2
"""Runs that may be over their time before the others are left out."""
_OUTPUT = 400_000

_SLOT = re.compile(r"(\\[A-Za-z]+ ?|[}^_])?\{([A-Za-z_]\w{0,40})(:,)?\}")
"""A slot; behind a command, a power or an index of LaTeX its braces stay."""
_RERUN = Path(__file__).with_name("rerun.py").read_text(encoding="utf-8")
_SHOW = """

def _shown(value):
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(_shown, value))
        return "[" + inner + "]" if isinstance(value, list) else "(" + inner + ("," * (len(value) == 1)) + ")"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(_shown, value))) + "}"
    return str(value)

"""
"""Written below a program with `solve`, so that what it returns is printed."""


class GivenError(Exception):
    """GIVEN, BOUNDS, solve or the slots do not fit together; the message says how, for the agent."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a program is given."""

    values: Mapping[str, Any] = field(default_factory=dict)
    """By name: numbers, texts, truth values, None, and lists, tuples and dictionaries of these."""
    bounds: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """Lowest and highest value of some, by name; both count."""


class SlotError(Exception):
    """A slot cannot be filled; the message says why, for the agent."""


def read_given(program: str) -> Mapping[str, Any]:
    """What a program names as given; empty where it names nothing, or nothing that can be read."""
    try:
        given = given_of(Source(program))
    except (UnreadableSourceError, GivenError):
        return {}
    return given.values if given else {}


def given_of(source: Source) -> Given | None:
    """What the program says that it is given; None where it says nothing of it.

    Raises:
        GivenError: it cannot be read, or does not fit to `solve`.
    """
    node = source.given_node
    if node is None:
        return None
    try:
        values = literal(node)
    except (ValueError, TypeError, RecursionError):
        raise GivenError("GIVEN has to be a dictionary of plain values, written out") from None
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise GivenError("GIVEN has to be a dictionary from names to values")
    if not values or len(values) > MAX_GIVEN:
        raise GivenError(f"GIVEN has to name 1 to {MAX_GIVEN} values")
    if source.has_solve:
        _fit(values, source)
    return Given(values, _bounds(source, values))


def _fit(values: Mapping[str, Any], source: Source) -> None:
    parameters = source.parameters(SOLVE)
    assert parameters is not None
    named = [argument.arg for argument in (*parameters.args, *parameters.kwonlyargs)]
    optional = set(named[len(parameters.args) - len(parameters.defaults) : len(parameters.args)])
    optional |= {
        one.arg for one, default in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True) if default
    }
    missing = [name for name in named if name not in values and name not in optional]
    unknown = [name for name in values if name not in named]
    if missing or parameters.posonlyargs:
        raise GivenError(
            f"solve takes {missing[0] if missing else 'unnamed values'}, which GIVEN does not name"
        )
    if unknown and parameters.kwarg is None:
        raise GivenError(f"GIVEN names {unknown[0]}, which solve does not take")


def _bounds(source: Source, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    node = source.bounds_node
    if node is None:
        return {}
    try:
        found = literal(node)
    except (ValueError, TypeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise GivenError("BOUNDS has to be a dictionary from names to (lowest, highest)")
    bounds: dict[str, tuple[Any, Any]] = {}
    for name, pair in found.items():
        if name not in values:
            raise GivenError(f"BOUNDS names {str(name)[:40]}, which GIVEN does not")
        value = values[name]
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(map(_is_number, (*pair, value))):
            raise GivenError(f"BOUNDS has to give (lowest, highest) of a number for {name}")
        low, high = pair
        if not low <= value <= high or low == high:
            raise GivenError(f"the bounds of {name} have to be two different numbers around its value")
        bounds[name] = (low, high)
    return bounds


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Fraction) and not isinstance(value, bool)


def changed(given: Given, name: str, rng: random.Random) -> list[dict[str, Any]]:
    """Up to five ways in which the value of that name could be another one of its form, within its bounds."""
    value, bounds = given.values[name], given.bounds.get(name)
    found: list[Any] = []
    for _ in range(8 * CHANGES):
        other = _other(value, bounds, rng, len(found))
        if other is not None and other != value and other not in found:
            found.append(other)
        if len(found) == CHANGES:
            break
    return [{**given.values, name: other} for other in found]


def _other(value: Any, bounds: tuple[Any, Any] | None, rng: random.Random, turn: int) -> Any:
    """Another value of the same form; None for none. The first turns are near, the later ones further away."""
    match value:
        case bool():
            return not value
        case int() | float() | Fraction():
            return _drawn(value, bounds, rng) if bounds else _near(value, rng, turn)
        case str():
            return _respelled(value, rng)
        case list() | tuple() if 0 < len(value) <= MAX_ITEMS:
            place = rng.randrange(len(value))
            item = _other(value[place], None, rng, turn)
            return None if item is None else type(value)([*value[:place], item, *value[place + 1 :]])
        case dict() if 0 < len(value) <= MAX_ITEMS:
            key = rng.choice(list(value))
            item = _other(value[key], None, rng, turn)
            return None if item is None else {**value, key: item}
    return None


def _drawn(value: Any, bounds: tuple[Any, Any], rng: random.Random) -> Any:
    """Within bounds, with as many decimals as the value has; None where there is no such value."""
    low, high = map(Fraction, bounds)
    step = _step(value)
    first, last = -(-low // step), high // step
    return None if first > last else _of_form(step * rng.randint(int(first), int(last)), value)


def _near(value: Any, rng: random.Random, turn: int) -> Any:
    """1 or 2 more or less, then about half and double; a positive number stays positive, a share stays below 1."""
    step, size = _step(value), abs(Fraction(repr(value)) if isinstance(value, float) else Fraction(value))
    if turn < 2 or size == 0:
        other = Fraction(rng.choice((1, 2, 3))) * step * rng.choice((1, -1))
        other += size
    else:
        other = size * rng.choice((Fraction(1, 2), Fraction(2, 3), Fraction(3, 2), Fraction(2)))
        other = round(other / step) * step
    if other < 0 or (other == 0 and size > 0) or (size < 1 <= other):
        return None
    return _of_form(-other if value < 0 else other, value)


def _step(value: Any) -> Fraction:
    """The place of the last digit: 1 for 12, 0.1 for 2.5, 1/6 for 5/6."""
    if isinstance(value, Fraction):
        return Fraction(1, value.denominator)
    if isinstance(value, int):
        return Fraction(1)
    denominator = min(Fraction(repr(value)).denominator, 10**6)
    places = next((n for n in range(7) if 10**n % denominator == 0), 6)
    return Fraction(1, 10 ** max(places, 1))


def _of_form(number: Fraction, value: Any) -> Any:
    if isinstance(value, int):
        return int(number)
    return float(number) if isinstance(value, float) else number


def _respelled(text: str, rng: random.Random) -> str | None:
    """A letter or a digit of a text is another one."""
    if not 0 < len(text) <= 40 * MAX_ITEMS:
        return None
    place = rng.randrange(len(text))
    sign = text[place]
    others = "0123456789" if sign.isdigit() else "ABCDEGHKLMNPRST" if sign.isupper() else "abcdeghklmnprst"
    return text[:place] + rng.choice(others) + text[place + 1 :]


def rewritten(source: Source, values: Mapping[str, Any] | None = None) -> str:
    """The program with other values in GIVEN; with `solve`, it prints what that returns and nothing else.

    Raises:
        GivenError: there is no GIVEN in it.
    """
    node = source.given_node
    if node is None:
        raise GivenError("the program has no GIVEN")
    program = source.program if values is None else _with(source.program, node, _written(values))
    if not source.has_solve:
        return program
    silent = "import sys as _sys, io as _io\n_out, _sys.stdout = _sys.stdout, _io.StringIO()\n"
    head, body = _after_future(program)
    shown = f"_result = _shown({SOLVE}(**{GIVEN}))\n_sys.stdout = _out\nprint(_result)\n"
    return f"{head}{silent}{body}\n{_SHOW}{shown}"


def regiven(program: str, values: Mapping[str, Any]) -> str:
    """The program with other values in GIVEN, and otherwise as it is.

    Raises:
        GivenError: there is no GIVEN in it.
        UnreadableSourceError: it is no Python.
    """
    source = Source(program)
    if source.given_node is None:
        raise GivenError("the program has no GIVEN")
    return _with(program, source.given_node, _written(values))


def _after_future(program: str) -> tuple[str, str]:
    """The lines up to the last `from __future__`, which has to come first, and the rest."""
    tree = ast.parse(program)
    last = max(
        (
            node.end_lineno or 0
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        ),
        default=0,
    )
    lines = program.splitlines(keepends=True)
    return "".join(lines[:last]), "".join(lines[last:])


def _with(program: str, node: ast.expr, text: str) -> str:
    lines = program.encode().splitlines(keepends=True)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    before = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    after = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
    return (before + text.encode() + after).decode()


def _written(value: Any) -> str:
    """A value as Python source; a ratio needs no import."""
    if isinstance(value, Fraction):
        return f"__import__('fractions').Fraction({value.numerator}, {value.denominator})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_written(key)}: {_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, tuple):
        return "(" + "".join(f"{_written(item)}, " for item in value) + ")"
    return repr(value)


def outputs_on(
    program: str, givens: Sequence[Mapping[str, Any]], sandbox: Sandbox, *, seconds: float = SECONDS
) -> list[str | None]:
    """What a program with GIVEN prints on each of some other values of it; None where it fails or takes too long.

    Raises:
        SandboxFailedError: the sandbox failed; nothing can be said about the program.
    """
    try:
        source = Source(program)
        sources = [rewritten(source, values) for values in givens]
    except (UnreadableSourceError, GivenError, ValueError):
        return [None] * len(givens)
    return printed_by(sources, sandbox, seconds=seconds)


def printed_by(sources: Sequence[str], sandbox: Sandbox, *, seconds: float = SECONDS) -> list[str | None]:
    """What each of some programs prints, run one after the other in one process; None where it fails.

    Raises:
        SandboxFailedError: the sandbox failed; nothing can be said about the programs.
    """
    if not sources:
        return []
    names = [f"program_{number}.py" for number in range(len(sources))]
    files = {name: source.encode("utf-8", "replace") for name, source in zip(names, sources, strict=True)}
    files[TASK] = json.dumps({"programs": names, "seconds": seconds, "late": LATE}).encode()
    total = seconds * (LATE + 2) + 2
    limits = Limits(wall_s=PATIENCE * total, cpu_s=total, memory_mb=1024, output_bytes=_OUTPUT)
    execution = sandbox.run(Program(_RERUN, files=files, limits=limits))
    if execution.status is ExecutionStatus.FAILED:
        raise SandboxFailedError(execution.reason)
    return _lines(execution.stdout, len(sources))


def _lines(written: bytes, number: int) -> list[str | None]:
    found: list[str | None] = []
    for line in written.decode("utf-8", "replace").split("\n")[:number]:
        try:
            text = json.loads(line)
        except (ValueError, RecursionError):
            break
        found.append(text.strip() if isinstance(text, str) else None)
    return found + [None] * (number - len(found))


def slots(template: str) -> tuple[str, ...]:
    """The names of the slots of a template, in order and without repetition."""
    return tuple(dict.fromkeys(match[2] for match in _SLOT.finditer(template)))


def fill(template: str, values: Mapping[str, Any]) -> str:
    """The template with its slots filled: `{n}` by the value as it is written, `{n:,}` with separated thousands.

    Braces of LaTeX stay: `x^{n}` becomes `x^{12}`. A slot without a value stays as it is.

    Raises:
        SlotError: a value has no form that could stand in a text.
    """

    def filled(match: re.Match[str]) -> str:
        before, name, grouped = match.groups()
        if name not in values:
            return match[0]
        text = _shown(name, values[name], grouped is not None)
        return f"{before}{{{text}}}" if before else text

    return _SLOT.sub(filled, template)


def _shown(name: str, value: Any, grouped: bool) -> str:
    if isinstance(value, list | tuple) and value:
        return ", ".join(_shown(name, item, grouped) for item in value)
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction | str):
        raise SlotError(f"the slot {{{name}}} needs a number, a text or a list of these in GIVEN")
    return f"{value:,}" if grouped and isinstance(value, int | float) else str(value)


def redraw(work: Work, rng: random.Random) -> tuple[str, dict[str, Any]] | None:
    """The statement of a sibling and what it is given: other values in all slots that BOUNDS names.

    None where there are none, or where a number of such a slot also stands outside of it. The values may happen to be
    the old ones.
    """
    if not work.template:
        return None
    try:
        given = given_of(Source(work.program))
    except (UnreadableSourceError, GivenError):
        return None
    names = slots(work.template)
    if given is None or any(name not in given.values for name in names):
        return None
    names = tuple(name for name in names if name in given.bounds)
    rest = numbers_of(_SLOT.sub(" ", work.template))
    if any(rest.hold(Fraction(str(given.values[name]))) for name in names if abs(given.values[name]) > 2):
        return None
    drawn = {name: _drawn(given.values[name], given.bounds[name], rng) for name in names}
    if not drawn or any(value is None for value in drawn.values()):
        return None
    values = {**given.values, **drawn}
    try:
        statement = fill(work.template, values)
    except SlotError:
        return None
    return (statement, values) if len(statement) <= MAX_STATEMENT else None
