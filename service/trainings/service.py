"""Rules about training runs: what they may begin with, and what can still be cancelled."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from propound.storage import checkpoints, trainings
from propound.storage.tables import Training
from propound.training import LIVE, TrainingRequest
from service import idempotency
from service.errors import Fault, FinalTrainingError, UnlistedCheckpointError, found
from service.keyring import Caller
from service.trainings.schemas import TrainingCreate, TrainingView, training_view

PATH = "/v1/trainings"


class Creation(NamedTuple):
    """A run that was asked for, perhaps not for the first time."""

    view: TrainingView
    replayed: bool


def create(session: Session, caller: Caller, wanted: TrainingCreate, idempotency_key: str | None) -> Creation:
    """Queue a run, or give the answer that the same `Idempotency-Key` got before.

    Raises:
        IdempotencyKeyReusedError: the key came with another request.
        UnlistedCheckpointError: the base is not kept.
    """
    if idempotency_key is not None:
        earlier = idempotency.begin(session, caller, PATH, wanted, idempotency_key)
        if earlier is not None:
            return Creation(TrainingView.model_validate(earlier.response), replayed=True)
    request = wanted.request()
    check_base(session, request, "/base")
    view = training_view(trainings.create(session, request))
    if idempotency_key is not None:
        idempotency.finish(session, caller, idempotency_key, view)
    return Creation(view, replayed=False)


def check_base(session: Session, request: TrainingRequest, pointer: str) -> None:
    """Refuse a base that no trainer could find.

    Raises:
        UnlistedCheckpointError: it is neither kept nor bundled.
    """
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
