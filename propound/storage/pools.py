"""Pools of probers: which one measures the problems of a job, and what its measurements say about the next job's.

A job keeps the prober that it began with, so its dataset does not depend on who settles when.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from propound.probing.pool import PoolState, observe
from propound.probing.probe import Probe
from propound.storage.tables import Job, StoredPool


def choice(session: Session, versions: Sequence[str]) -> str | None:
    """Version of the prober in place; None for an empty pool."""
    if not versions:
        return None
    stored = session.get(StoredPool, " ".join(versions), populate_existing=True)
    return versions[PoolState.model_validate(stored.state).place if stored else 0]


def learn(session: Session, versions: Sequence[str], probes: Sequence[Probe]) -> None:
    """Let the pool see measurements, in their order; its row is the last that a transaction locks."""
    if not versions or not probes:
        return
    name = " ".join(versions)
    fresh = {"versions": name, "state": PoolState().model_dump(mode="json")}
    session.execute(insert(StoredPool).values(fresh).on_conflict_do_nothing())
    stored = session.get_one(StoredPool, name, with_for_update=True, populate_existing=True)
    state = PoolState.model_validate(stored.state)
    for probe in probes:
        state = observe(state, versions[state.place], probe, len(versions))
    stored.state = state.model_dump(mode="json")


def count(job: Job, probe: Probe | None) -> None:
    """Count an accepted problem of a locked job by its pass rate."""
    if probe is not None:
        job.pass_rates = {**job.pass_rates, key(probe): job.pass_rates.get(key(probe), 0) + 1}


def key(probe: Probe) -> str:
    """The pass rate as text, as short as it is exact: 0, 0.0625, 0.5, 1."""
    return f"{probe.pass_rate:.6g}"
