"""The ledger in memory: found again by identity, failures beside answers, doubles dropped."""

from __future__ import annotations

from datetime import UTC, datetime

from propound.models.ledger import Entry, MemoryLedger, request_id
from propound.models.purpose import Origin, Purpose, Role
from propound.models.reply import Reply

PURPOSE = Purpose(origin=Origin(job="j", spec=3), member=1, role=Role.SOLVER, attempt=2)
MESSAGES = [{"role": "user", "content": "1 + 1?"}]


def entry(number: str, reply: Reply | None, failure: str | None = None) -> Entry:
    return Entry(
        id=number,
        model="qwen",
        purpose=PURPOSE,
        reply=reply.to_json() if reply else None,
        failure=failure,
        seconds=0.5,
        created_at=datetime(2026, 12, 1, tzinfo=UTC),
    )


def test_an_answer_is_found_again_and_a_failure_is_not() -> None:
    ledger = MemoryLedger()
    ledger.record(entry("a", None, "HTTP 503"))
    assert ledger.find("a") is None
    ledger.record(entry("a", Reply("2")))
    ledger.record(entry("a", Reply("3")))
    assert ledger.find("a") == Reply("2")
    assert [each.failure for each in ledger.entries] == ["HTTP 503", None]


def test_a_request_is_told_by_all_that_it_follows_from() -> None:
    same = request_id(PURPOSE, "qwen", MESSAGES, {"seed": 1, "max_tokens": 2})
    assert same == request_id(PURPOSE, "qwen", MESSAGES, {"max_tokens": 2, "seed": 1})
    others = [
        request_id(PURPOSE.model_copy(update={"attempt": 3}), "qwen", MESSAGES, {"seed": 1, "max_tokens": 2}),
        request_id(PURPOSE, "other", MESSAGES, {"seed": 1, "max_tokens": 2}),
        request_id(PURPOSE, "qwen", [], {"seed": 1, "max_tokens": 2}),
        request_id(PURPOSE, "qwen", MESSAGES, {"seed": 2, "max_tokens": 2}),
    ]
    assert len({same, *others}) == 5
