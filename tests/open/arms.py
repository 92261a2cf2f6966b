"""The arms of the measurement of open mode: the same specs, with more or fewer tools."""

from __future__ import annotations

import random
from dataclasses import dataclass

from propound.card import Card
from propound.domain import Domain
from propound.problem import ProblemSpec, Terms
from propound.proposing.open import ONE_SHOT
from propound.skills.cards import Cards
from propound.trajectory import ActionKind

DOMAINS = (Domain.MATHEMATICS, Domain.SCIENCE)


@dataclass(frozen=True)
class Arm:
    """What an agent may do."""

    withheld: tuple[ActionKind, ...]
    max_steps: int


ARMS = {
    "one_shot": Arm(ONE_SHOT, 1),
    "reflection": Arm((ActionKind.CHECK, ActionKind.EXEC, ActionKind.EDIT, ActionKind.READ), 4),
    "tools": Arm((ActionKind.EDIT, ActionKind.READ), 5),
    "full": Arm((), 5),
}
"""As the method's own table: one pass, with a second look in words, with programs and checks, and all of it."""


def specs(cards: Cards, number: int, skills: int, seed: int = 17) -> list[ProblemSpec]:
    """As many specs of so many skills of one domain, without such as exclude each other."""
    return [_spec(cards, place, skills, seed) for place in range(number)]


def _spec(cards: Cards, place: int, skills: int, seed: int) -> ProblemSpec:
    rng = random.Random(f"{seed}:{skills}:{place}")
    domain = DOMAINS[place % len(DOMAINS)]
    names = cards.names(domain)
    while True:
        chosen = rng.sample(names, skills)
        if cards.conflict(chosen) is None:
            break
    alternates = rng.sample([name for name in names if name not in chosen], 3)
    held: tuple[Card, ...] = tuple(cards[name] for name in sorted({*chosen, *alternates}))
    return ProblemSpec(
        domain=domain,
        skills=tuple(sorted(chosen)),
        alternates=tuple(sorted(alternates)),
        minimum_skills=skills,
        maximum_skills=skills,
        seed=rng.randrange(2**31),
        open=Terms(cards=held),
    )
