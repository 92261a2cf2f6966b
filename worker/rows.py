"""What a process of the worker does for verifications: claim some rows, put them to the stages, keep the results.

Rows of one claim are verified at the same time, in threads. Their leases are renewed while anything moves; a process in
which nothing does ends itself, and others take over what it held.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from propound.errors import ServiceDownError
from propound.models.purpose import Origin
from propound.queue import announce_after_commit
from propound.storage import verifications
from propound.storage.verifications import Lease
from propound.verification.open.rows import Result, RowVerification
from worker.shard import AWAY_SECONDS, LONGEST_WAIT, RETRY_AFTER, Workplace

_LOG = logging.getLogger(__name__)
_Result = TypeVar("_Result")


def verify_some(place: Workplace, is_stopping: Callable[[], bool]) -> bool:
    """Claim as many rows as are verified at a time, and keep what comes of them; whether there were any.

    What verification raises is a failure of ours: the row is given back, and tried again later. It is no attempt where
    a service outside is down: the verification says so, and waits.
    """
    verification = place.pipeline.rows
    if verification is None or is_stopping():
        return False
    with place.database.begin() as session:
        leases = verifications.claim(session, place.claimant.worker, place.claimant.lease, place.rows_at_once)
    if not leases:
        return False
    pause = place.claimant.lease.total_seconds() / 4
    place.pulse.beat()
    with ThreadPoolExecutor(len(leases), "row") as threads:
        running = {threads.submit(_verify, verification, lease): lease for lease in leases}
        renewed = time.monotonic()
        while running:
            done, _ = wait(running, pause, FIRST_COMPLETED)
            for future in done:
                place.pulse.beat()
                _keep(place, running.pop(future), future)
            if time.monotonic() - renewed >= pause:
                renewed = time.monotonic()
                _renew(place, list(running.values()))
    return True


def _verify(verification: RowVerification, lease: Lease) -> Result:
    stages = verification.stages
    asked = replace(stages, rule=stages.rule.model_copy(update={"asking": lease.asking}))
    origin = Origin(command=lease.verification_id, spec=lease.index)
    return RowVerification(asked).verify(lease.row, lease.index, origin)


def _keep(place: Workplace, lease: Lease, future: Future[Result]) -> None:
    """Keep a result, or give the row back; a database that stays away costs the lease alone."""
    try:
        _patiently(place, lease, _ending(lease, future))
    except Exception:  # noqa: BLE001  # whatever it is, the other rows in hand are kept in order
        _LOG.exception("row %s of %s stays until its lease is over", lease.index, lease.verification_id)


def _ending(lease: Lease, future: Future[Result]) -> Callable[[Session], object]:
    error = future.exception()
    if error is None:
        return partial(verifications.finish, lease=lease, result=future.result())
    if isinstance(error, ServiceDownError):
        _LOG.warning("row %s of %s waits: %s", lease.index, lease.verification_id, error)
        delay = min(max(RETRY_AFTER, timedelta(seconds=error.retry_after)), LONGEST_WAIT)
        return partial(_wait, lease=lease, delay=delay, service=str(error)[:500])
    _LOG.error(
        "row %s of %s, attempt %s, failed",
        lease.index,
        lease.verification_id,
        lease.attempt,
        exc_info=error,
    )
    why = f"{type(error).__name__}: {error}"[:300]
    return partial(verifications.give_back, lease=lease, delay=RETRY_AFTER * lease.attempt, error=why)


def _wait(session: Session, lease: Lease, delay: timedelta, service: str) -> None:
    verifications.give_back(session, lease, delay=delay)
    verifications.wait(session, lease.verification_id, service)


def _renew(place: Workplace, leases: list[Lease]) -> None:
    if not place.pulse.is_alive:
        _LOG.critical("nothing moves in this process: it ends, and others take over what it held")
        place.end_process(place.pipeline.close)
        return
    for lease in leases:
        try:
            with place.database.begin() as session:
                verifications.hold(session, lease)
        except (OperationalError, InterfaceError) as error:
            _LOG.warning("a lease of %s was not renewed: %s", lease.verification_id, error)


def _patiently(place: Workplace, lease: Lease, change: Callable[[Session], _Result]) -> _Result:
    """Change a verification in a transaction of its own; a database that is away is tried while the lease lasts."""
    deadline = time.monotonic() + lease.duration.total_seconds()
    while True:
        try:
            with place.database.begin() as session:
                announce_after_commit(session, lease.verification_id, place.publisher)
                return change(session)
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > deadline:
                raise
            _LOG.warning("the database is away: %s", error)
            time.sleep(AWAY_SECONDS)
