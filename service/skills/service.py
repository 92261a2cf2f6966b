"""Pages through the skills, which live in memory and are sorted by name."""

from __future__ import annotations

from propound.domain import Domain
from propound.errors import UnknownSkillError
from propound.problem import Mode
from propound.skills.entries import Entry, entries, entry
from service.errors import Fault, InvalidRequestError, NotFoundError
from service.resources import Resources


def page(
    shared: Resources,
    *,
    domain: Domain | None,
    category: str | None,
    mode: Mode | None,
    after: str,
    limit: int,
) -> list[Entry]:
    """Skills by name, those after `after`.

    Raises:
        InvalidRequestError: no skill at all is of that category.
    """
    try:
        found = entries(shared.cards, shared.library, domain=domain, category=category, mode=mode)
    except UnknownSkillError as error:
        fault = Fault(location="query", pointer="category", code="unknown", detail=str(error))
        raise InvalidRequestError(f"category: {error}", faults=[fault]) from error
    return [one for one in found if one.card.name > after][:limit]


def find(shared: Resources, name: str) -> Entry:
    """One skill.

    Raises:
        NotFoundError: there is none of that name.
    """
    try:
        return entry(shared.cards, shared.library, name)
    except UnknownSkillError as error:
        raise NotFoundError("no such skill") from error
