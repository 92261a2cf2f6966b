"""Requests to language models as the ledger keeps them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from propound.models.ledger import Entry
from propound.models.purpose import Origin, Purpose, Role
from propound.models.reply import Reply

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def purpose(**changes: Any) -> Purpose:
    """What a proposer's first request of a job is for."""
    given: dict[str, Any] = {"origin": Origin(job="job_1"), "role": Role.PROPOSER}
    return Purpose(**given | changes)


def answered(
    request: str,
    text: str = "hello",
    *,
    reply: Reply | None = None,
    origin: Origin | None = None,
    role: Role = Role.PROPOSER,
    model: str = "qwen",
    **known: Any,
) -> Entry:
    """An answered attempt of which nothing is known but what is named."""
    return Entry(
        id=request,
        model=model,
        purpose=purpose(role=role, **({"origin": origin} if origin else {})),
        reply=(reply or Reply(text)).to_json(),
        seconds=1.5,
        created_at=AT,
        **known,
    )


def failed(
    request: str,
    why: str = "HTTP 503",
    *,
    origin: Origin | None = None,
    role: Role = Role.PROPOSER,
    model: str = "qwen",
) -> Entry:
    """An attempt without an answer."""
    return Entry(
        id=request,
        model=model,
        purpose=purpose(role=role, **({"origin": origin} if origin else {})),
        failure=why,
        seconds=0.5,
        created_at=AT,
    )
