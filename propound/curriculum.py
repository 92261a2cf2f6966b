"""Which skills next: requests become specs, and mastery decides what is drawn (method section 9).

`draw_spec` is a pure function of the request and an index, so any worker can draw any spec at any time.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import lru_cache

from propound.domain import Domain
from propound.errors import ImpossibleSpecError, UnknownSkillError
from propound.job import JobRequest
from propound.problem import ProblemSpec
from propound.refinement import Refinement
from propound.skills import Category, Library

ALTERNATES = 4
"""How many other skills a spec offers for a swap."""


def update_mastery(mastery: float, success_rate: float, alpha: float = 0.1) -> float:
    """m_c <- (1 - alpha) m_c + alpha success_rate_c (method section 9); all in [0, 1]."""
    return (1 - alpha) * mastery + alpha * success_rate


def category_weights(mastery: Mapping[str, float], epsilon: float = 0.05) -> dict[str, float]:
    """p(c) proportional to 1 / (m_c + epsilon): the weaker a category, the more often it is drawn."""
    weights = {category: 1 / (value + epsilon) for category, value in mastery.items()}
    total = sum(weights.values())
    return {category: weight / total for category, weight in weights.items()}


def domains_of(skills: Sequence[str], library: Library) -> tuple[Domain, ...]:
    """The domains of some skills; all of them where none is named.

    Raises:
        UnknownSkillError: a skill that the library does not hold.
    """
    return tuple(sorted({library[name].domain for name in skills})) or tuple(Domain)


def check_request(request: JobRequest, library: Library) -> None:
    """Make sure that every domain of the request can be served.

    Raises:
        UnknownSkillError: a skill or category that the library does not hold.
        ImpossibleSpecError: in some domain no skills can be chained as asked.
    """
    skills = [name for name in request.skills if name not in library]
    categories = [name for name in request.categories if name not in set(Category)]
    if skills or categories:
        raise UnknownSkillError(
            f"the library does not hold {', '.join([*skills, *categories][:10])}",
            skills=skills,
            categories=categories,
        )
    for domain in request.domains:
        pool = _pool(request, library, domain)
        if not pool:
            raise ImpossibleSpecError(f"no skill of {domain} is among the skills and categories asked for")
        if not _feasible(library, pool, request.minimum_skills, request.maximum_skills):
            raise ImpossibleSpecError(
                f"no {request.minimum_skills} to {request.maximum_skills} of the skills {', '.join(pool[:12])} "
                "can be combined: none feeds the next, or they exclude each other"
            )


def refinement_request(refinement: Refinement, library: Library) -> JobRequest:
    """What the specs of a refinement are drawn from.

    Raises:
        UnknownSkillError: a skill that the library does not hold.
        ImpossibleSpecError: in some domain the skills cannot be chained as asked.
    """
    unknown = [name for name in refinement.skills if name not in library]
    if unknown:
        raise UnknownSkillError(f"the library does not hold {', '.join(unknown[:10])}")
    request = JobRequest(
        count=1,
        seed=refinement.seed,
        level=refinement.level,
        domains=domains_of(refinement.skills, library),
        skills=refinement.skills,
        minimum_skills=refinement.minimum_skills,
        maximum_skills=refinement.maximum_skills,
    )
    check_request(request, library)
    return request


def draw_spec(
    request: JobRequest, library: Library, index: int, weights: Mapping[str, float] | None = None
) -> ProblemSpec:
    """Spec number `index` of a request that `check_request` accepts.

    The offered skills always form a chain by their types, but may exclude each other: noticing that is
    the agent's work. `weights` are those of `category_weights`; None draws all skills alike.
    """
    rng = random.Random(f"{request.seed}:{index}")
    domain = request.domains[index % len(request.domains)]
    pool = _pool(request, library, domain)
    size = rng.choice(_feasible(library, pool, request.minimum_skills, request.maximum_skills))
    skills = _walk(library, pool, size, rng, weights)
    alternates = _alternates(library, pool, skills, rng)
    return ProblemSpec(
        domain=domain,
        skills=tuple(sorted(skills)),
        alternates=tuple(sorted(alternates)),
        minimum_skills=min(request.minimum_skills, size),
        maximum_skills=size,
        level=request.level,
        seed=rng.randrange(2**48),
    )


def _pool(request: JobRequest, library: Library, domain: Domain) -> tuple[str, ...]:
    categories = [Category(name) for name in request.categories] or None
    names = library.names(domain, categories)
    return tuple(name for name in names if not request.skills or name in request.skills)


@lru_cache(maxsize=256)
def _feasible(library: Library, pool: tuple[str, ...], minimum: int, maximum: int) -> tuple[int, ...]:
    """The sizes in the range for which some conflict-free chain exists."""
    return tuple(size for size in range(minimum, maximum + 1) if _extend(library, pool, (), size))


def _extend(library: Library, pool: Sequence[str], chain: tuple[str, ...], size: int) -> bool:
    if len(chain) == size:
        return True
    return any(
        name not in chain
        and (not chain or library.feeds(chain[-1], name))
        and library.conflict((*chain, name)) is None
        and _extend(library, pool, (*chain, name), size)
        for name in pool
    )


def _walk(
    library: Library, pool: Sequence[str], size: int, rng: random.Random, weights: Mapping[str, float] | None
) -> tuple[str, ...]:
    """A random chain of `size` skills by types alone; the search backs out of dead ends."""

    def shuffled(names: list[str]) -> list[str]:
        share = {name: (weights or {}).get(library[name].category, 1.0) for name in names}
        return sorted(names, key=lambda name: rng.random() ** (1 / max(share[name], 1e-9)), reverse=True)

    def grow(chain: tuple[str, ...]) -> tuple[str, ...] | None:
        if len(chain) == size:
            return chain
        fitting = [
            name for name in pool if name not in chain and (not chain or library.feeds(chain[-1], name))
        ]
        for name in shuffled(fitting):
            grown = grow((*chain, name))
            if grown:
                return grown
        return None

    found = grow(())
    if found is None:
        raise ImpossibleSpecError(f"no {size} of the skills {', '.join(pool[:12])} can be chained")
    return found


def _alternates(
    library: Library, pool: Sequence[str], skills: Sequence[str], rng: random.Random
) -> list[str]:
    """Other skills to swap in; when the offered ones exclude each other, a way out is among them if there is one."""
    others = [name for name in pool if name not in skills]
    rng.shuffle(others)
    chosen = others[:ALTERNATES]
    if library.conflict(skills) and not any(ways_out(library, skills, chosen)):
        remedy = next((name for name in others if any(ways_out(library, skills, [name]))), None)
        if remedy:
            chosen = [remedy, *chosen[: ALTERNATES - 1]]
    return chosen


def ways_out(library: Library, skills: Sequence[str], alternates: Sequence[str]) -> list[tuple[str, str]]:
    """Every (dropped, added) that turns the skills into a conflict-free set that still forms a chain."""
    found = []
    for dropped in skills:
        kept = [name for name in skills if name != dropped]
        for added in alternates:
            swapped = [*kept, added]
            if library.conflict(swapped) is None and library.chains(swapped):
                found.append((dropped, added))
    return found
