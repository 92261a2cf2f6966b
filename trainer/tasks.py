"""The task: claim a training run, work on it. What a process of the trainer needs is opened at its first task."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from celery import Celery

from propound.config import Settings
from propound.policy.checkpoint import Checkpoint
from propound.policy.engines import EngineKind
from propound.policy.store import CheckpointStore
from propound.queue import TRAIN, Publisher, servers
from propound.sandbox import Sandbox, open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills import Library, default_library
from propound.skills.library import compile_toolkit
from propound.storage.session import Database
from propound.training import TrainingRequest
from trainer.gate import show
from trainer.run import Outcome, Workplace, run_one
from trainer.stored import StoredGroups

OpenWorkplace = Callable[[Settings], Workplace]


def open_workplace(configured: Settings) -> Workplace:
    """Open everything that a process works with; never before a fork.

    Raises:
        SettingsMissingError: a server is not named.
        SandboxUnavailable: the machine cannot isolate programs.
    """
    database_url, redis_url = servers(configured)
    library = default_library()
    compile_toolkit()
    sandbox = PlacedSandbox(open_sandbox(configured.sandbox_tier))
    return Workplace(
        database=Database(database_url, pool_size=2),
        publisher=Publisher(redis_url),
        store=CheckpointStore.of(configured),
        folder=configured.home.expanduser().absolute() / "trainings",
        refine=partial(refine_request, configured=configured, library=library, sandbox=sandbox),
        show=partial(show, configured=configured, library=library, sandbox=sandbox),
        name=f"{socket.gethostname()}:{os.getpid()}",
        lease=timedelta(seconds=configured.lease_seconds),
    )


def refine_request(
    base: Checkpoint,
    request: TrainingRequest,
    out: Path,
    *,
    source: StoredGroups | None,
    observe: Callable[[dict[str, Any]], None],
    cancelled: Callable[[], bool],
    configured: Settings,
    library: Library,
    sandbox: Sandbox,
) -> Outcome:
    """`trainer.refine.refine` as a request asks for it; its rules of health always hold, the request's come on top."""
    from trainer.figures import HEALTH
    from trainer.refine import RefineSettings, refine

    most = RefineSettings.evaluation
    settings = RefineSettings(
        algorithm=request.algorithm.value,
        steps=request.steps,
        minutes=request.minutes,
        groups=request.groups,
        group_size=request.group_size,
        seed=request.seed,
        staleness=request.staleness,
        max_steps=configured.max_steps,
        in_flight=configured.episodes_in_flight,
        engine=EngineKind(configured.engine),
        evaluation=most if request.gate is None else min(most, request.gate.specs),
        stop=(*HEALTH, *request.stop),
    )
    return refine(
        base,
        settings,
        out,
        library=library,
        sandbox=sandbox,
        source=source,
        observe=observe,
        cancelled=cancelled,
    )


def register(app: Celery, workplace: Callable[[], Workplace], is_stopping: Callable[[], bool]) -> None:
    """Add the task to the app."""

    def train() -> None:
        """Work on one run, and leave a message for the next while there is work."""
        place = workplace()
        if run_one(place, is_stopping) and not is_stopping():
            place.publisher.wake_trainer()

    app.task(train, name=TRAIN, shared=False)
