"""Datasets and their problems, read by tenant; an export streams through a server-side cursor."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from propound.problem import Domain, Problem
from propound.storage.exports import export_line
from propound.storage.tables import Dataset, StoredProblem

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
    """The tenant's problem, or None."""
    query = select(StoredProblem).join(Dataset, Dataset.id == StoredProblem.dataset_id)
    return session.scalar(query.where(StoredProblem.id == problem_id, Dataset.tenant == tenant))


def content_tag(session: Session, dataset_id: str) -> str:
    """SHA-256 (hex) over the content digests in their order: the strong ETag of the export."""
    separator = aggregate_order_by(literal(""), StoredProblem.ordinal)
    digests = func.string_agg(StoredProblem.content_digest, separator)
    tag = func.encode(func.sha256(func.convert_to(func.coalesce(digests, ""), "UTF8")), "hex")
    found: str = session.scalars(select(tag).where(StoredProblem.dataset_id == dataset_id)).one()
    return found


def export(session: Session, dataset_id: str, *, after: int = 0, until: int | None = None) -> Iterator[bytes]:
    """The dataset as JSON lines, ordered by ordinal, read from a server-side cursor.

    Only ordinals above `after` and up to `until`, where given: accepted rows never change, so an export may be
    read in pieces, without a transaction that is open as long as its slowest reader.
    """
    query = (
        select(
            StoredProblem.ordinal, StoredProblem.record, StoredProblem.evidence, StoredProblem.content_digest
        )
        .where(StoredProblem.dataset_id == dataset_id, StoredProblem.ordinal > after)
        .order_by(StoredProblem.ordinal)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    if until is not None:
        query = query.where(StoredProblem.ordinal <= until)
    for ordinal, record, evidence, content_digest in session.execute(query):
        yield export_line(Problem.model_validate(record), evidence, ordinal, content_digest)
