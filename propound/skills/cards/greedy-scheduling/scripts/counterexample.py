"""Searches small random inputs on which two functions differ: is the quick solution right?"""

import copy
import random


def counterexample(fast, brute, generate, tries=500, seed=0):
    """The first arguments on which the results differ, with both results; None if there are none in `tries`.

    generate(rng, size) returns the list of arguments of one call; sizes grow from 0 to 7, so that what is found is
    small. Both functions get copies of their own. What one of them raises counts as its result.
    """
    rng = random.Random(seed)
    for number in range(tries):
        arguments = generate(rng, number * 8 // tries)
        found = [_result(function, copy.deepcopy(arguments)) for function in (fast, brute)]
        if found[0] != found[1]:
            return {"arguments": arguments, "fast": found[0], "brute": found[1]}
    return None


def _result(function, arguments):
    try:
        return function(*arguments)
    except Exception as error:  # noqa: BLE001 - the functions under comparison may do anything
        return f"{type(error).__name__}: {error}"


def variety(function, generate, tries=200, seed=0):
    """How many different results there are, and the share of the most frequent one: 1.0 means that inputs do not
    matter."""
    rng = random.Random(seed)
    results = [repr(_result(function, generate(rng, number * 8 // tries))) for number in range(tries)]
    most = max(results.count(result) for result in set(results))
    return len(set(results)), most / tries
