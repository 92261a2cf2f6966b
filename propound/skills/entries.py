"""The skills of both kinds side by side, as the command line and the API show them."""

from __future__ import annotations

from dataclasses import dataclass

from propound.card import Card
from propound.domain import Domain
from propound.errors import UnknownSkillError
from propound.problem import Mode
from propound.skills.cards import Cards
from propound.skills.library import Library
from propound.skills.package import SkillPackage


@dataclass(frozen=True, slots=True)
class Entry:
    """A skill: its card, and its formal part if it has one."""

    card: Card
    formal: SkillPackage | None

    @property
    def modes(self) -> tuple[Mode, ...]:
        """What can use it: open mode every card, procedural mode a formal part."""
        return (Mode.OPEN,) if self.formal is None else (Mode.PROCEDURAL, Mode.OPEN)


def entry(cards: Cards, library: Library, name: str) -> Entry:
    """The skill of that name.

    Raises:
        UnknownSkillError: there is none.
    """
    formal = name in library
    return Entry(cards[name], library[name] if formal else None)


def entries(
    cards: Cards,
    library: Library,
    *,
    domain: Domain | None = None,
    category: str | None = None,
    mode: Mode | None = None,
) -> list[Entry]:
    """The skills of a domain, of a category and that a mode can use, by name.

    Raises:
        UnknownSkillError: no skill at all is of that category.
    """
    if category is not None and category not in cards.categories():
        raise UnknownSkillError(f"no skill is of that category; there are {', '.join(cards.categories())}")
    found = [
        entry(cards, library, name) for name in cards.names(domain, None if category is None else [category])
    ]
    return [one for one in found if mode is None or mode in one.modes]
