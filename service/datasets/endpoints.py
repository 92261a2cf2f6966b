"""`/v1/datasets`, `/v1/problems`, `/v1/trajectories`: what was made, how, and all of it as one file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse

from propound.domain import Domain
from propound.storage import datasets
from service.auth import DatasetsReader
from service.datasets import export, service
from service.datasets.schemas import (
    DatasetView,
    ProblemSummary,
    ProblemView,
    Siblings,
    TrajectoryView,
    problem_json,
    problem_summary,
    sibling_view,
    trajectory_json,
)
from service.errors import AsciiJSONResponse, InvalidCursorError, NotFoundError, documented
from service.identifiers import SKILL_NAME, DatasetId, ProblemId, TrajectoryId
from service.pagination import Id, Listing, Ordinal, Page, Pages
from service.resources import Shared, Transaction

router = APIRouter(prefix="/v1", tags=["datasets"])
DATASETS = Listing("datasets", Id)
PROBLEMS = Listing("problems", Ordinal)


@router.get("/datasets", summary="List datasets", responses=documented(InvalidCursorError))
def list_datasets(caller: DatasetsReader, session: Transaction, paging: Pages) -> Page[DatasetView]:
    """Newest first."""
    place = DATASETS.decode(paging.cursor)
    rows = datasets.page(session, caller.tenant, limit=paging.fetch, before=place.id if place else None)
    shown = service.views(session, rows)
    return DATASETS.page(paging, rows, place=lambda row: Id(row.id), view=lambda row: shown[row.id])


@router.get("/datasets/{dataset_id}", summary="Show a dataset", responses=documented(NotFoundError))
def get_dataset(dataset_id: DatasetId, caller: DatasetsReader, session: Transaction) -> DatasetView:
    """Its size so far, and whether it is complete."""
    dataset = service.find(session, caller, dataset_id)
    return service.views(session, [dataset])[dataset.id]


@router.get(
    "/datasets/{dataset_id}/problems",
    summary="List a dataset's problems",
    responses=documented(NotFoundError, InvalidCursorError),
)
def list_problems(
    dataset_id: DatasetId,
    caller: DatasetsReader,
    session: Transaction,
    paging: Pages,
    *,
    domain: Annotated[Domain | None, Query(description="Only problems of this domain.")] = None,
    skill: Annotated[
        str | None, Query(pattern=SKILL_NAME, max_length=64, description="Only problems that use this skill.")
    ] = None,
) -> Page[ProblemSummary]:
    """In the order of acceptance."""
    dataset = service.find(session, caller, dataset_id)
    place = PROBLEMS.decode(paging.cursor, of=dataset.id)
    after = place.ordinal if place else 0
    rows = datasets.problems(session, dataset.id, limit=paging.fetch, after=after, domain=domain, skill=skill)
    return PROBLEMS.page(
        paging, rows, place=lambda row: Ordinal(row.ordinal), view=problem_summary, of=dataset.id
    )


@router.get(
    "/problems/{problem_id}",
    summary="Show a problem",
    response_model=ProblemView,
    responses=documented(NotFoundError),
)
def get_problem(problem_id: ProblemId, caller: DatasetsReader, session: Transaction) -> Response:
    """With the evidence that it is sound. An id from an export names the content: of equal problems, the first."""
    return AsciiJSONResponse(problem_json(service.find_problem(session, caller, problem_id)))


@router.get(
    "/problems/{problem_id}/siblings",
    summary="List a problem's siblings",
    responses=documented(NotFoundError),
)
def list_siblings(problem_id: ProblemId, caller: DatasetsReader, session: Transaction) -> Siblings:
    """The problem with other numbers, at most 16 times; never to be split from it between training and test."""
    problem = service.find_problem(session, caller, problem_id)
    rows = datasets.siblings(session, [problem.id])
    return Siblings(data=[sibling_view(row) for row in rows])


@router.get(
    "/trajectories/{trajectory_id}",
    summary="Show a trajectory",
    response_model=TrajectoryView,
    responses=documented(NotFoundError),
)
def get_trajectory(trajectory_id: TrajectoryId, caller: DatasetsReader, session: Transaction) -> Response:
    """Every step of the agent, the verdict, the votes and the rewards."""
    return AsciiJSONResponse(trajectory_json(service.find_trajectory(session, caller, trajectory_id)))


@router.get(
    "/datasets/{dataset_id}/export",
    summary="Download a dataset",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "One problem a line, in the order of acceptance, for TRL, verl, OpenRLHF, NeMo-RL and "
            "verifiers. The same request and seed give the same bytes; `ETag` is a digest of the content.",
            "content": {export.MEDIA_TYPE: {"schema": {"type": "string"}}},
        },
        304: {"description": "Nothing new since the tag in `If-None-Match`."},
        **documented(NotFoundError),
    },
)
def export_dataset(
    dataset_id: DatasetId,
    caller: DatasetsReader,
    shared: Shared,
    session: Transaction,
    *,
    siblings: Annotated[
        bool, Query(description="After each problem its siblings: it with other numbers, `parent` names it.")
    ] = False,
    if_none_match: Annotated[str | None, Header(max_length=2_000, description="An `ETag` you have.")] = None,
) -> Response:
    """What is accepted at this moment, whole even while more is being made."""
    edition = service.edition(session, caller, dataset_id, siblings=siblings)
    etag = f'"{edition.tag}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Accept-Ranges": "none"}
    if export.matches(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{dataset_id}.jsonl"'
    return StreamingResponse(
        export.stream(shared, dataset_id, edition.rows, siblings=siblings),
        media_type=export.MEDIA_TYPE,
        headers=headers,
    )
