"""Groups of episodes as experience: complete ones, exactly recorded, each given to one training run alone."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from propound.episode import Episode
from propound.problem import Problem
from propound.reward import Rewards
from propound.storage.tables import Job, StoredTrajectory, Training, TrainingGroup, VerdictKind
from propound.trajectory import Trajectory
from propound.verification.evidence import Evidence
from propound.verification.verdict import Verdict
from propound.verification.vote import Check, Vote


def claim(
    session: Session, training_id: str, count: int, versions: Sequence[str], *, after: int = 0
) -> list[list[Episode]]:
    """Up to `count` groups of episodes that these policy versions wrote, the newest first; now the run's own.

    The run's own groups beyond its first `after` come before any others, in the order in which it got them: a run that
    goes on after its trainer was killed learns from what it had. A group is complete when all members of its spec
    are stored; its members are in order.
    """
    session.execute(select(Training.id).where(Training.id == training_id).with_for_update(key_share=True))
    own = select(TrainingGroup.job_id, TrainingGroup.spec_index).where(
        TrainingGroup.training_id == training_id, TrainingGroup.ordinal >= after
    )
    found = [(job, spec) for job, spec in session.execute(own.order_by(TrainingGroup.ordinal).limit(count))]
    while len(found) < count:
        fresh = session.execute(_fresh(versions).limit(count - len(found))).all()
        if not fresh:
            break
        found += [(job, spec) for job, spec in fresh if _take(session, training_id, job, spec)]
    return [_episodes(session, job, spec) for job, spec in found]


def count_fresh(session: Session, versions: Sequence[str], *, most: int) -> int:
    """How many groups of these versions no run has claimed, counted up to `most`."""
    groups = _fresh(versions).limit(most).subquery()
    return session.scalars(select(func.count()).select_from(groups)).one()


def _fresh(versions: Sequence[str]) -> Select[str, int]:
    """(job, spec) of complete groups of at least two, of one version each, that nobody has claimed; newest first."""
    claimed = exists().where(
        TrainingGroup.job_id == StoredTrajectory.job_id,
        TrainingGroup.spec_index == StoredTrajectory.spec_index,
    )
    return (
        select(StoredTrajectory.job_id, StoredTrajectory.spec_index)
        .join(Job, Job.id == StoredTrajectory.job_id)
        .where(StoredTrajectory.sampled, StoredTrajectory.policy_version.in_(versions), ~claimed)
        .where(Job.group_size >= 2)
        .group_by(StoredTrajectory.job_id, StoredTrajectory.spec_index, Job.group_size)
        .having(
            func.count() == Job.group_size,
            func.min(StoredTrajectory.policy_version) == func.max(StoredTrajectory.policy_version),
        )
        .order_by(func.max(StoredTrajectory.id).desc())
    )


def _take(session: Session, training_id: str, job_id: str, spec_index: int) -> bool:
    """Whether the group is the run's: another run may have been quicker."""
    mine = TrainingGroup.training_id == training_id
    ordinal = select(func.coalesce(func.max(TrainingGroup.ordinal), -1) + 1).where(mine).scalar_subquery()
    taken = session.scalar(
        insert(TrainingGroup)
        .values(job_id=job_id, spec_index=spec_index, training_id=training_id, ordinal=ordinal)
        .on_conflict_do_nothing(index_elements=["job_id", "spec_index"])
        .returning(TrainingGroup.ordinal)
    )
    return taken is not None


def _episodes(session: Session, job_id: str, spec_index: int) -> list[Episode]:
    where = and_(StoredTrajectory.job_id == job_id, StoredTrajectory.spec_index == spec_index)
    rows = session.scalars(select(StoredTrajectory).where(where).order_by(StoredTrajectory.member))
    return [_episode(row) for row in rows]


def _episode(row: StoredTrajectory) -> Episode:
    """The episode as its worker had it: what became of its problem in the dataset changes no reward."""
    accepted = row.verdict is VerdictKind.ACCEPTED
    return Episode(
        trajectory=Trajectory.model_validate(row.record),
        verdict=Verdict(
            accepted=accepted,
            rejection=None if accepted else row.rejection,
            rationale=row.rationale,
            votes=tuple(Vote.model_validate(vote) for vote in row.votes),
            checks=tuple(Check.model_validate(check) for check in row.checks),
            problem=None if row.problem is None else Problem.model_validate(row.problem),
            evidence=None if row.evidence is None else Evidence.model_validate(row.evidence),
        ),
        rewards=Rewards.model_validate(row.rewards),
        skill_hashes=row.skill_hashes,
        library_version=row.library_version,
    )
