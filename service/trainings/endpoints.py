"""`/v1/trainings`: train the proposer, watch it learn, stop it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from propound.queue import announce_after_commit, wake_trainer_after_commit
from propound.storage import trainings
from propound.storage.tables import TrainingEventKind
from propound.training import TrainingState
from service.auth import Operator, authenticate_operator
from service.errors import (
    BodyTooLargeError,
    FinalTrainingError,
    IdempotencyKeyReusedError,
    ImpossibleRequestError,
    InvalidCursorError,
    InvalidRequestError,
    MalformedBodyError,
    NotFoundError,
    UnlistedCheckpointError,
    UnlistedSkillError,
    UnsupportedMediaTypeError,
    documented,
)
from service.idempotency import IdempotencyKey, accepted
from service.identifiers import TrainingId
from service.pagination import Id, Listing, Number, Page, Pages
from service.resources import Resources, Shared, Transaction
from service.stream import BATCH, Event, LastEventId, documented_stream, respond, stream
from service.trainings import service
from service.trainings.schemas import (
    LogView,
    MetricsView,
    TrainingCreate,
    TrainingView,
    log_view,
    metrics_view,
    training_view,
)

router = APIRouter(prefix=service.PATH, tags=["trainings"], dependencies=[Depends(authenticate_operator)])
LISTING = Listing("trainings", Id)
STEPS = Listing("training metrics", Number)
LINES = Listing("training logs", Number)
CREATION_ERRORS = documented(
    MalformedBodyError,
    BodyTooLargeError,
    UnsupportedMediaTypeError,
    InvalidRequestError,
    UnlistedCheckpointError,
    UnlistedSkillError,
    ImpossibleRequestError,
    IdempotencyKeyReusedError,
)


@router.post("", summary="Train", status_code=202, responses=accepted("training run") | CREATION_ERRORS)
def create_training(
    body: TrainingCreate,
    caller: Operator,
    shared: Shared,
    session: Transaction,
    response: Response,
    *,
    idempotency_key: IdempotencyKey = None,
) -> TrainingView:
    """It begins as soon as a trainer is free; an empty body trains what is live with the defaults."""
    view, replayed = service.create(session, caller, shared, body, idempotency_key)
    wake_trainer_after_commit(session, shared.publisher)
    response.headers["Location"] = f"{service.PATH}/{view.id}"
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return view


@router.get("", summary="List training runs", responses=documented(InvalidCursorError))
def list_trainings(
    shared: Shared,
    session: Transaction,
    paging: Pages,
    state: Annotated[TrainingState | None, Query(description="Only runs in this state.")] = None,
) -> Page[TrainingView]:
    """Newest first."""
    place = LISTING.decode(paging.cursor)
    rows = trainings.page(session, limit=paging.fetch, before=place.id if place else None, state=state)
    view = partial(service.show, has_trainer=service.has_trainer(shared.publisher))
    return LISTING.page(paging, rows, place=lambda row: Id(row.id), view=view)


@router.get("/{training_id}", summary="Show a training run", responses=documented(NotFoundError))
def get_training(
    training_id: TrainingId,
    shared: Shared,
    session: Transaction,
) -> TrainingView:
    """Where it stands, what came out of it, and what the gate decided."""
    found = service.find(session, training_id)
    return service.show(found, has_trainer=service.has_trainer(shared.publisher))


@router.post(
    "/{training_id}/cancel",
    summary="Cancel a training run",
    status_code=202,
    responses=documented(NotFoundError, FinalTrainingError),
)
def cancel_training(
    training_id: TrainingId,
    shared: Shared,
    session: Transaction,
) -> TrainingView:
    """It ends after the step in its hands; nothing is promoted. Cancelling twice is harmless."""
    training = service.cancel(session, training_id)
    announce_after_commit(session, training.id, shared.publisher)
    return training_view(training)


@router.get(
    "/{training_id}/metrics",
    summary="Figures of a run, step by step",
    responses=documented(NotFoundError, InvalidCursorError),
)
def list_metrics(
    training_id: TrainingId,
    session: Transaction,
    paging: Pages,
) -> Page[MetricsView]:
    """In the order of the steps."""
    place = STEPS.decode(paging.cursor, of=training_id)
    found = service.find(session, training_id)
    rows = trainings.metrics(session, found.id, limit=paging.fetch, after=place.number if place else 0)
    return STEPS.page(paging, rows, place=lambda row: Number(row.step), view=metrics_view, of=training_id)


@router.get(
    "/{training_id}/logs",
    summary="The log of a run",
    responses=documented(NotFoundError, InvalidCursorError),
)
def list_logs(
    training_id: TrainingId,
    session: Transaction,
    paging: Pages,
) -> Page[LogView]:
    """What its trainers said, the oldest line first."""
    place = LINES.decode(paging.cursor, of=training_id)
    found = service.find(session, training_id)
    rows = trainings.events(
        session,
        found.id,
        place.number if place else 0,
        limit=paging.fetch,
        kind=TrainingEventKind.LOG,
    )
    return LINES.page(paging, rows, place=lambda row: Number(row.id), view=log_view, of=training_id)


@router.get(
    "/{training_id}/events",
    summary="Follow a training run",
    response_class=StreamingResponse,
    responses=documented_stream("training run", "`state`, `metrics` and `log`") | documented(NotFoundError),
)
def follow_training(
    training_id: TrainingId,
    shared: Shared,
    session: Transaction,
    last_event_id: LastEventId = None,
) -> Response:
    """Everything that happened so far, then what happens, as it happens."""
    found = service.find(session, training_id)
    after = last_event_id or 0
    if found.state.is_final and not trainings.events(session, found.id, after, limit=1):
        return Response(status_code=204)
    return respond(frames(shared, found.id, after))


def frames(shared: Resources, training_id: str, after: int) -> AsyncGenerator[bytes, None]:
    """The stream of a run's events."""
    return stream(shared, training_id, after, read)


def read(shared: Resources, training_id: str, after: int) -> tuple[Sequence[Event], bool]:
    """The next events of a run, and whether it was final just before: then these are the last."""
    with shared.database.begin() as session:
        state = trainings.state(session, training_id)
        rows = trainings.events(session, training_id, after, limit=BATCH)
        return [Event(row.id, row.kind.value, row.data) for row in rows], state.is_final
