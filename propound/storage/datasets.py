"""Datasets and their problems, read by tenant; an export streams through a server-side cursor."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session

from propound.domain import Domain
from propound.problem import Problem
from propound.record import digest
from propound.storage.exports import ROW_FORM, content_prefix, export_line
from propound.storage.tables import Dataset, Job, StoredProblem, StoredSibling

_ROWS_AT_ONCE = 200


def get(session: Session, tenant: str, dataset_id: str) -> Dataset | None:
    """The tenant's dataset, or None."""
    return session.scalar(select(Dataset).where(Dataset.id == dataset_id, Dataset.tenant == tenant))


def of_job(session: Session, job_id: str) -> Dataset:
    """The dataset that the job fills; every job has one."""
    return session.scalars(select(Dataset).where(Dataset.job_id == job_id)).one()


def of_jobs(session: Session, job_ids: list[str]) -> dict[str, Dataset]:
    """The datasets of many jobs, by job."""
    found = session.scalars(select(Dataset).where(Dataset.job_id.in_(job_ids)))
    return {dataset.job_id: dataset for dataset in found}


def page(session: Session, tenant: str, *, limit: int, before: str | None = None) -> list[Dataset]:
    """The tenant's datasets, newest first; those with a smaller id than `before`."""
    query = select(Dataset).where(Dataset.tenant == tenant).order_by(Dataset.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Dataset.id < before)
    return list(session.scalars(query))


def size(session: Session, dataset_id: str) -> int:
    """Problems in the dataset."""
    query = select(func.count()).select_from(StoredProblem).where(StoredProblem.dataset_id == dataset_id)
    return session.scalars(query).one()


def problems(
    session: Session,
    dataset_id: str,
    *,
    limit: int,
    after: int = 0,
    domain: Domain | None = None,
    skill: str | None = None,
) -> list[StoredProblem]:
    """Problems in their order, with ordinals above `after`; of a domain, and using a skill, where given."""
    query = select(StoredProblem).where(StoredProblem.dataset_id == dataset_id, StoredProblem.ordinal > after)
    if domain is not None:
        query = query.where(StoredProblem.domain == domain)
    if skill is not None:
        query = query.where(StoredProblem.skills.any_() == skill)
    return list(session.scalars(query.order_by(StoredProblem.ordinal).limit(limit)))


def problem(session: Session, tenant: str, problem_id: str) -> StoredProblem | None:
    """The tenant's problem, or None; by its own id, or by the id that rows of exports have.

    That one follows from the content alone, so more than one problem may have it: then it is the first of them.
    """
    query = select(StoredProblem).join(Dataset, Dataset.id == StoredProblem.dataset_id)
    mine = query.where(Dataset.tenant == tenant)
    prefix = content_prefix(problem_id)
    if prefix is None:
        return session.scalar(mine.where(StoredProblem.id == problem_id))
    # an index knows a prefix only literally
    pattern: BindParameter[str] = bindparam("pattern", f"{prefix}%", literal_execute=True)
    same = mine.where(StoredProblem.content_digest.like(pattern))
    return session.scalar(same.order_by(StoredProblem.id).limit(1))


class Edition(NamedTuple):
    """What a dataset consists of at one moment."""

    dataset: Dataset
    rows: int
    tag: str
    """Of the bytes of its export: the same problems in the same order, and rows of the same form, have the same."""


def edition(session: Session, tenant: str, dataset_id: str, *, siblings: bool = False) -> Edition | None:
    """What the tenant's dataset consists of now, or None: two rows are read, however many problems it has."""
    query = select(Dataset, Job.accepted).join(Job, Job.id == Dataset.job_id)
    found = session.execute(query.where(Dataset.id == dataset_id, Dataset.tenant == tenant)).one_or_none()
    if found is None:
        return None
    dataset, rows = found
    told = [ROW_FORM, rows, dataset.chain, *(["siblings"] if siblings else [])]
    return Edition(dataset, rows, digest(told))


def link(chain: str, content_digest: str, trajectory_digest: str) -> str:
    """The chain of a dataset that one more problem was accepted into: SHA-256 (hex) of all that is before, and it."""
    return hashlib.sha256(f"{chain}{content_digest}{trajectory_digest}".encode("ascii")).hexdigest()


def siblings(session: Session, problem_ids: Collection[str]) -> list[StoredSibling]:
    """The siblings of these problems: those of one parent in their order."""
    query = select(StoredSibling).where(StoredSibling.problem_id.in_(problem_ids))
    return list(session.scalars(query.order_by(StoredSibling.problem_id, StoredSibling.ordinal)))


def count_siblings(session: Session, dataset_ids: Collection[str]) -> dict[str, int]:
    """How many siblings the problems of each dataset have; nothing of datasets without any."""
    query = select(StoredSibling.dataset_id, func.count()).where(StoredSibling.dataset_id.in_(dataset_ids))
    return dict(session.execute(query.group_by(StoredSibling.dataset_id)).all())


def export(
    session: Session, dataset_id: str, *, after: int = 0, until: int | None = None, kin: bool = False
) -> Iterator[bytes]:
    """The dataset as JSON lines, ordered by ordinal, read from a server-side cursor; with `kin` a problem's siblings
    follow it.

    Only ordinals above `after` and up to `until`, where given: accepted rows never change, so an export may be
    read in pieces, without a transaction that is open as long as its slowest reader.
    """
    query = (
        select(
            StoredProblem.id,
            StoredProblem.ordinal,
            StoredProblem.record,
            StoredProblem.evidence,
            StoredProblem.content_digest,
        )
        .where(StoredProblem.dataset_id == dataset_id, StoredProblem.ordinal > after)
        .order_by(StoredProblem.ordinal)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    if until is not None:
        query = query.where(StoredProblem.ordinal <= until)
    for rows in session.execute(query).partitions():
        of_parent: dict[str, list[StoredSibling]] = {}
        for sibling in siblings(session, [row.id for row in rows]) if kin else ():
            of_parent.setdefault(sibling.problem_id, []).append(sibling)
        for row in rows:
            problem = Problem.model_validate(row.record)
            yield export_line(problem, row.evidence, row.ordinal, row.content_digest)
            for each in of_parent.get(row.id, ()):
                made = Problem.model_validate(each.record)
                yield export_line(made, {}, row.ordinal, each.content_digest, parent=row.content_digest)
