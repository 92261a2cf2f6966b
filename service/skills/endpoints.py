"""`/v1/skills`: the library, read only."""

from __future__ import annotations

from fastapi import APIRouter

from propound.domain import Domain
from propound.skills.package import Category
from service.auth import AnyCaller
from service.errors import InvalidCursorError, NotFoundError, documented
from service.identifiers import SkillName
from service.pagination import Listing, Name, Page, Pages
from service.resources import Shared
from service.skills import service
from service.skills.schemas import SkillSummary, SkillView, skill_summary, skill_view

router = APIRouter(prefix="/v1/skills", tags=["skills"])
LISTING = Listing("skills", Name)


@router.get("", summary="List skills", responses=documented(InvalidCursorError))
def list_skills(
    caller: AnyCaller,  # noqa: ARG001
    shared: Shared,
    paging: Pages,
    domain: Domain | None = None,
    category: Category | None = None,
) -> Page[SkillSummary]:
    """By name."""
    place = LISTING.decode(paging.cursor)
    after = place.name if place else ""
    rows = service.page(shared.library, domain=domain, category=category, after=after, limit=paging.fetch)
    return LISTING.page(paging, rows, place=lambda package: Name(package.name), view=skill_summary)


@router.get("/{name}", summary="Show a skill", responses=documented(NotFoundError))
def get_skill(name: SkillName, caller: AnyCaller, shared: Shared) -> SkillView:  # noqa: ARG001
    """The package's metadata and body."""
    return skill_view(service.find(shared.library, name))
