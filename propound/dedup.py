"""Near-duplicates: problems that ask almost the same of the solver, in almost the same words.

Likeness is the Jaccard index |A & B| / |A | B| of two pairs of sets: runs of three words of the statements, and
skills with their parameters; of problems of open mode, which have no such, the words with numbers masked are both.
Only a pair that is alike in both is a near-duplicate; docs/reference/duplicates.md has the measurements behind the
thresholds. MinHash finds the few problems that are worth comparing: a band is made of some minima of both sets, and
problems that share no band are not compared. What is compared is compared exactly.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from propound.problem import Problem
from propound.words import runs, words

SHINGLE = 3
"""Words of a run."""

LEAST_TEXT = Fraction(7, 10)
"""Likeness of the statements from which on two problems may be near-duplicates."""

LEAST_STRUCTURE = Fraction(3, 5)
"""Likeness of the compositions from which on they may be: one of three parameters differs, or less."""

BANDS = 40
TEXT_ROWS = 4
STRUCTURE_ROWS = 2
"""Minima of a band. A pair with likenesses t and s shares a band with probability 1 - (1 - t^4 s^2)^40."""

_TEXT_SEED, _STRUCTURE_SEED = 1, 2


@dataclass(frozen=True)
class Likeness:
    """How much two problems have in common."""

    text: Fraction
    structure: Fraction

    @property
    def is_near(self) -> bool:
        """Whether a dataset should not hold both."""
        return self.text >= LEAST_TEXT and self.structure >= LEAST_STRUCTURE


@dataclass(frozen=True)
class Fingerprint:
    """What of a problem is compared."""

    text: frozenset[str]
    structure: frozenset[str]

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """The fingerprint of a problem.

        In open mode nothing but the statement says what is asked, and the same story with other numbers is no new
        problem: both sets hold its runs of words with every number masked.
        """
        if problem.open is not None:
            told = ["#" if word[0].isdigit() else word for word in words(problem.statement)]
            masked = frozenset(runs(told, SHINGLE))
            return cls(masked, masked)
        steps = (use.model_dump(mode="json") for use in problem.composition)
        return cls(
            frozenset(runs(words(problem.statement), SHINGLE)),
            frozenset(feature for step in steps for feature in _features(step)),
        )

    def likeness(self, other: Fingerprint) -> Likeness:
        """How much this and another problem have in common."""
        return Likeness(_jaccard(self.text, other.text), _jaccard(self.structure, other.structure))

    def bands(self, scope: str) -> list[int]:
        """Numbers of 64 bits, one of which a near-duplicate within the same scope very likely shares."""
        text = _minima(self.text, BANDS * TEXT_ROWS, _TEXT_SEED)
        structure = _minima(self.structure, BANDS * STRUCTURE_ROWS, _STRUCTURE_SEED)
        return [
            _number(
                scope,
                band,
                text[band * TEXT_ROWS : (band + 1) * TEXT_ROWS],
                structure[band * STRUCTURE_ROWS : (band + 1) * STRUCTURE_ROWS],
            )
            for band in range(BANDS)
        ]


def _jaccard(one: frozenset[str], other: frozenset[str]) -> Fraction:
    shared = len(one & other)
    return Fraction(shared, max(1, len(one) + len(other) - shared))


def _features(step: dict[str, Any]) -> Iterator[str]:
    """The skill of a step, and each value that its parameters hold, with its place."""
    skill = step["skill"]
    yield json.dumps([skill])
    for place, value in _leaves(step["parameters"], ()):
        yield json.dumps([skill, *place, value])


def _leaves(value: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict):
        for name in sorted(value):
            yield from _leaves(value[name], (*place, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*place, index))
    else:
        yield place, value


def _minima(features: frozenset[str], number: int, seed: int) -> list[int]:
    """The MinHash signature of a set; sorted, so that it never depends on the order of a set."""
    from rensa import RMinHash

    sketch = RMinHash(num_perm=number, seed=seed)
    sketch.update(sorted(features))
    signature: list[int] = sketch.digest()
    return signature


def _number(*parts: object) -> int:
    text = json.dumps(parts, separators=(",", ":"))
    return int.from_bytes(hashlib.blake2b(text.encode("ascii"), digest_size=8).digest(), signed=True)
