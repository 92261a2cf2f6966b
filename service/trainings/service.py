"""Rules about training runs: what they may begin with, and what can still be cancelled."""

from __future__ import annotations

import logging
from typing import NamedTuple

from redis import RedisError
from sqlalchemy.orm import Session

from propound.curriculum import refinement_request
from propound.errors import ImpossibleSpecError, UnknownSkillError
from propound.queue import Publisher
from propound.skills.library import Library
from propound.storage import checkpoints, trainings
from propound.storage.tables import Training
from propound.training import LIVE, TrainingRequest, TrainingState
from service import idempotency
from service.errors import (
    Fault,
    FinalTrainingError,
    ImpossibleRequestError,
    UnlistedCheckpointError,
    UnlistedSkillError,
    found,
)
from service.keyring import Caller
from service.resources import Resources
from service.trainings.schemas import TrainingCreate, TrainingView, training_view

PATH = "/v1/trainings"
log = logging.getLogger("propound.service")


NO_TRAINER = (
    "a trainer: none is running. `propound up --trainer` starts one with everything else, "
    "`celery -A trainer.app worker --hostname trainer@%h` one alone."
)


class Creation(NamedTuple):
    """A run that was asked for, perhaps not for the first time."""

    view: TrainingView
    replayed: bool


def create(
    session: Session, caller: Caller, shared: Resources, wanted: TrainingCreate, idempotency_key: str | None
) -> Creation:
    """Queue a run, or give the answer that the same `Idempotency-Key` got before.

    Raises:
        IdempotencyKeyReusedError: the key came with another request.
        UnlistedCheckpointError: the base is not kept.
        UnlistedSkillError: a skill that the library does not hold.
        ImpossibleRequestError: no skills can be combined as asked.
    """
    if idempotency_key is not None:
        earlier = idempotency.begin(session, caller, PATH, wanted, idempotency_key)
        if earlier is not None:
            return Creation(TrainingView.model_validate(earlier.response), replayed=True)
    request = wanted.request()
    check(session, shared.library, request)
    view = show(trainings.create(session, request), has_trainer=has_trainer(shared.publisher))
    if idempotency_key is not None:
        idempotency.finish(session, caller, idempotency_key, view)
    return Creation(view, replayed=False)


def show(training: Training, *, has_trainer: bool) -> TrainingView:
    """A run as the API shows it; one that nobody has says so where there is no trainer that could take it."""
    view = training_view(training)
    is_free = training.trainer is None and training.state in (TrainingState.QUEUED, TrainingState.RUNNING)
    if has_trainer or not is_free or view.waiting_for is not None:
        return view
    return view.model_copy(update={"waiting_for": NO_TRAINER})


def has_trainer(publisher: Publisher) -> bool:
    """Whether a trainer is there, as far as Redis tells: while it is away, nobody says that there is none."""
    try:
        return bool(publisher.trainers())
    except RedisError as error:
        log.warning("nobody knows whether a trainer is there: %s", error)
        return True


def check(session: Session, library: Library, request: TrainingRequest, within: str = "") -> None:
    """Refuse what no trainer could ever do; `within` is the pointer to the request in the body.

    Raises:
        UnlistedCheckpointError: the base is neither kept nor bundled.
        UnlistedSkillError: a skill that the library does not hold.
        ImpossibleRequestError: no skills can be combined as asked.
    """
    _check_base(session, request, f"{within}/base")
    try:
        refinement_request(request, library)
    except UnknownSkillError as error:
        faults = [
            Fault(
                location="body",
                pointer=f"{within}/skills/{place}",
                code="unknown",
                detail="not in the library",
            )
            for place, name in enumerate(request.skills)
            if name not in library
        ]
        raise UnlistedSkillError(str(error), faults=faults) from error
    except ImpossibleSpecError as error:
        fault = Fault(location="body", pointer=within, code="impossible", detail=str(error)[:500])
        raise ImpossibleRequestError(str(error), faults=[fault]) from error


def _check_base(session: Session, request: TrainingRequest, pointer: str) -> None:
    from propound.policy.checkpoint import BUNDLED

    base = request.base
    if base == LIVE or (BUNDLED / base).is_dir() or checkpoints.get(session, base) is not None:
        return
    fault = Fault(location="body", pointer=pointer, code="unknown", detail="no such checkpoint")
    raise UnlistedCheckpointError("the base is neither kept nor bundled", faults=[fault])


def find(session: Session, training_id: str) -> Training:
    """The run.

    Raises:
        NotFoundError: there is none.
    """
    return found(trainings.get(session, training_id), "training run")


def cancel(session: Session, training_id: str) -> Training:
    """Stop a run after the step in its hands. Doing it twice changes nothing.

    Raises:
        NotFoundError: there is no such run.
        FinalTrainingError: it has ended by itself.
    """
    training = found(trainings.cancel(session, training_id), "training run")
    if training.state.is_final and training.state != "cancelled":
        raise FinalTrainingError(f"it has {training.state}")
    return training
