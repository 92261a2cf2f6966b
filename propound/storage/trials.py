"""Trials of committees on canaries: a row each, and their sums, kept in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from propound.domain import Domain
from propound.storage.tables import Job, StoredTrial, TrialSum
from propound.trust import Calibration, Tally

_SUMMED = ("decided", "accepted", "undecided")


def add(session: Session, **fields: Any) -> bool:
    """Keep a trial (the columns of a `StoredTrial`) and count it; False where that canary was tried before."""
    added = session.scalar(
        insert(StoredTrial)
        .values(fields)
        .on_conflict_do_nothing(constraint="one_trial_per_canary")
        .returning(StoredTrial.id)
    )
    if added is None:
        return False
    decided = bool(fields["decided"])
    numbers = (int(decided), int(decided and fields["accepted"]), int(not decided))
    kind = {"committee": fields["committee"], "fault": fields["fault"] or "", "domain": fields["domain"]}
    counted = insert(TrialSum).values(**kind, **dict(zip(_SUMMED, numbers, strict=True)))
    session.execute(
        counted.on_conflict_do_update(
            index_elements=[TrialSum.committee, TrialSum.fault, TrialSum.domain],
            set_={name: getattr(TrialSum, name) + counted.excluded[name] for name in _SUMMED},
        )
    )
    return True


def of_committee(session: Session, committee: str) -> list[StoredTrial]:
    """All trials of a committee, the oldest first."""
    query = select(StoredTrial).where(StoredTrial.committee == committee).order_by(StoredTrial.id)
    return list(session.scalars(query))


def tallied(committee: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ScalarSelect[Any]:
    """The sums of the committee of an enclosing query, as a column that `calibration` reads."""
    parts = func.jsonb_build_array(TrialSum.fault, TrialSum.domain, TrialSum.decided, TrialSum.accepted)
    return select(func.jsonb_agg(parts, type_=JSONB)).where(TrialSum.committee == committee).scalar_subquery()


def calibration(committee: str | None, parts: Iterable[Sequence[Any]] | None) -> Calibration | None:
    """What a column of `tallied` says; None for a committee that was never tried."""
    if committee is None:
        return None
    tallies = (Tally(fault, Domain(domain), *numbers) for fault, domain, *numbers in parts or ())
    return Calibration.of(committee, tallies)


def of_jobs(session: Session, jobs: Collection[Job]) -> dict[str, Calibration | None]:
    """What is known of each job's committee, by job; nothing of jobs that have none."""
    committees = {job.committee for job in jobs if job.committee is not None}
    if not committees:
        return {}
    tallies: dict[str, list[Tally]] = {}
    for row in session.scalars(select(TrialSum).where(TrialSum.committee.in_(committees))):
        tally = Tally(row.fault, row.domain, row.decided, row.accepted)
        tallies.setdefault(row.committee, []).append(tally)
    return {
        job.id: Calibration.of(job.committee, tallies.get(job.committee, ()))
        for job in jobs
        if job.committee is not None
    }
