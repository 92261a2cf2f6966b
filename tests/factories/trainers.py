"""A trainer's parts that take no time: refinement whose weights are drawn, and shows with given rewards."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from propound.config import Settings
from propound.policy.checkpoint import Checkpoint
from propound.policy.store import CheckpointStore
from propound.promotion import Gate, Showing, Trial
from propound.queue import Publisher, servers
from propound.storage.session import Database
from propound.training import TrainingRequest
from propound.workforce.process_name import process_name
from tests.factories import checkpoints
from trainer.conditions import Conditions
from trainer.run import Workplace
from trainer.stored import StoredGroups


@dataclass(frozen=True)
class Made:
    """What a refinement came to."""

    folder: Path
    reason: str
    detail: str
    figures: dict[str, Any]


def nothing(_: int) -> None:
    """No accident."""


@dataclass
class DrawnRefinement:
    """Keeps its state as the real one does: first its own, then metrics.jsonl, and only then it tells."""

    seed: int = 1
    """Of the weights that come out."""
    before: Callable[[int], None] = nothing
    """Called before each step; may raise or take its time."""
    between: Callable[[int], None] = nothing
    """Called when a step's state is on disk and nobody was told."""
    taken: list[list[int]] = field(default_factory=list)
    """The seeds of the specs of each step's groups."""

    def __call__(
        self,
        base: Checkpoint,
        request: TrainingRequest,
        out: Path,
        *,
        source: StoredGroups | None,
        observe: Callable[[dict[str, Any]], None],
        conditions: Conditions,
    ) -> Made:
        """So many steps, each with a line of metrics."""
        out.mkdir(parents=True, exist_ok=True)
        log = out / "metrics.jsonl"
        done = len(log.read_text().splitlines()) if log.exists() else 0
        if source is not None:
            source.skip(done * request.groups)
        reason = "steps"
        while done < request.steps:
            if conditions.cancelled():
                reason = "cancelled"
                break
            if source is not None:
                groups = source.take(request.groups, [f"step-{done}"])
                if not groups:
                    reason = "starved"
                    break
                self.taken.append([group[0].trajectory.spec.seed for group in groups])
            self.before(done + 1)
            done += 1
            figures = {"step": done, "reward": done / 10}
            with log.open("a") as lines:
                lines.write(json.dumps(figures) + "\n")
            self.between(done)
            observe(figures)
        folder = base.folder
        if done:
            folder = out / "final"
            if not folder.exists():
                checkpoints.write(folder, context=8_192, seed=self.seed)
        return Made(folder, reason, "", {"accepted": 0.5})


def showing(rewards: dict[str, float]) -> Callable[[Checkpoint, Gate, Conditions], Showing]:
    """Every episode earns what is given for its checkpoint's version; 1 where nothing is."""

    def show(checkpoint: Checkpoint, gate: Gate, _: Conditions) -> Showing:
        reward = rewards.get(checkpoint.version, 1.0)
        trial = Trial(reward=reward, submitted=True, verified=True)
        return Showing(version=checkpoint.version, trials=(trial,) * gate.specs, diversity=1.0)

    return show


def open_workplace(configured: Settings) -> Workplace:
    """For a trainer in a process of its own; the environment says how slow its steps are."""
    database_url, redis_url = servers(configured)
    seconds = float(os.environ.get("FAKE_STEP_SECONDS", "0"))
    return Workplace(
        database=Database(database_url, pool_size=2),
        publisher=Publisher(redis_url),
        store=CheckpointStore.of(configured),
        folder=configured.home / "trainings",
        refine=DrawnRefinement(before=lambda _: time.sleep(seconds)),
        show=showing({}),
        name=process_name(),
        lease=timedelta(seconds=configured.lease_seconds),
    )
