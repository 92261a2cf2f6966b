"""What a process of the trainer works with, opened at its first task."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from propound.config import Settings
from propound.models.registry import record_in
from propound.policy.checkpoint import Checkpoint
from propound.policy.engines import EngineKind
from propound.policy.store import CheckpointStore
from propound.queue import Publisher, servers
from propound.sandbox import Sandbox, open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills import Library, default_library
from propound.skills.library import compile_toolkit
from propound.storage.requests import DatabaseLedger
from propound.storage.session import Database
from propound.training import TrainingRequest
from propound.workforce.process_name import process_name
from trainer.gate import show
from trainer.run import Outcome, Workplace
from trainer.stored import StoredGroups

OpenWorkplace = Callable[[Settings], Workplace]


def open_workplace(configured: Settings) -> Workplace:
    """Open everything that a process works with; never before a fork.

    Raises:
        SettingsMissingError: a server is not named.
        SandboxUnavailable: the machine cannot isolate programs.
    """
    database_url, redis_url = servers(configured)
    database = Database(database_url, pool_size=2)
    record_in(DatabaseLedger(database))
    library = default_library()
    compile_toolkit()
    sandbox = PlacedSandbox(open_sandbox(configured.sandbox_tier))
    return Workplace(
        database=database,
        publisher=Publisher(redis_url),
        store=CheckpointStore.of(configured),
        folder=configured.home.expanduser().absolute() / "trainings",
        refine=partial(refine_request, configured=configured, library=library, sandbox=sandbox),
        show=partial(show, configured=configured, library=library, sandbox=sandbox),
        name=process_name(),
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
