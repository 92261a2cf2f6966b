"""Counts arrangements, selections and distributions one by one, so that no formula has to be trusted."""

from itertools import combinations, product
from math import comb, factorial, prod

MOST = 3_000_000
"""Most outcomes that are looked at."""


def _bounded(number):
    if number > MOST:
        raise ValueError(f"{number} outcomes are too many to enumerate; choose a smaller size")


def arrangements(objects, allowed=lambda order: True):
    """How many different orders of the objects are allowed; equal objects are alike.

    `allowed` is given each order as a tuple.
    """
    counts = {item: objects.count(item) for item in objects}
    _bounded(factorial(len(objects)) // prod(map(factorial, counts.values())))

    def extend(order):
        if len(order) == len(objects):
            return int(bool(allowed(order)))
        total = 0
        for item, left in counts.items():
            if left:
                counts[item] -= 1
                total += extend((*order, item))
                counts[item] += 1
        return total

    return extend(())


def selections(objects, size, allowed=lambda chosen: True):
    """How many subsets of `size` of the objects, which are all different, are allowed (order does not count)."""
    if len(set(objects)) != len(objects):
        raise ValueError("the objects have to differ")
    _bounded(comb(len(objects), size))
    return sum(1 for chosen in combinations(objects, size) if allowed(chosen))


def distributions(items, boxes, allowed=lambda shares: True):
    """How many ways there are to put `items` alike items into `boxes` different boxes; `allowed` sees the shares."""
    _bounded(comb(items + boxes - 1, boxes - 1))

    def shares(left, rest):
        if rest == 1:
            yield (left,)
            return
        for first in range(left + 1):
            for others in shares(left - first, rest - 1):
                yield (first, *others)

    return sum(1 for share in shares(items, boxes) if allowed(share))


def words(alphabet, length, allowed=lambda word: True):
    """How many words with repeats allowed there are over the alphabet; `allowed` sees each as a tuple."""
    _bounded(len(alphabet) ** length)
    return sum(1 for word in product(alphabet, repeat=length) if allowed(word))
