"""What a process of the trainer works with, opened at its first task."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from propound.config import Settings
from propound.episodes import EpisodeRunner, open_runner
from propound.models.registry import record_in
from propound.policy.checkpoint import Checkpoint
from propound.policy.store import CheckpointStore
from propound.promotion import Gate, Showing
from propound.queue import Publisher, servers
from propound.storage.requests import DatabaseLedger
from propound.storage.session import Database
from propound.training import TrainingRequest
from propound.workforce.process_name import process_name
from trainer.conditions import Conditions
from trainer.gate import show
from trainer.run import Outcome, Workplace
from trainer.stored import StoredGroups

OpenWorkplace = Callable[[Settings], Workplace]


def open_workplace(configured: Settings) -> Workplace:
    """Open everything that a process works with; never before a fork.

    Raises:
        SettingsMissingError: a server is not named.
        SandboxUnavailable: the machine cannot isolate programs.
        CheckpointError: a checkpoint that should measure is not there.
        EngineError: an engine cannot run it.
        ValueError: a server is wanted for judges or probers, and none is named or installed.
    """
    database_url, redis_url = servers(configured)
    database = Database(database_url, pool_size=2)
    record_in(DatabaseLedger(database))
    runner = open_runner(configured, threads=configured.episodes_in_flight)
    return Workplace(
        database=database,
        publisher=Publisher(redis_url),
        store=CheckpointStore.of(configured),
        folder=configured.home.expanduser().absolute() / "trainings",
        refine=partial(refine_request, configured=configured, runner=runner),
        show=partial(show_request, configured=configured, runner=runner),
        name=process_name(),
        lease=timedelta(seconds=configured.lease_seconds),
        probers=runner.probers,
    )


def refine_request(
    base: Checkpoint,
    request: TrainingRequest,
    out: Path,
    *,
    source: StoredGroups | None,
    observe: Callable[[dict[str, Any]], None],
    conditions: Conditions,
    configured: Settings,
    runner: EpisodeRunner,
) -> Outcome:
    """`trainer.refine.refine` as a request asks for it, on this machine.

    Raises:
        UnknownProberError: what measured the run's problems so far is not here.
    """
    from trainer.refine import refine
    from trainer.settings import RefineSettings

    return refine(
        base,
        RefineSettings.here(request.refinement(), configured),
        out,
        runner=runner.measured_by(conditions.prober),
        source=source,
        observe=observe,
        conditions=conditions,
    )


def show_request(
    checkpoint: Checkpoint,
    gate: Gate,
    conditions: Conditions,
    *,
    configured: Settings,
    runner: EpisodeRunner,
) -> Showing:
    """`trainer.gate.show` with what measures the run's problems.

    Raises:
        UnknownProberError: that is not here.
    """
    measured = runner.measured_by(conditions.prober)
    return show(checkpoint, gate, conditions, configured=configured, runner=measured)
