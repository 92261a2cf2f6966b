"""Rules about checkpoints: what can be live."""

from __future__ import annotations

from sqlalchemy.orm import Session

from propound.storage import checkpoints
from propound.storage.tables import Promotion, StoredCheckpoint
from service.checkpoints.schemas import Remark
from service.errors import NotFoundError, NothingBeforeError, found
from service.keyring import Caller


def find(session: Session, version: str) -> StoredCheckpoint:
    """The checkpoint.

    Raises:
        NotFoundError: none of that version is kept.
    """
    return found(checkpoints.get(session, version), "checkpoint")


def promote(session: Session, caller: Caller, version: str, remark: Remark) -> Promotion:
    """Make a checkpoint live; doing it twice changes nothing.

    Raises:
        NotFoundError: none of that version is kept.
    """
    try:
        return checkpoints.promote(session, version, by=caller.key_id, reason=remark.reason)
    except checkpoints.CheckpointUnknownError as error:
        raise NotFoundError("no such checkpoint") from error


def roll_back(session: Session, caller: Caller, remark: Remark) -> Promotion:
    """Make live what was live before.

    Raises:
        NothingBeforeError: the bundled default is live.
    """
    try:
        return checkpoints.rollback(session, by=caller.key_id, reason=remark.reason)
    except checkpoints.NothingBeforeError as error:
        raise NothingBeforeError from error
