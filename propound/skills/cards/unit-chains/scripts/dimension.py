"""Numbers with units, exactly: products, quotients and sums of like ones, and conversion."""

import re
from fractions import Fraction

BASES = ("m", "kg", "s", "A", "K", "mol", "item")
"""What every unit is made of."""
_PLAIN = {
    "m": (1, {"m": 1}), "g": (Fraction(1, 1000), {"kg": 1}), "s": (1, {"s": 1}), "A": (1, {"A": 1}),
    "K": (1, {"K": 1}), "mol": (1, {"mol": 1}), "item": (1, {"item": 1}), "min": (60, {"s": 1}), "h": (3600, {"s": 1}),
    "d": (86400, {"s": 1}), "L": (Fraction(1, 1000), {"m": 3}), "t": (1000, {"kg": 1}), "ha": (10000, {"m": 2}),
    "N": (1, {"kg": 1, "m": 1, "s": -2}), "Pa": (1, {"kg": 1, "m": -1, "s": -2}),
    "bar": (100000, {"kg": 1, "m": -1, "s": -2}), "J": (1, {"kg": 1, "m": 2, "s": -2}),
    "W": (1, {"kg": 1, "m": 2, "s": -3}), "Wh": (3600, {"kg": 1, "m": 2, "s": -2}), "Hz": (1, {"s": -1}),
    "C": (1, {"A": 1, "s": 1}), "V": (1, {"kg": 1, "m": 2, "s": -3, "A": -1}),
    "ohm": (1, {"kg": 1, "m": 2, "s": -3, "A": -2}),
}  # fmt: skip
_PREFIXES = {"n": -9, "u": -6, "m": -3, "c": -2, "d": -1, "h": 2, "k": 3, "M": 6, "G": 9}
_FACTOR = re.compile(r"([A-Za-z]+)(?:\^(-?\d))?")


class Quantity:
    """A number with a dimension; the value is exact and in base units."""

    def __init__(self, value, dimension):
        self.value = Fraction(value)
        self.dimension = {base: power for base, power in dimension.items() if power}

    def to(self, unit):
        """The number in that unit, as a Fraction. ValueError if it is a unit of something else."""
        scale, dimension = parse(unit)
        if dimension != self.dimension:
            raise ValueError(f"{unit} is a unit of {dimension}, and this is {self.dimension}")
        return self.value / scale

    def __add__(self, other):
        if not isinstance(other, Quantity) or other.dimension != self.dimension:
            raise ValueError("only like quantities can be added")
        return Quantity(self.value + other.value, self.dimension)

    def __mul__(self, other):
        other = other if isinstance(other, Quantity) else Quantity(Fraction(other), {})
        return Quantity(self.value * other.value, _combined(self.dimension, other.dimension, 1))

    __rmul__ = __mul__

    def __truediv__(self, other):
        other = other if isinstance(other, Quantity) else Quantity(Fraction(other), {})
        return Quantity(self.value / other.value, _combined(self.dimension, other.dimension, -1))

    def __repr__(self):
        return f"Quantity({self.value}, {self.dimension})"


def quantity(number, unit):
    """A number with a unit such as "km/h", "g/cm^3" or "L/min"; decimals as text stay exact."""
    scale, dimension = parse(unit)
    return Quantity(Fraction(number) * scale, dimension)


def parse(unit):
    """Scale and dimension of a unit: factors joined by `*`, at most one `/`, powers by `^`. ValueError otherwise."""
    above, slash, below = unit.partition("/")
    scale, dimension = Fraction(1), {}
    for factors, sign in ((above, 1), (below, -1)) if slash else ((above, 1),):
        for factor in factors.split("*"):
            match = _FACTOR.fullmatch(factor.strip())
            if match is None:
                raise ValueError(f"{unit!r} is not read here: write units such as kg*m^2/s^2")
            one, powers = _known(match.group(1))
            power = sign * int(match.group(2) or 1)
            scale *= Fraction(one) ** power
            dimension = _combined(dimension, powers, power)
    return scale, dimension


def _known(name):
    if name in _PLAIN:
        return _PLAIN[name]
    if name[0] in _PREFIXES and name[1:] in _PLAIN:
        scale, dimension = _PLAIN[name[1:]]
        return scale * Fraction(10) ** _PREFIXES[name[0]], dimension
    raise ValueError(f"the unit {name!r} is not known here")


def _combined(one, other, power):
    bases = [base for base in BASES if base in one or base in other]
    found = {base: one.get(base, 0) + power * other.get(base, 0) for base in bases}
    return {base: exponent for base, exponent in found.items() if exponent}
