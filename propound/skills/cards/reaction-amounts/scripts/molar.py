"""Molar masses from formulas, and whether a chemical equation is balanced."""

import re

MASSES = {
    "H": 1.008, "He": 4.0026, "Li": 6.94, "Be": 9.0122, "B": 10.81, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998,
    "Ne": 20.180, "Na": 22.990, "Mg": 24.305, "Al": 26.982, "Si": 28.085, "P": 30.974, "S": 32.06, "Cl": 35.45,
    "Ar": 39.95, "K": 39.098, "Ca": 40.078, "Ti": 47.867, "Cr": 51.996, "Mn": 54.938, "Fe": 55.845, "Co": 58.933,
    "Ni": 58.693, "Cu": 63.546, "Zn": 65.38, "Br": 79.904, "Sr": 87.62, "Ag": 107.87, "Sn": 118.71, "I": 126.90,
    "Ba": 137.33, "Pt": 195.08, "Au": 196.97, "Hg": 200.59, "Pb": 207.2,
}  # fmt: skip
"""Standard atomic weights (IUPAC, abridged), in g/mol."""
_PART = re.compile(r"([A-Z][a-z]?)|(\()|(\))")


def atoms(formula):
    """How many atoms of each element a formula holds: "Ca(OH)2" -> {"Ca": 1, "O": 2, "H": 2}.

    ValueError for what is no formula; charges and water of crystallisation are not read.
    """
    stack, place = [{}], 0
    while place < len(formula):
        part = _PART.match(formula, place)
        if part is None or len(stack) > 10:
            raise ValueError(f"{formula!r} cannot be read from {formula[place:]!r} on")
        number = re.compile(r"\d{0,4}").match(formula, part.end())
        count, place = int(number.group() or 1), number.end()
        if part.group(2):
            if number.group():
                raise ValueError(f"{formula!r}: a number after an opening bracket")
            stack.append({})
            continue
        if part.group(3):
            inside = stack.pop()
            if not stack:
                raise ValueError(f"{formula!r}: a bracket is closed that was never opened")
        else:
            inside = {part.group(1): 1}
        for element, many in inside.items():
            stack[-1][element] = stack[-1].get(element, 0) + many * count
    if len(stack) != 1 or not stack[0]:
        raise ValueError(f"{formula!r}: a bracket is not closed, or there is nothing")
    return stack[0]


def molar_mass(formula):
    """In g/mol. ValueError for an element that is not in MASSES."""
    found = atoms(formula)
    unknown = sorted(set(found) - set(MASSES))
    if unknown:
        raise ValueError(f"no atomic weight of {', '.join(unknown)} here")
    return sum(MASSES[element] * count for element, count in found.items())


def imbalance(equation):
    """What is wrong with "2 H2 + O2 -> 2 H2O": {element: atoms right minus left}, empty if it is balanced."""
    left, arrow, right = equation.partition("->")
    if not arrow:
        raise ValueError("an equation has an arrow, ->")
    difference = {}
    for side, sign in ((left, -1), (right, 1)):
        for term in side.split("+"):
            match = re.fullmatch(r"\s*(\d{0,4})\s*([A-Za-z0-9()]+)\s*", term)
            if match is None:
                raise ValueError(f"{term.strip()!r} is no substance with a coefficient")
            for element, count in atoms(match.group(2)).items():
                difference[element] = difference.get(element, 0) + sign * int(match.group(1) or 1) * count
    return {element: count for element, count in difference.items() if count}
