"""A verification as clients write it and read it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from propound.domain import Domain
from propound.models.ledger import Spending
from propound.record import Wish
from propound.solving.asking import Asking
from propound.storage.tables import StoredVerification, VerificationState
from propound.verification.open.rows import RowVerdict
from service.jobs.schemas import SUMS_EXAMPLE

MOST_ROWS = 1_000

REQUEST_EXAMPLE: JsonDict = {
    "rows": [
        {
            "id": "1",
            "question": "A mill grinds 6 sacks an hour. How many does it grind in 7 hours?",
            "answer": "42",
        },
        {"problem": "What is 8 times 9?", "solution": "It is \\boxed{74}."},
    ]
}
VIEW_EXAMPLE: JsonDict = {
    "id": "ver_01jqz3m8v5r2k9x7w4t6y0b1cd",
    "object": "verification",
    "state": "running",
    "created_at": "2026-01-05T09:00:00Z",
    "finished_at": None,
    "well_posed": "not",
    "progress": {"done": 1, "count": 2},
    "by_verdict": {"agrees": 1, "suspected_wrong": 0, "disputed": 0, "ill_posed": 0, "unknown": 0},
    "spending": {**SUMS_EXAMPLE, "by_role": {"solver": SUMS_EXAMPLE}, "by_model": {"qwen": SUMS_EXAMPLE}},
    "waiting_for": None,
}


class VerificationCreate(Wish):
    """Rows to verify."""

    model_config = ConfigDict(json_schema_extra={"examples": [REQUEST_EXAMPLE]})

    rows: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=MOST_ROWS,
        description="A question and its answer each, under the names that datasets usually have for them; one that "
        "cannot be read has the verdict unknown, and says why.",
    )
    domain: Domain = Field(default=Domain.MATHEMATICS, description="Of rows that name none.")
    well_posed: Asking = Field(
        default=Asking.NOT,
        description="Whether solvers are asked for it: not, first in their reply, or in a request apart.",
    )


class VerificationProgress(BaseModel):
    """How far a verification has come."""

    done: int
    count: int = Field(description="Rows of the request.")


class VerificationView(BaseModel):
    """A verification."""

    model_config = ConfigDict(json_schema_extra={"examples": [VIEW_EXAMPLE]})

    id: str
    object: Literal["verification"] = "verification"
    state: VerificationState
    created_at: datetime
    finished_at: datetime | None
    well_posed: Asking
    progress: VerificationProgress
    by_verdict: dict[str, int] = Field(description="Rows that are done, by verdict.")
    spending: Spending = Field(description="What its requests to language models come to so far.")
    waiting_for: str | None = Field(
        description="The service outside that its rows wait for; null while they go on."
    )


def verification_view(found: StoredVerification, spending: Spending) -> VerificationView:
    """A verification as the API shows it."""
    return VerificationView(
        id=found.id,
        state=found.state,
        created_at=found.created_at,
        finished_at=found.finished_at,
        well_posed=Asking(found.well_posed),
        progress=VerificationProgress(done=found.done, count=found.count),
        by_verdict={verdict.value: found.verdicts.get(verdict.value, 0) for verdict in RowVerdict},
        spending=spending,
        waiting_for=found.waiting_for,
    )
