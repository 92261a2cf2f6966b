"""Keeps a lease while its holder is busy, and hears what has become of the run in the meantime."""

from __future__ import annotations

import logging
from threading import Event, Thread
from types import TracebackType
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from propound.storage import trainings
from propound.storage.session import Database
from propound.storage.trainings import TrainingLease
from propound.training import TrainingState

_LOG = logging.getLogger(__name__)


class Heartbeat:
    """A thread for the length of a block: it extends the lease four times in its length."""

    def __init__(self, database: Database, lease: TrainingLease) -> None:
        self._database, self._lease = database, lease
        self._over = Event()
        self._state: TrainingState | None = TrainingState.RUNNING
        self._thread = Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    @property
    def is_lost(self) -> bool:
        """Whether the run is another trainer's by now, or over."""
        return self._state is None

    @property
    def is_cancelled(self) -> bool:
        """Whether the run is to end."""
        return self._state is TrainingState.CANCELLING

    def look(self) -> None:
        """Extend the lease now.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        with self._database.begin() as session:
            self._state = trainings.hold(session, self._lease)

    def _beat(self) -> None:
        while not self.is_lost and not self._over.wait(self._lease.duration.total_seconds() / 4):
            try:
                self.look()
            except SQLAlchemyError as error:
                _LOG.warning("the lease of %s was not extended: %s", self._lease.training_id, error)
