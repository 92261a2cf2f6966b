"""`Idempotency-Key`: a repeated request to make something gets the first one's answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header
from pydantic import BaseModel
from sqlalchemy.orm import Session

from propound.record import digest
from propound.storage import idempotency
from service.errors import IdempotencyKeyReusedError, Responses
from service.keyring import Caller

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]*$",
        description="Any text of your own. Sent again within 24 hours with the same request, it gives the same "
        "answer and makes nothing new.",
        examples=["5f0c1d9e-warm-up"],
    ),
]


def accepted(what: str) -> Responses:
    """The documented answer 202 of an operation that makes `what`."""
    return {
        202: {
            "description": f"The {what} is queued.",
            "headers": {
                "Location": {"description": f"The {what}'s address.", "schema": {"type": "string"}},
                "Idempotency-Replayed": {
                    "description": "`true` where the `Idempotency-Key` had been used: nothing new was made.",
                    "schema": {"type": "string"},
                },
            },
        }
    }


def begin(
    session: Session, caller: Caller, path: str, wanted: BaseModel, key: str
) -> idempotency.Replay | None:
    """Reserve the key for a POST to `path` (None), or give the answer that it already had.

    Raises:
        IdempotencyKeyReusedError: the key came with another request.
    """
    body_digest = digest(wanted.model_dump(mode="json"))
    try:
        return idempotency.begin(
            session, tenant=caller.tenant, key=key, method="POST", path=path, body_digest=body_digest
        )
    except idempotency.IdempotencyConflictError as error:
        raise IdempotencyKeyReusedError(str(error)) from error


def finish(session: Session, caller: Caller, key: str, view: BaseModel) -> None:
    """Keep the answer for whoever repeats the request."""
    response = view.model_dump(mode="json")
    idempotency.finish(session, tenant=caller.tenant, key=key, status=202, response=response)
