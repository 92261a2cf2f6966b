"""Solves networks of resistors exactly: potentials of the nodes, currents, equivalent resistance."""

from fractions import Fraction

MOST = 60
"""Most nodes."""


def potentials(resistors, fixed):
    """The potential of every node, in volts.

    resistors: (node, node, ohms), all above 0; fixed: {node: volts}, the ends of sources. Currents that flow into any
    other node add up to 0 (Kirchhoff).
    ValueError if a part of the network hangs on no fixed node.
    """
    if any(Fraction(ohms) <= 0 for _, _, ohms in resistors):
        raise ValueError("a resistance has to be above 0")
    level = {node: Fraction(volts) for node, volts in fixed.items()}
    free = sorted({node for a, b, _ in resistors for node in (a, b)} - set(fixed), key=str)
    if len(free) > MOST:
        raise ValueError(f"more than {MOST} nodes")
    rows = [[Fraction(0)] * (len(free) + 1) for _ in free]
    for a, b, ohms in resistors:
        for node, other in ((a, b), (b, a)):
            if node in level or a == b:
                continue
            row = rows[free.index(node)]
            row[free.index(node)] += 1 / Fraction(ohms)
            if other in level:
                row[-1] += level[other] / Fraction(ohms)
            else:
                row[free.index(other)] -= 1 / Fraction(ohms)
    return level | dict(zip(free, _eliminated(rows)))


def currents(resistors, fixed):
    """The current through each resistor in amperes, in their order, from its first node to its second."""
    level = potentials(resistors, fixed)
    return [(level[a] - level[b]) / Fraction(ohms) for a, b, ohms in resistors]


def equivalent(resistors, one, other):
    """The resistance between two nodes, in ohms."""
    level = potentials(resistors, {one: 1, other: 0})
    flowing = sum(
        (level[a] - level[b]) / Fraction(ohms) * ((a == one) - (b == one)) for a, b, ohms in resistors
    )
    if flowing == 0:
        raise ValueError("the two nodes are not connected")
    return 1 / flowing


def _eliminated(rows):
    size = len(rows)
    for column in range(size):
        pivot = next((row for row in range(column, size) if rows[row][column]), None)
        if pivot is None:
            raise ValueError("a part of the network hangs on no source: its potential is not determined")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        scale = rows[column][column]
        rows[column] = [value / scale for value in rows[column]]
        for row in range(size):
            factor = rows[row][column]
            if row != column and factor:
                rows[row] = [value - factor * above for value, above in zip(rows[row], rows[column])]
    return [row[-1] for row in rows]
