"""The Celery app of trainers, one process each: `celery -A trainer.app worker`. What they do is in `trainer.run`.

A thread beside it looks after what nobody was told of: runs that lost their trainer, and schedules.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from importlib.util import find_spec

from celery import Celery

from propound.config import Settings
from propound.errors import PropoundError
from propound.policy.checkpoint import CheckpointError
from propound.policy.store import CheckpointStore
from propound.queue import TRAIN, TRAININGS, Publisher, announce_after_commit
from propound.sandbox import open_sandbox
from propound.storage import checkpoints, schedules, trainings
from propound.storage.session import Database
from propound.workforce.app import Duty, Rounds
from propound.workforce.app import create_app as create_celery
from propound.workforce.process_name import dead_among
from trainer.opening import OpenWorkplace, open_workplace
from trainer.run import Workplace, run_one

LOOK_SECONDS = 5.0
"""Between two looks for work that no message announces, and for leases of processes that died."""

PRESENCE_SECONDS = 30.0
"""A trainer that has not looked around for so long is not there."""


class TrainerMissingError(PropoundError):
    """What training needs is not installed."""


def create_app(opened: OpenWorkplace, check_machine: Callable[[Settings], object]) -> Celery:
    """The Celery app around a workplace.

    Args:
        opened: called in each process of the trainer, at its first task.
        check_machine: called before the trainer starts; `PropoundError` and `ValueError` keep it from starting.
    """
    return create_celery(
        Duty(
            name="trainer",
            task=TRAIN,
            queue=TRAININGS,
            processes=1,
            check_machine=check_machine,
            open=opened,
            work=run_one,
            wake=Publisher.wake_trainer,
            publisher=lambda place: place.publisher,
            close=_close,
            look_around=_look_around,
            seconds=LOOK_SECONDS,
            tasks_per_process=1,
        )
    )


def _close(_: Workplace) -> None:
    """A run's engine is closed by the run itself."""


def _look_around(rounds: Rounds) -> int:
    rounds.publisher.appear_as_trainer(rounds.name, timedelta(seconds=PRESENCE_SECONDS))
    return sweep(rounds.database, rounds.publisher, _default_version(rounds.settings))


def sweep(database: Database, publisher: Publisher, default: str | None) -> int:
    """Release what dead trainers held, end what is over, begin what is due; how many runs could be claimed now.

    `default` is the version of the bundled checkpoint, live while nothing is promoted.
    """
    with database.begin() as session:
        changed = trainings.release(session, dead_among(trainings.holders(session)))
        changed += trainings.end_lost(session)
        live = checkpoints.live_version(session) or default
        changed += [run.id for run in schedules.begin_due(session, [live] if live else [])]
        for training_id in changed:
            announce_after_commit(session, training_id, publisher)
        return trainings.waiting(session)


@cache
def _default_version(configured: Settings) -> str | None:
    try:
        return CheckpointStore.of(configured).find(None).version
    except CheckpointError:
        return None


def _check(configured: Settings) -> None:
    """What the real trainer needs: PyTorch, and a sandbox."""
    if find_spec("torch") is None:
        raise TrainerMissingError("PyTorch is not installed: pip install 'propound[train]'")
    open_sandbox(configured.sandbox_tier)


app = create_app(open_workplace, _check)
