"""Pages through the library, which lives in memory and is sorted by name."""

from __future__ import annotations

from propound.domain import Domain
from propound.skills.library import Library
from propound.skills.package import Category, SkillPackage
from service.errors import NotFoundError


def page(
    library: Library, *, domain: Domain | None, category: Category | None, after: str, limit: int
) -> list[SkillPackage]:
    """Packages by name, those after `after`."""
    names = library.names(domain, None if category is None else [category])
    return [library[name] for name in names if name > after][:limit]


def find(library: Library, name: str) -> SkillPackage:
    """One package.

    Raises:
        NotFoundError: the library does not hold it.
    """
    if name not in library:
        raise NotFoundError("no such skill")
    return library[name]
