"""What a unit is worth in base units, exactly, from pint's tables."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from propound.answers.reading.units import Unit

Dimension = dict[str, Fraction]

_ZERO_POINTS = {"degree_Celsius": Fraction("273.15"), "degree_Fahrenheit": Fraction("459.67")}


@dataclass(frozen=True, slots=True)
class Worth:
    """One unit in base units (metre, kilogram, second, ampere, kelvin, mole, candela, radian)."""

    factor: Fraction
    dimension: Dimension
    zero_point: Fraction | None
    """What is added to a temperature in °C or °F before it is scaled to kelvin; None for any other unit."""

    @property
    def without_angle(self) -> Dimension:
        """The dimension as the SI counts it: angles are pure numbers there."""
        return {name: power for name, power in self.dimension.items() if name != "radian"}


def worth(unit: Unit) -> Worth:
    """The worth of `unit`; °C in a product or quotient is a difference of one kelvin."""
    registry = _registry()
    factor, base = registry.get_base_units(registry.UnitsContainer(dict(unit)))
    dimension = {name: Fraction(power) for name, power in base._units.items()}  # noqa: SLF001  # pint has no other way
    alone = next(iter(unit)) if list(unit.values()) == [1] else ""
    return Worth(Fraction(factor), dimension, _ZERO_POINTS.get(alone))


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(non_int_type=Fraction)
