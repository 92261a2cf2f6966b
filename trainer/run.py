"""One claimed training run from beginning to end: refine, keep the checkpoint, compare it with what is live, promote.

What is done lies in three places: the weights in the run's folder, the figures in PostgreSQL, the checkpoint in the
store. Each later step can be done again after the trainer was killed: the folder's state goes on where it was, a
checkpoint is kept once, and the row changes only for the holder of the lease.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.orm import Session

from propound.episodes import UnknownProberError
from propound.errors import ServiceDownError
from propound.models.purpose import Origin
from propound.policy.checkpoint import Checkpoint, CheckpointError, load_checkpoint
from propound.policy.store import CheckpointStore
from propound.promotion import Comparison, Gate, Showing, compare
from propound.queue import Publisher, announce_after_commit
from propound.storage import checkpoints, pools, trainings
from propound.storage.checkpoints import LiveChangedError
from propound.storage.session import Database
from propound.storage.trainings import TrainingLease
from propound.training import LIVE, Experience, TrainingRequest, TrainingState
from trainer.conditions import Conditions, InterruptedRunError
from trainer.heartbeat import Heartbeat
from trainer.intake import UnreadableGroupsError
from trainer.patience import LONGEST
from trainer.stored import StoredGroups

RETRY_AFTER = timedelta(seconds=10)
"""Before a run is tried again after an error, times the attempt."""

_LOG = logging.getLogger(__name__)


class Outcome(Protocol):
    """What a refinement came to."""

    @property
    def folder(self) -> Path:
        """Of the checkpoint to take; the base's where nothing was better."""

    @property
    def reason(self) -> str:
        """Why it ended."""

    @property
    def detail(self) -> str:
        """More of that, or nothing."""

    @property
    def figures(self) -> dict[str, Any]:
        """Of the checkpoint's evaluation."""


class Refine(Protocol):
    """Makes a better proposer; `trainer.refine` behind `trainer.opening` is the real one."""

    def __call__(
        self,
        base: Checkpoint,
        request: TrainingRequest,
        out: Path,
        *,
        source: StoredGroups | None,
        observe: Callable[[dict[str, Any]], None],
        conditions: Conditions,
    ) -> Outcome:
        """Run to the end of the budget; called again with the same `out` it goes on where it was.

        `observe` is told the figures of every step after its state is on disk; `out`/metrics.jsonl has them all.
        """
        ...


@dataclass(frozen=True)
class Workplace:
    """What one trainer works with."""

    database: Database
    publisher: Publisher
    store: CheckpointStore
    folder: Path
    """A folder for each run lies in it."""
    refine: Refine
    show: Callable[[Checkpoint, Gate, Conditions], Showing]
    """What a checkpoint shows on the gate's specs; see `trainer.gate.show`."""
    name: str
    lease: timedelta
    probers: tuple[str, ...] = ()
    """Versions of the probers, from weak to strong."""


def run_one(place: Workplace, is_stopping: Callable[[], bool]) -> bool:
    """Claim a run and work on it; whether there was one.

    What it raises is a failure of the service: the run is given back, and tried again later; it is no attempt where a
    server is down that cannot be waited for. Where its base or its prober cannot be opened, or none of its groups can
    be read, it fails at once.
    """
    with place.database.begin() as session:
        lease = trainings.claim(session, place.name, place.lease)
        if lease is not None:
            announce_after_commit(session, lease.training_id, place.publisher)
    if lease is None:
        return False
    with Heartbeat(place.database, lease) as heartbeat:
        claimed = _Claimed(place, lease, heartbeat, is_stopping)
        try:
            claimed.work()
        except (CheckpointError, UnknownProberError, UnreadableGroupsError) as error:
            _LOG.warning("%s cannot be done: %s", lease.training_id, error)
            with claimed.change() as session:
                trainings.fail(session, lease, str(error))
        except ServiceDownError as error:
            _LOG.warning("%s waits: %s", lease.training_id, error)
            with claimed.change() as session:
                delay = max(RETRY_AFTER, timedelta(seconds=min(error.retry_after, LONGEST)))
                trainings.give_back(session, lease, waiting_for=str(error)[:500], delay=delay)
        except Exception as error:  # noqa: BLE001  # whatever the service broke on, another trainer tries again
            _LOG.exception("%s, attempt %s, failed", lease.training_id, lease.attempt)
            with claimed.change() as session:
                why = f"{type(error).__name__}: {error}"
                trainings.give_back(session, lease, error=why, delay=RETRY_AFTER * lease.attempt)
    return True


class _Claimed:
    """A run in the hands of this process."""

    def __init__(
        self, place: Workplace, lease: TrainingLease, heartbeat: Heartbeat, is_stopping: Callable[[], bool]
    ) -> None:
        self._place, self._lease, self._heartbeat, self._is_stopping = place, lease, heartbeat, is_stopping
        self._request = lease.request
        self._out = place.folder / lease.training_id
        self._noted = 0
        """The last step whose figures are in the database."""
        self._compared_with: str | None = None
        """What was live when the gate looked; None: the bundled default."""

    @contextmanager
    def change(self) -> Iterator[Session]:
        """A transaction that changes the run, with news of it afterwards."""
        with self._place.database.begin() as session:
            announce_after_commit(session, self._lease.training_id, self._place.publisher)
            yield session

    def work(self) -> None:
        """From where the last trainer left it to the end, or to where it must be let go."""
        base = self._open_base()
        outcome = self._place.refine(
            base,
            self._request,
            self._out,
            source=self._source(base),
            observe=self._observe,
            conditions=self._conditions,
        )
        self._catch_up()
        if self._let_go():
            return
        kept = self._keep(base, outcome)
        try:
            comparison = None if kept is None else self._compare(kept)
        except InterruptedRunError:
            if self._let_go():
                return
            comparison = None
        reason = f"{outcome.reason}: {outcome.detail}" if outcome.detail else str(outcome.reason)
        self._finish(reason, kept or base, comparison)

    def _open_base(self) -> Checkpoint:
        """What the run begins with: the same for every trainer that works on it."""
        wanted: str | None = self._lease.base_version or self._request.base
        with self._place.database.begin() as session:
            if wanted == LIVE:
                wanted = checkpoints.live_version(session)
            training = trainings.get(session, self._lease.training_id)
            self._noted = training.steps if training is not None and self._out.exists() else 0
            begun = self._lease.base_version is not None
            prober = self._lease.prober if begun else pools.choice(session, self._place.probers)
        origin = Origin(command=f"training {self._lease.training_id}")
        self._conditions = Conditions(self._must_end, self._waits, prober, origin)
        base = self._place.store.find(wanted)
        with self.change() as session:
            self._register(session, base, None, None, base.metadata.get("figures") or {})
            trainings.note_base(session, self._lease, base.version, prober)
            verb = "goes on" if self._noted else "begins"
            trainings.say(session, self._lease.training_id, f"{verb} with {base.name} {base.version}")
        return base

    def _source(self, base: Checkpoint) -> StoredGroups | None:
        if self._request.experience is Experience.SAMPLED:
            return None

        def steps() -> int:
            self._catch_up()
            return self._noted

        place, request = self._place, self._request
        return StoredGroups(place.database, self._lease.training_id, base.version, request.staleness, steps)

    def _observe(self, figures: Mapping[str, Any]) -> None:
        self._catch_up(before=int(figures["step"]))
        self._note(figures)

    def _note(self, figures: Mapping[str, Any]) -> None:
        step = int(figures["step"])
        others = {name: value for name, value in figures.items() if name != "step"}
        with self.change() as session:
            holds = trainings.note_step(session, self._lease, step, others)
            for reason, count in (figures.get("refusals") or {}).items() if holds else ():
                text = f"step {step}: {count} stored groups refused: {reason}"
                trainings.say(session, self._lease.training_id, text, "warning")
        if not holds:
            self._heartbeat.look()
        self._noted = step

    def _catch_up(self, before: int | None = None) -> None:
        """Note what the run's folder knows and its row does not: a trainer was killed between the two."""
        path = self._out / "metrics.jsonl"
        if before == self._noted + 1 or not path.exists():
            return
        for line in path.read_text(encoding="utf-8").splitlines():
            figures = json.loads(line)
            if self._noted < figures["step"] and (before is None or figures["step"] < before):
                self._note(figures)

    def _waits(self, waiting_for: str | None) -> None:
        with self.change() as session:
            trainings.wait(session, self._lease, waiting_for)

    def _must_end(self) -> bool:
        return self._is_stopping() or self._heartbeat.is_lost or self._heartbeat.is_cancelled

    def _let_go(self) -> bool:
        """Whether the run is no longer this trainer's: it is lost, or given back because the trainer stops."""
        self._heartbeat.look()
        if self._heartbeat.is_lost:
            return True
        if not self._is_stopping() or self._heartbeat.is_cancelled:
            return False
        with self.change() as session:
            trainings.give_back(session, self._lease)
        return True

    def _keep(self, base: Checkpoint, outcome: Outcome) -> Checkpoint | None:
        """Put the checkpoint into the store, then into the table; None where it is the base itself."""
        made = load_checkpoint(outcome.folder)
        if made.version == base.version:
            return None
        kept = self._place.store.keep(made)
        with self.change() as session:
            self._register(session, kept, base.version, self._lease.training_id, outcome.figures)
            trainings.say(session, self._lease.training_id, f"the checkpoint {kept.version} is kept")
        return kept

    def _compare(self, kept: Checkpoint) -> Comparison | None:
        """What the gate says; None where there is none, or nothing to compare with.

        Raises:
            InterruptedRunError: the run must end.
        """
        gate = self._request.gate
        if gate is None or self._heartbeat.is_cancelled:
            return None
        with self._place.database.begin() as session:
            self._compared_with = checkpoints.live_version(session)
        try:
            live = self._place.store.find(self._compared_with)
        except CheckpointError as error:
            with self.change() as session:
                trainings.say(session, self._lease.training_id, f"not compared: {error}", "error")
            return None
        if live.version == kept.version:
            return None
        before, after = (self._place.show(each, gate, self._conditions) for each in (live, kept))
        return compare(before, after, gate)

    def _finish(self, reason: str, checkpoint: Checkpoint, comparison: Comparison | None) -> None:
        """The end, and what follows from it, in one transaction."""
        with self.change() as session:
            state = trainings.finish(
                session,
                self._lease,
                stop_reason=reason,
                checkpoint_version=checkpoint.version,
                comparison=comparison,
            )
            if state is None:
                return
            if state is TrainingState.SUCCEEDED and comparison is not None:
                self._decide(session, checkpoint.version, comparison)
        shutil.rmtree(self._out, ignore_errors=True)

    def _decide(self, session: Session, version: str, comparison: Comparison) -> None:
        training_id = self._lease.training_id
        if not comparison.promote:
            checkpoints.refuse(session, version)
            trainings.say(session, training_id, f"not promoted: {'; '.join(comparison.reasons)}")
            return
        try:
            checkpoints.promote_over(
                session,
                version,
                self._compared_with,
                by="gate",
                reason=f"{training_id}: reward {comparison.live_reward:.4f} -> {comparison.reward:.4f}, at least"
                f" {comparison.gain_lower:+.4f} with {comparison.confidence:.0%} confidence",
            )
            trainings.say(session, training_id, f"promoted: {version} is live")
        except LiveChangedError as error:
            trainings.say(session, training_id, f"not promoted: {error}")

    def _register(
        self,
        session: Session,
        checkpoint: Checkpoint,
        parent: str | None,
        training_id: str | None,
        figures: Mapping[str, Any],
    ) -> None:
        checkpoints.keep(
            session,
            version=checkpoint.version,
            name=checkpoint.name,
            folder=str(checkpoint.folder),
            parent_version=parent,
            training_id=training_id,
            figures=figures,
        )
