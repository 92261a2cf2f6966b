"""Rules about verifications: what a row may be, the same request only once, and whose it is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

from anyio import to_thread
from sqlalchemy.orm import Session

from propound.domain import Domain
from propound.models.ledger import Spending
from propound.storage import requests, verifications
from propound.storage.tables import StoredVerification
from propound.verification.open.row import MAX_ROW, Row, RowError, id_in, row_of
from propound.verification.open.rows import Result, unread
from service import idempotency
from service.errors import found
from service.keyring import Caller
from service.resources import Resources
from service.serving import refuse_unverified
from service.verifications.schemas import VerificationCreate, VerificationView, verification_view

PATH = "/v1/verifications"
BATCH = 50
"""Results read at once."""


class Creation(NamedTuple):
    """A verification that was asked for, perhaps not for the first time."""

    view: VerificationView
    replayed: bool


def create(
    session: Session,
    caller: Caller,
    shared: Resources,
    wanted: VerificationCreate,
    idempotency_key: str | None,
) -> Creation:
    """Keep the rows, or give the answer that the same `Idempotency-Key` got before.

    Raises:
        IdempotencyKeyReusedError: the key came with another request.
        UnservedError: nobody here solves problems.
    """
    if idempotency_key is not None:
        earlier = idempotency.begin(session, caller, PATH, wanted, idempotency_key)
        if earlier is not None:
            return Creation(VerificationView.model_validate(earlier.response), replayed=True)
    refuse_unverified(shared)
    rows = [_read(row, number, wanted.domain) for number, row in enumerate(wanted.rows, 1)]
    made = verifications.create(session, tenant=caller.tenant, asking=wanted.well_posed, rows=rows)
    view = verification_view(made, Spending())
    if idempotency_key is not None:
        idempotency.finish(session, caller, idempotency_key, view)
    return Creation(view, replayed=False)


def find(session: Session, caller: Caller, verification_id: str) -> StoredVerification:
    """The caller's verification.

    Raises:
        NotFoundError: the tenant has no such verification.
    """
    return found(verifications.get(session, caller.tenant, verification_id), "verification")


def show(session: Session, caller: Caller, verification_id: str) -> VerificationView:
    """The caller's verification as the API shows it.

    Raises:
        NotFoundError: the tenant has no such verification.
    """
    there = find(session, caller, verification_id)
    return verification_view(there, requests.of_command(session, there.id))


async def stream(shared: Resources, verification_id: str) -> AsyncIterator[bytes]:
    """The results that are there as JSON lines, in the order of the rows; read batch by batch."""
    after: int | None = 0
    while after is not None:
        lines, after = await to_thread.run_sync(_batch, shared, verification_id, after)
        yield lines


def _batch(shared: Resources, verification_id: str, after: int) -> tuple[bytes, int | None]:
    with shared.database.begin() as session:
        there = verifications.results(session, verification_id, after=after, limit=BATCH)
    lines = "".join(json.dumps(result) + "\n" for _, result in there)
    return lines.encode("ascii"), there[-1][0] if len(there) == BATCH else None


def _read(row: Mapping[str, Any], number: int, domain: Domain) -> Row | Result:
    """The row, or what is given back for one that is none."""
    try:
        if len(json.dumps(row)) > MAX_ROW:
            return unread(id_in(row, number), number, f"longer than {MAX_ROW} bytes")
        return row_of(row, number, domain)
    except (RowError, RecursionError) as error:
        return unread(id_in(row, number), number, str(error))
