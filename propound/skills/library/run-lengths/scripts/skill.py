"""Runs of early and late letters. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {
        "letter": rng.choice("bcdefghijklmnopqrstuvwx"),
        "early": rng.randint(1, 4 * level),
        "late": rng.randint(1, 6 * level),
    }


def solve(text: str, letter: str, early: int, late: int) -> list[int]:
    runs = []
    before = None
    for character in text:
        if character == " ":
            before = None
            continue
        weight = early if character <= letter else -late
        if weight == before:
            runs[-1] += weight
        else:
            runs.append(weight)
        before = weight
    return runs


def recompute(text: str, letter: str, early: int, late: int) -> list[int]:
    from itertools import groupby

    runs = []
    for word in text.split():
        for is_early, run in groupby(word, lambda character: ord(character) <= ord(letter)):
            length = len(list(run))
            runs.append(early * length if is_early else -late * length)
    return runs
