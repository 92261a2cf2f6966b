"""m = k efficiency I t M / (z F) with F = 96485 C/mol, in kilograms."""

import math


def neat(value, figures=2):
    """`value` in plain decimal notation with so many significant figures."""
    places = figures - 1 - math.floor(math.log10(value))
    if places <= 0:
        return str(int(round(value, places)))
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".")


def spread(rng, low, high):
    """A number between `low` and `high`, each order of magnitude equally likely."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


METALS = (("63.55", 2), ("107.87", 1), ("65.38", 2), ("58.69", 2), ("52.00", 3), ("118.71", 2), ("26.98", 3))
"""Molar mass and charge number: copper, silver, zinc, nickel, chromium, tin, aluminium."""


def draw(rng, level, fixed):
    molar, z = rng.choice(METALS)
    cells, eff = rng.randint(2, 12 * level), rng.randint(55, 99)
    per_charge = cells * eff / 100 * float(molar) / 1000 / z / 96485
    low, high = 0.004, 12 * level  # kilograms
    if "i" in fixed:
        i, t = fixed["i"], neat(min(max(spread(rng, low, high) / per_charge / fixed["i"], 15), 900000))
    else:
        t = fixed.get("t", neat(spread(rng, 300, 20000 * level)))
        one_ampere = per_charge * float(t)
        i = neat(spread(rng, max(low / one_ampere, 0.07), max(min(high / one_ampere, 1500), 1)))
    return {"i": i, "t": t, "cells": cells, "molar": molar, "z": z, "eff": eff}


def solve(p):
    moles = p["i"] * p["t"] * p["eff"] / 100 / (p["z"] * 96485)
    return p["cells"] * moles * p["molar"] / 1000


def recompute(p):
    # bisect for the grams in one cell whose ions need the charge that is left after the losses
    wasted = p["i"] * p["t"] * (100 - p["eff"]) / 100
    low, high = 0.0, 1.0

    def charge(grams):
        return grams / p["molar"] * 96485 * p["z"]

    while charge(high) + wasted < p["i"] * p["t"]:
        high *= 2
    for _ in range(90):
        middle = (low + high) / 2
        low, high = (middle, high) if charge(middle) + wasted < p["i"] * p["t"] else (low, middle)
    return sum(high for _ in range(p["cells"])) * 0.001


def degenerate(p, result):
    if not 0.005 < result < 1000:
        return "the mass is below five grams or above a tonne"
    if not 0.1 < p["i"] < 2000:
        return "the current is implausible for such a plant"
    return "the electrolysis takes more than two weeks" if p["t"] > 1209600 else None
