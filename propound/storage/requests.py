"""Requests to language models: a row for each attempt, kept at once, found again, and summed for each job.

A row outlives the episode that asked: an episode that is made again finds the answers of its first making. The sums of
a job are kept beside the rows, in the same transaction, so that showing them costs one small query at any size.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, case, false, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from propound.models.ledger import Entry, Spending, Sums
from propound.models.purpose import Role
from propound.models.reply import Reply
from propound.storage import installation
from propound.storage.session import Database
from propound.storage.tables import Job, RequestSum, StoredRequest

_SUMMED: tuple[InstrumentedAttribute[Any], ...] = (
    RequestSum.requests,
    RequestSum.failures,
    RequestSum.unpriced,
    RequestSum.prompt_tokens,
    RequestSum.completion_tokens,
    RequestSum.thought_tokens,
    RequestSum.cost,
)

_NAMES = tuple(column.key for column in _SUMMED)

_LOG = logging.getLogger(__name__)


def add(session: Session, entry: Entry) -> bool:
    """Keep an entry and count it for its job; False where the request is answered already.

    Raises:
        IntegrityError: its job is not there any more.
    """
    added = session.scalar(
        insert(StoredRequest)
        .values(_row(entry))
        .on_conflict_do_nothing(
            index_elements=[StoredRequest.id], index_where=StoredRequest.failure.is_(None)
        )
        .returning(StoredRequest.number)
    )
    if added is None:
        return False
    job_id = entry.purpose.origin.job
    if job_id is not None:
        _count(session, job_id, entry.purpose.role, entry.model, Sums.of(entry))
    return True


def answer(session: Session, request_id: str) -> Reply | None:
    """The reply to a request that was answered."""
    query = select(StoredRequest.reply).where(StoredRequest.id == request_id, StoredRequest.failure.is_(None))
    found = session.scalar(query)
    return None if found is None else Reply.from_json(found)


def summed(job_id: ColumnElement[str] | InstrumentedAttribute[str]) -> ScalarSelect[Any]:
    """What the requests of the job of an enclosing query come to, as a column that `spending` reads."""
    parts = func.jsonb_build_array(RequestSum.role, RequestSum.model, *_SUMMED)
    return select(func.jsonb_agg(parts, type_=JSONB)).where(RequestSum.job_id == job_id).scalar_subquery()


def spending(parts: Iterable[Sequence[Any]] | None) -> Spending:
    """What a column of `summed` says; None for a job without requests."""
    return Spending.over(
        (Role(role), model, Sums(**dict(zip(_NAMES, values, strict=True))))
        for role, model, *values in parts or ()
    )


def used_up() -> ColumnElement[bool]:
    """Whether the job of an enclosing query has used up its budget of tokens; sums are read of jobs that have one."""
    tokens = func.coalesce(RequestSum.prompt_tokens, 0) + func.coalesce(RequestSum.completion_tokens, 0)
    spent = select(func.coalesce(func.sum(tokens), 0)).where(RequestSum.job_id == Job.id).correlate(Job)
    return case((Job.max_tokens.is_(None), false()), else_=spent.scalar_subquery() >= Job.max_tokens)


def has_used_up(session: Session, job: Job) -> bool:
    """Whether a job has used up its budget of tokens."""
    return job.max_tokens is not None and bool(session.scalar(select(used_up()).where(Job.id == job.id)))


def of_jobs(session: Session, job_ids: Collection[str]) -> dict[str, Spending]:
    """What the requests of each job come to."""
    rows = session.execute(select(Job.id, summed(Job.id)).where(Job.id.in_(job_ids)))
    return {job_id: spending(parts) for job_id, parts in rows}


def of_command(session: Session, command: str) -> Spending:
    """What the requests of one run of a command come to."""
    answered = StoredRequest.failure.is_(None)
    query = (
        select(
            StoredRequest.role,
            StoredRequest.model,
            func.count().label("requests"),
            func.count(StoredRequest.failure).label("failures"),
            func.count().filter(answered, StoredRequest.cost.is_(None)).label("unpriced"),
            func.sum(StoredRequest.prompt_tokens).label("prompt_tokens"),
            func.sum(StoredRequest.completion_tokens).label("completion_tokens"),
            func.sum(StoredRequest.thought_tokens).label("thought_tokens"),
            func.sum(StoredRequest.cost).label("cost"),
        )
        .where(StoredRequest.command == command)
        .group_by(StoredRequest.role, StoredRequest.model)
    )
    return Spending.over(
        (row.role, row.model, Sums(**{name: getattr(row, name) for name in _NAMES}))
        for row in session.execute(query)
    )


class DatabaseLedger:
    """The ledger of a process that has a database; safe to share between threads.

    Requests that nobody accounts for (neither a job's nor a command's) have no rows, and are asked every time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @cached_property
    def secret(self) -> bytes:
        """See `Ledger.secret`; the installation's, which all processes share."""
        with self._database.begin() as session:
            return installation.secret(session)

    def find(self, id: str) -> Reply | None:  # noqa: A002 - the name of the entry's field
        """See `Ledger.find`."""
        with self._database.begin() as session:
            return answer(session, id)

    def record(self, entry: Entry) -> None:
        """See `Ledger.record`.

        Raises:
            sqlalchemy.exc.OperationalError: the database cannot be reached.
        """
        if entry.purpose.origin.job is None and entry.purpose.origin.command is None:
            return
        try:
            with self._database.begin() as session:
                add(session, entry)
        except IntegrityError:
            _LOG.warning("a request of %s is not kept: the job is gone", entry.purpose.origin.job)


def _row(entry: Entry) -> dict[str, Any]:
    purpose = entry.purpose
    kept = entry.model_dump(exclude={"purpose", "reply"})
    placed = purpose.model_dump(exclude={"origin"})
    origin = purpose.origin
    return {
        **kept,
        **placed,
        "job_id": origin.job,
        "command": origin.command,
        "spec_index": origin.spec,
        "reply": entry.reply,
    }


def _count(session: Session, job_id: str, role: Role, model: str, sums: Sums) -> None:
    """Add to the sums of a job; what is unknown on both sides stays unknown."""
    statement = insert(RequestSum).values(job_id=job_id, role=role, model=model, **dict(sums))
    together = {
        column.key: func.coalesce(
            column + statement.excluded[column.key], column, statement.excluded[column.key]
        )
        for column in _SUMMED
    }
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[RequestSum.job_id, RequestSum.role, RequestSum.model], set_=together
        )
    )
