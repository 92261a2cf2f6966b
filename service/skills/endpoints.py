"""`/v1/skills`: the skills of both kinds, read only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from propound.domain import Domain
from propound.problem import Mode
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
    *,
    domain: Domain | None = None,
    category: Annotated[
        str | None, Query(max_length=64, description="One that a skill has, such as `number-theory`.")
    ] = None,
    mode: Annotated[
        Mode | None,
        Query(description="Skills that it can use: open all, procedural those with a formal part."),
    ] = None,
) -> Page[SkillSummary]:
    """By name."""
    place = LISTING.decode(paging.cursor)
    after = place.name if place else ""
    rows = service.page(shared, domain=domain, category=category, mode=mode, after=after, limit=paging.fetch)
    return LISTING.page(paging, rows, place=lambda one: Name(one.card.name), view=skill_summary)


@router.get("/{name}", summary="Show a skill", responses=documented(NotFoundError))
def get_skill(name: SkillName, caller: AnyCaller, shared: Shared) -> SkillView:  # noqa: ARG001
    """Its metadata and body, and what its formal part takes and gives if it has one."""
    return skill_view(service.find(shared, name))
