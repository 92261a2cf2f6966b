"""What the `type` of an error resolves to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel

from service.errors import KINDS, NotFoundError, documented, found, summary

router = APIRouter(prefix="/errors", tags=["errors"])


class ErrorPage(BaseModel):
    """A kind of error."""

    type: str
    title: str
    status: int
    meaning: str


PAGES = {
    kind.slug: ErrorPage(
        type=f"/errors/{kind.slug}", title=kind.title, status=kind.status, meaning=summary(kind)
    )
    for kind in KINDS
}


@router.get("", summary="List the kinds of errors")
async def list_errors() -> list[ErrorPage]:
    """By status."""
    return list(PAGES.values())


@router.get("/{slug}", summary="Explain a kind of error", responses=documented(NotFoundError))
async def get_error(slug: Annotated[str, Path(max_length=64, examples=["not-found"])]) -> ErrorPage:
    """What it means and what to do."""
    return found(PAGES.get(slug), "kind of error")
