"""Composing skills: a chain in which each result feeds, or bounds, the next skill.

A composition is a list of `{"skill", "parameters"}`; a parameter fed by the step before is a reference:
`@` the result itself, `@p+q` the sum of numerator and denominator in lowest terms, `@%M+K` K more than the
remainder by M, `@*F` F times the result. Standard library only; runs inside the sandbox.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise, permutations
from types import SimpleNamespace
from typing import Any

from .values import ParameterType


class DrawError(ValueError):
    """No problem came out of these skills and this seed; the message says why."""


class CheckError(ValueError):
    """A composition, its answer or its statement did not stand up; the message says why."""


@dataclass(frozen=True)
class Port:
    """A parameter that the step before may feed, and the range in which it makes sense."""

    low: Fraction
    high: Fraction


@dataclass(frozen=True)
class Skill:
    """What the toolkit needs of a package: its typed interface, its wording and its script."""

    name: str
    domain: str
    category: str
    parameters: Mapping[str, ParameterType]
    ports: Mapping[str, Port]
    gives: str
    """`integer`, `rational`, `polynomial`, `set`, `tuple`, `quantity`, `ints` or `text`."""
    unit: str
    """Unit of a quantity result, otherwise empty."""
    bounds: Port | None
    """The range in which the result is plausible, in its unit."""
    port_unit: Mapping[str, str]
    conflicts: frozenset[str]
    forms: list[Mapping[str, Any]]
    script: str
    module: list[SimpleNamespace] = field(default_factory=list, compare=False, repr=False)

    @classmethod
    def from_catalogue(cls, entry: Mapping[str, Any]) -> Skill:
        """From one entry of the catalogue that `propound.skills.library` writes."""
        return cls(
            name=entry["name"],
            domain=entry["domain"],
            category=entry["category"],
            parameters={name: ParameterType.parse(text) for name, text in entry["parameters"].items()},
            ports={name: _port(port) for name, port in entry["takes"].items()},
            gives=entry["gives"],
            unit=entry["unit"],
            bounds=_port(entry["bounds"]) if entry.get("bounds") else None,
            port_unit={name: port["unit"] for name, port in entry["takes"].items()},
            conflicts=frozenset(entry["conflicts"]),
            forms=entry["forms"],
            script=entry["script"],
        )

    def offers(self, function: str) -> bool:
        """Whether the script defines the function."""
        return f"\ndef {function}(" in self.script

    def call(self, function: str, *arguments: Any, **keywords: Any) -> Any:
        """Call a function of the package's script. Only ever inside the sandbox: packages are untrusted."""
        if not self.module:
            namespace: dict[str, Any] = {"__name__": self.name.replace("-", "_")}
            exec(compile(self.script, f"{self.name}/skill.py", "exec"), namespace)  # noqa: S102
            self.module.append(SimpleNamespace(**namespace))
        return getattr(self.module[0], function)(*arguments, **keywords)

    def result(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        """`call` for a method that computes a result.

        Raises:
            DrawError: the method has none for these values.
        """
        try:
            return self.call(method, *arguments, **keywords)
        except (ValueError, ArithmeticError) as error:
            raise DrawError(f"{self.name} has no result: {error}") from error


def _port(entry: Mapping[str, str]) -> Port:
    return Port(Fraction(entry["low"]), Fraction(entry["high"]))


REFERENCE = re.compile(r"@(p\+q)?(?:%(\d{1,6})\+(\d{1,6})|\*(\d+(?:\.\d+)?))?")
FACTORS = ("0.1", "0.2", "0.25", "0.3", "0.4", "0.5", "0.6", "0.75", "0.8", "2", "3", "4", "5")


@dataclass(frozen=True)
class Reference:
    """A parsed reference to the result of the step before."""

    lowest_terms: bool = False
    modulus: int | None = None
    offset: int = 0
    factor: str | None = None

    @classmethod
    def parse(cls, text: Any) -> Reference | None:
        """The reference that `text` is, or None when it is an ordinary value."""
        match = REFERENCE.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            return None
        terms, modulus, offset, factor = match.groups()
        if modulus is not None and int(modulus) < 2:
            return None
        return cls(bool(terms), int(modulus) if modulus else None, int(offset or 0), factor)

    def __str__(self) -> str:
        text = "@p+q" if self.lowest_terms else "@"
        if self.modulus is not None:
            text += f"%{self.modulus}+{self.offset}"
        return text + (f"*{self.factor}" if self.factor else "")

    def apply(self, value: Any) -> Any:
        """The value that the reference stands for.

        Raises:
            DrawError: the conversion has no meaning for this value.
        """
        if self.lowest_terms:
            fraction = Fraction(value)
            value = fraction.numerator + fraction.denominator
        if isinstance(value, Fraction) and value.denominator == 1:
            value = value.numerator
        if self.modulus is not None:
            if not isinstance(value, int) or value < 0:
                raise DrawError("a remainder needs a non-negative integer")
            value = value % self.modulus + self.offset
        return value * float(self.factor) if self.factor else value


def feeds(first: Skill, second: Skill) -> bool:
    """Whether the result of `first` can feed some port of `second` (types only, conflicts aside)."""
    return any(_fits(first, second, port) for port in second.ports)


def _fits(first: Skill, second: Skill, port: str) -> bool:
    kind = second.parameters[port].name
    if first.domain != second.domain:
        return False
    if first.gives == "quantity":
        return kind == "decimal" and first.unit == second.port_unit[port]
    if kind == "integer":
        return first.gives in ("integer", "rational")
    if kind == "rational":
        return first.gives in ("integer", "rational")
    return kind == first.gives


def conflict(skills: Sequence[Skill]) -> tuple[str, str] | None:
    """The first pair that declares itself incompatible, or None."""
    for index, first in enumerate(skills):
        for second in skills[index + 1 :]:
            if second.name in first.conflicts or first.name in second.conflicts:
                return first.name, second.name
    return None


def chains(skills: Sequence[Skill]) -> list[tuple[Skill, ...]]:
    """Every order in which each skill can feed the next."""
    return [
        order
        for order in permutations(sorted(skills, key=lambda skill: skill.name))
        if (order[0].domain != "coding" or order[0].ports)
        and all(feeds(first, second) for first, second in pairwise(order))
    ]


def draw(skills: Sequence[Skill], rng: random.Random, level: int) -> list[dict[str, Any]]:
    """A composition of `skills` with drawn parameters; nothing is filtered for quality here.

    Raises:
        DrawError: the skills exclude each other, form no chain, or no draw of theirs fits.
    """
    pair = conflict(skills)
    if pair:
        raise DrawError(f"{pair[0]} and {pair[1]} cannot be combined: drop or swap one of them")
    orders = chains(skills)
    if not orders:
        raise DrawError("no order of these skills lets each result feed the next")
    order = rng.choice(orders)
    composition: list[dict[str, Any]] = []
    value: Any = None
    for index, skill in enumerate(order):
        parameters, fixed = {}, {}
        if skill.domain == "coding":
            port = next(iter(skill.ports))
            parameters[port] = "@"
        elif index > 0:
            port, reference = _link(order[index - 1], skill, value, rng)
            parameters[port] = str(reference)
            fixed[port] = reference.apply(value)
        try:
            drawn = skill.call("draw", rng, level, dict(fixed))
        except ValueError as error:
            raise DrawError(f"{skill.name}: {error}") from error
        parameters = {name: parameters.get(name, drawn.get(name)) for name in skill.parameters}
        composition.append({"skill": skill.name, "parameters": parameters})
        if skill.domain != "coding":
            value = skill.result("solve", arguments(skill, parameters, value))
    return composition


def _link(first: Skill, second: Skill, value: Any, rng: random.Random) -> tuple[str, Reference]:
    ports = [port for port in second.ports if _fits(first, second, port)]
    rng.shuffle(ports)
    for port in ports:
        factors = () if second.port_unit[port] == "K" else FACTORS  # a share of a temperature means nothing
        reference = _reference(second.ports[port], second.parameters[port].name, value, rng, factors)
        if reference is not None:
            return port, reference
    raise DrawError(f"the result {shown(value)} of {first.name} is out of range for {second.name}")


def _reference(
    port: Port, kind: str, value: Any, rng: random.Random, factors: Sequence[str]
) -> Reference | None:
    if kind == "decimal":
        factors = [factor for factor in factors if port.low <= value * float(factor) <= port.high]
        if port.low <= value <= port.high and (not factors or rng.random() < 0.7):
            return Reference()
        return Reference(factor=rng.choice(factors)) if factors else None
    if kind == "rational":
        return Reference() if port.low <= value <= port.high else None
    if isinstance(value, Fraction) and value.denominator == 1:
        value = value.numerator
    lowest_terms = isinstance(value, Fraction)
    if isinstance(value, Fraction):
        value = value.numerator + value.denominator
    if port.low <= value <= port.high:
        return Reference(lowest_terms=lowest_terms)
    room = int(port.high - port.low) + 1
    if value < 0 or room < 4:
        return None
    modulus = rng.randint(max(3, min(room // 2, 500)), min(room, 999))
    offset = rng.randint(int(port.low), int(port.low) + min(room - modulus, 40)) if port.low >= 0 else 0
    return Reference(lowest_terms=lowest_terms, modulus=modulus, offset=offset)


def arguments(skill: Skill, parameters: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """Python values for `solve` and `recompute`: references resolved, rationals Fraction, decimals float."""
    typed: dict[str, Any] = {}
    for name, kind in skill.parameters.items():
        given = parameters[name]
        reference = Reference.parse(given)
        if reference is not None:
            typed[name] = _fed(skill, name, reference.apply(value))
        elif kind.name == "rational":
            typed[name] = Fraction(given)
        elif kind.name == "decimal":
            typed[name] = float(given)
        else:
            typed[name] = given
    return typed


def _fed(skill: Skill, name: str, value: Any) -> Any:
    """The value as the port takes it.

    Raises:
        DrawError: the port takes no such value.
    """
    port, kind = skill.ports[name], skill.parameters[name].name
    if kind == "integer" and not isinstance(value, int):
        raise DrawError(f"{skill.name}: {name} must be an integer, not {shown(value)}")
    if not port.low <= value <= port.high:
        raise DrawError(f"{skill.name}: {name} = {shown(value)} is out of range")
    return Fraction(value) if kind == "rational" else value


def evaluate(
    skills: Sequence[Skill],
    composition: Sequence[Mapping[str, Any]],
    method: str,
    *,
    start: Any = None,
    after: Callable[[int, Any], Any] | None = None,
) -> list[Any]:
    """Results of every step under `method` (`solve` or `recompute`).

    `start` is the function's input in coding; `after(index, result)` may replace a result on its way on.
    """
    value, results = start, []
    for index, (skill, use) in enumerate(zip(skills, composition, strict=True)):
        if skill.domain == "coding":
            port = next(iter(skill.ports))
            others = {name: given for name, given in use["parameters"].items() if name != port}
            value = skill.result(method, value, **others)
        else:
            value = skill.result(method, arguments(skill, use["parameters"], value))
        results.append(value)
        if after:
            value = after(index, value)
    return results


def shown(value: Any) -> str:
    """A value short enough for a message."""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
