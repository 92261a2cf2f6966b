"""Which skills next in open mode: any that a domain has, whether or not one feeds the other.

A spec brings along whatever it needs of its skills, so that whoever works on it needs no library.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cached_property

from propound.curriculum import ALTERNATES
from propound.domain import Domain
from propound.errors import ImpossibleSpecError, SkillError, UnknownSkillError
from propound.job import JobRequest
from propound.problem import CodingMode, ProblemSpec, Terms
from propound.skills import Cards


class UnreadableCardError(UnknownSkillError):
    """A card that comes with a request is none, or has a name that is taken."""

    def __init__(self, place: int, reason: str) -> None:
        """`place` counts the cards of the request from 0."""
        super().__init__(f"card {place + 1} of the request: {reason}")
        self.place = place
        self.reason = reason


class Composer:
    """Draws the specs of one request; which ones follows from the request and the cards alone."""

    def __init__(self, request: JobRequest, library: Cards) -> None:
        """Take in the cards that come with the request, beside the library's.

        Raises:
            UnreadableCardError: one of them is no card, or has a name that is taken.
        """
        self.request = request
        self.cards = library
        self.own: tuple[str, ...] = ()
        """Names of the skills that came with the request."""
        domain = request.domains[0] if len(request.domains) == 1 else None
        for place, text in enumerate(request.cards):
            try:
                more = Cards.from_texts([text], domain=domain)
                self.cards = self.cards.with_more(more)
            except SkillError as error:
                raise UnreadableCardError(place, str(error)) from None
            self.own += tuple(card.name for card in more)

    def check(self) -> None:
        """Make sure that every domain of the request can be served.

        Raises:
            UnknownSkillError: a skill or category that no card has.
            ImpossibleSpecError: in some domain no skills go together as asked.
        """
        known = set(self.cards.categories())
        skills = [name for name in self.request.skills if name not in self.cards]
        categories = [name for name in self.request.categories if name not in known]
        if skills or categories:
            raise UnknownSkillError(
                f"there is no skill or category {', '.join([*skills, *categories][:10])}",
                skills=skills,
                categories=categories,
            )
        for domain in self._domains:
            pool = self._pools[domain]
            if not pool:
                raise ImpossibleSpecError(
                    f"no skill of {domain} is among the skills and categories asked for"
                )
            if not self._sizes[domain]:
                fewest, most = self.request.minimum_skills, self.request.maximum_skills
                raise ImpossibleSpecError(
                    f"no {fewest} to {most} of the skills {', '.join(pool[:12])} go together: there are too few, "
                    "or they exclude each other"
                )

    def spec(self, index: int, weights: Mapping[str, float] | None = None) -> ProblemSpec:
        """Spec number `index` of a request that `check` accepts.

        The offered skills may exclude each other: noticing that is the agent's work. `weights` are by category; None
        draws all skills alike.
        """
        request = self.request
        rng = random.Random(f"{request.seed}:{index}")
        domain = self._domains[index % len(self._domains)]
        size = rng.choice(self._sizes[domain])
        order = self._shuffled(self._pools[domain], rng, weights)
        skills = sorted(order[:size])
        alternates = sorted(self._alternates(order[size:], skills))
        coding = rng.choice(list(CodingMode)) if domain is Domain.CODING else None
        return ProblemSpec(
            domain=domain,
            skills=tuple(skills),
            alternates=tuple(alternates),
            minimum_skills=min(request.minimum_skills, size),
            maximum_skills=size,
            level=request.level,
            seed=rng.randrange(2**48),
            open=Terms(
                cards=tuple(self.cards[name] for name in sorted([*skills, *alternates])),
                language=request.language,
                answer_kinds=() if coding else request.answer_kinds,
                coding=coding,
                max_tokens=request.problem_tokens,
                corrections=request.corrections,
                siblings=request.siblings,
            ),
        )

    @cached_property
    def _pools(self) -> dict[Domain, tuple[str, ...]]:
        """The skills of each domain to draw from: those that are named, else those that came along, else all."""
        named = set(self.request.skills or self.own)
        return {
            domain: tuple(
                name
                for name in self.cards.names(domain, self.request.categories or None)
                if not named or name in named
            )
            for domain in self.request.domains
        }

    @cached_property
    def _domains(self) -> tuple[Domain, ...]:
        """The domains that share the problems; where the request names all, those that its skills are of."""
        wanted = self.request.domains
        if set(wanted) != set(Domain):
            return wanted
        return tuple(domain for domain in wanted if self._pools[domain]) or wanted

    @cached_property
    def _sizes(self) -> dict[Domain, tuple[int, ...]]:
        """The sizes asked for, in which there are skills of the domain that do not exclude each other."""
        wanted = range(self.request.minimum_skills, self.request.maximum_skills + 1)
        excluded = {domain: self._excluded(pool) for domain, pool in self._pools.items()}
        return {
            domain: tuple(size for size in wanted if _fits(excluded[domain], (1 << len(pool)) - 1, size))
            for domain, pool in self._pools.items()
        }

    def _excluded(self, pool: Sequence[str]) -> list[int]:
        """For each skill those that it excludes, as bits."""
        return [
            sum(1 << place for place, other in enumerate(pool) if self.cards.conflict((name, other)))
            for name in pool
        ]

    def _shuffled(
        self, pool: Sequence[str], rng: random.Random, weights: Mapping[str, float] | None
    ) -> list[str]:
        """The pool in a random order, in which the skills of heavier categories tend to come first."""
        share = {name: max((weights or {}).get(self.cards[name].category, 1.0), 1e-9) for name in pool}
        key = {name: rng.random() ** (1 / share[name]) for name in pool}
        return sorted(pool, key=lambda name: key[name], reverse=True)

    def _alternates(self, others: Sequence[str], skills: Sequence[str]) -> list[str]:
        """Skills to swap in; when the offered ones exclude each other, a way out is among them if there is one."""
        chosen = list(others[:ALTERNATES])
        if self.cards.conflict(skills) and not any(self._is_way_out(skills, name) for name in chosen):
            remedy = next((name for name in others if self._is_way_out(skills, name)), None)
            if remedy:
                chosen = [remedy, *chosen[: ALTERNATES - 1]]
        return chosen

    def _is_way_out(self, skills: Sequence[str], added: str) -> bool:
        """Whether it can take the place of some skill so that no two of the set exclude each other."""
        return any(
            self.cards.conflict([added, *(name for name in skills if name != dropped)]) is None
            for dropped in skills
        )


def _fits(excluded: Sequence[int], free: int, size: int) -> bool:
    """Whether so many of the free skills (bits) do not exclude each other."""
    if size == 0:
        return True
    while free.bit_count() >= size:
        place = free.bit_length() - 1
        free ^= 1 << place
        if _fits(excluded, free & ~excluded[place], size - 1):
            return True
    return False
