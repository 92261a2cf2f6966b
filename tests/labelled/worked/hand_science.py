"""The hand-made problems in science, worked out apart from what their authors hand in (see `work_out.py`)."""

from __future__ import annotations

from fractions import Fraction
from math import log10, pi, sin, sqrt
from typing import Any


def hand_s43() -> list[Any] | None:
    return [f"{12 * (12 / 6):g} W"]


def hand_s44() -> list[Any] | None:
    return [f"{3.0 * 10 / 60:.2f} m/s"]


def hand_s45() -> list[Any] | None:
    return [f"{2.0 * t / (2 * 96485) * 63.55:.2f} g" for t in (1800, 3600)]


def hand_s46() -> list[Any] | None:
    return [f"{30 * 9.81:.1f} kPa"]


def hand_s47() -> list[Any] | None:
    return [Fraction(313, 293), 2]


def hand_s48() -> list[Any] | None:
    return [3.0e8 / n for n in (1.5,) if abs(n - sin(pi / 6) / sin(pi / 4)) < 0.01]


def hand_s49() -> list[Any] | None:
    return [3 * 5730]


def hand_s50() -> list[Any] | None:
    return [f"{30 * 3 / 2:g} m"]


def hand_s51() -> list[Any] | None:
    return ["Fe2O3"] if abs(30.06 / 16.00 / (69.94 / 55.85) - 1.5) < 0.01 else []


def hand_s52() -> list[Any] | None:
    return ["350 J"]


def hand_s53() -> list[Any] | None:
    return [f"{0.080 * 60:g} C"]


def hand_s54() -> list[Any] | None:
    return [f"{500 / 60:.1f} min"]


def hand_s55() -> list[Any] | None:
    return [f"{600 / 250:g} L"]


def hand_s56() -> list[Any] | None:
    return [f"{2.0 * 10 / 200:g} m"]


def hand_s01() -> list[Any] | None:
    return [f"{sqrt(392.4):.1f} m/s"]


def hand_s02() -> list[Any] | None:
    return [f"{36 / 5:g} ohm"]


def hand_s03() -> list[Any] | None:
    return [f"{8.314 * 300 / 0.0100 / 1000:.0f} kPa"]


def hand_s04() -> list[Any] | None:
    return [f"{(4 * 60.0 + 7 * 23.4) / 11:.1f} °C"]


def hand_s05() -> list[Any] | None:
    return [f"{4.03 * 18.02 / 2.016:.1f} g"]


def hand_s06() -> list[Any] | None:
    flight = 2 * 20.0 * sqrt(0.5) / 9.81
    return [f"{20.0 * sqrt(0.5) * flight:.1f} m"]


def hand_s07() -> list[Any] | None:
    return [f"{sqrt(2 * 1.28 / 0.160):.1f} m/s"]


def hand_s08() -> list[Any] | None:
    return [f"{60 / 8:g} mg"]


def hand_s09() -> list[Any] | None:
    return [f"{0.030 / 0.250:.2f} mol/L"]


def hand_s10() -> list[Any] | None:
    return [f"{1 / (1 / 12 - 1 / 20):.0f} cm"]


def hand_s11() -> list[Any] | None:
    return [f"{0.200 * 9.81:.1f} N"]


def hand_s12() -> list[Any] | None:
    return [f"{3 - log10(5):.2f}"]


def hand_s13() -> list[Any] | None:
    return [Fraction(60 * 2 * 365, 1000) / 4]


def hand_s14() -> list[Any] | None:
    return ["1.5 m/s"] if 20 * 3.0 == 40 * 1.5 else []


def hand_s15() -> list[Any] | None:
    return [f"{2.00 * 17.0:.1f} g"]


def hand_s16() -> list[Any] | None:
    return [f"{340 / 500:g} m"]


def hand_s17() -> list[Any] | None:
    return ["200000000 kJ"] if 10**5 * (2 * 10**3) ** 2 // 2 == 2 * 10**11 else []


def hand_s18() -> list[Any] | None:
    return [f"{1120 / 125:.2f} g/cm^3"]


def hand_s19() -> list[Any] | None:
    return [f"{0.012 * 30 / 2:.2f} J"]


def hand_s20() -> list[Any] | None:
    return [Fraction(1, 4) * Fraction(3, 4)]


def hand_s21() -> list[Any] | None:
    return [f"{600 * 16 * 16} J"]


def hand_s22() -> list[Any] | None:
    return [f"{sqrt(196.2):.1f} m/s"]


def hand_s23() -> list[Any] | None:
    return [f"{101.6e3 * 67.0e-3 / (8.314 * 300):.2f} mol"]


def hand_s24() -> list[Any] | None:
    return [f"{0.5 * m * 10.4**2:.0f} J" for m in (60, 75)]


def hand_s25() -> list[Any] | None:
    return ["0.75 A", f"{12 / 4 + 12 / 12:g} A"]


def hand_s26() -> list[Any] | None:
    return [p for p in (450,) if p == 500 - 120]


def hand_s27() -> list[Any] | None:
    return [f"{0.500 * 4.18 * 40:.1f} kJ"]


def hand_s28() -> list[Any] | None:
    return [f"{135 / 50:g} g/cm^3"]


def hand_s29() -> list[Any] | None:
    return ["40 s", "400 m"]


def hand_s30() -> list[Any] | None:
    return [f"{100 / 8:g} mg"]


def hand_s31() -> list[Any] | None:
    return [f"{300 / 20:g} cm"]


def hand_s32() -> list[Any] | None:
    return [f"{130 * g:.0f} N" for g in (3.71, 8.87)]


def hand_s33() -> list[Any] | None:
    return [f"{0.200 / 0.400:.2f} mol/L"]


def hand_s34() -> list[Any] | None:
    return [mu for mu in (0.30,) if mu == 0]


def hand_s35() -> list[Any] | None:
    return [f"{3 * 44} g"]


def hand_s36() -> list[Any] | None:
    return ["490.5 W"]


def hand_s37() -> list[Any] | None:
    return [f"{sqrt(9.8 * 6400 / 1000):.1f} km/s"]


def hand_s38() -> list[Any] | None:
    return [f"{12 * 100 / 400:.1f} V"]


def hand_s39() -> list[Any] | None:
    return [f"{0.0040 / 2 / 0.0200:.3f} mol/L"]


def hand_s40() -> list[Any] | None:
    return [f"{2500 * 40 * 1.2e-5:.1f} cm"]


def hand_s41() -> list[Any] | None:
    return ["1020 m"] if 340 * 3 == 1020 else []


def hand_s42() -> list[Any] | None:
    return [f"{30 / 0.75:.0f} N"]
