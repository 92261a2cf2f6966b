"""The regions of a Venn diagram from the totals that a statement gives: are they consistent, and what is in each?"""

from itertools import combinations


def regions(everyone, totals):
    """How many are in exactly the named sets: {"": in none, "A": only in A, "AB": in A and B alone, ...}.

    totals: the size of every set and of every intersection, named by letters in alphabetical order ("AC"); an
    intersection counts those who are in further sets, too.
    ValueError if a total is missing or a region would be negative: then the statement contradicts itself.
    """
    letters = sorted(set("".join(totals)))
    if not 1 <= len(letters) <= 6:
        raise ValueError("from one to six sets")
    names = ["".join(chosen) for size in range(len(letters) + 1) for chosen in combinations(letters, size)]
    sizes = {"": everyone, **totals}
    missing = [name for name in names if name not in sizes]
    if missing or len(sizes) != len(names):
        raise ValueError(
            f"totals needed: {', '.join(filter(None, names))}; missing: {', '.join(missing) or 'none'}"
        )
    found = {
        name: sum(
            (-1) ** (len(other) - len(name)) * sizes[other] for other in names if set(name) <= set(other)
        )
        for name in names
    }
    negative = {name or "none": count for name, count in found.items() if count < 0}
    if negative:
        raise ValueError(f"contradictory: these regions would be negative: {negative}")
    return found


def exactly(everyone, totals, number):
    """How many are in exactly `number` of the sets."""
    return sum(count for name, count in regions(everyone, totals).items() if len(name) == number)


def at_least(everyone, totals, number):
    """How many are in `number` or more of the sets."""
    return sum(count for name, count in regions(everyone, totals).items() if len(name) >= number)
