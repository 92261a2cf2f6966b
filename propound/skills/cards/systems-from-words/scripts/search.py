"""All whole-number solutions of conditions within bounds: does a word problem have exactly one?"""

from itertools import islice, product
from math import prod

MOST = 5_000_000
"""Most combinations that are tried."""


def solutions(bounds, condition, most=10):
    """Solutions as dicts, at most `most`.

    bounds: {"a": (low, high)}, both ends included; condition: a function of the names that says whether they fit.
    ValueError if there are more than MOST combinations to try: narrow the bounds, or solve one relation by hand.
    """
    names = list(bounds)
    ranges = [range(low, high + 1) for low, high in bounds.values()]
    if prod(map(len, ranges)) > MOST:
        raise ValueError(f"more than {MOST} combinations")
    tried = (dict(zip(names, values)) for values in product(*ranges))
    return list(islice((found for found in tried if condition(**found)), most))


def verdict(bounds, condition):
    """One sentence: contradictory, unique with its values, or ambiguous with two of the solutions."""
    found = solutions(bounds, condition, most=2)
    if not found:
        return "contradictory: no values within the bounds fit"
    if len(found) == 1:
        return f"unique: {found[0]}"
    return f"ambiguous: {found[0]} and {found[1]} both fit"
