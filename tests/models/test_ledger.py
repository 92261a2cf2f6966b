"""The ledger: what a request is known by, sums in which unknown is not nothing, and entries of one process."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from propound.models.ledger import MemoryLedger, Spending, Sums, request_id
from propound.models.purpose import Origin, Purpose, Role
from propound.models.reply import Reply
from tests.factories.requests import answered, failed, purpose

MESSAGES = [{"role": "user", "content": "How many?"}]
PARAMETERS = {"temperature": 1.0, "seed": 7}


def test_a_request_is_known_by_all_that_it_says_and_is_for() -> None:
    base = request_id(purpose(), "qwen", MESSAGES, PARAMETERS)
    assert base == request_id(purpose(), "qwen", [dict(each) for each in MESSAGES], dict(PARAMETERS))
    origins = [Origin(job="job_2"), Origin(job="job_1", spec=1), Origin(command="job_1"), Origin()]
    judge: dict[str, Any] = {"role": Role.JUDGE, "part": "sceptic"}
    places = [{"member": 1}, judge, {"turn": 1}, {"attempt": 1}, {"part": "sceptic"}]
    others = [
        *(request_id(purpose(origin=origin), "qwen", MESSAGES, PARAMETERS) for origin in origins),
        *(request_id(purpose(**place), "qwen", MESSAGES, PARAMETERS) for place in places),
        request_id(purpose(), "other", MESSAGES, PARAMETERS),
        request_id(purpose(), "qwen", [{"role": "user", "content": "how many?"}], PARAMETERS),
        request_id(purpose(), "qwen", MESSAGES, PARAMETERS | {"seed": 8}),
    ]
    assert len({base, *others}) == 1 + len(others)


def test_a_request_may_hold_any_character() -> None:
    odd = [{"role": "user", "content": "\ud800\x00"}]
    assert request_id(purpose(), "qwen", odd, PARAMETERS) != request_id(
        purpose(), "qwen", MESSAGES, PARAMETERS
    )


def test_unknown_is_not_nothing() -> None:
    assert Sums.of(answered("1")) == Sums(requests=1, unpriced=1)
    assert Sums.of(failed("1")) == Sums(requests=1, failures=1)
    known = Sums.of(answered("1", prompt_tokens=10, completion_tokens=5, cost=0.0))
    assert known == Sums(requests=1, prompt_tokens=10, completion_tokens=5, cost=0.0)
    assert Sums.total([Sums.of(answered("2")), known, Sums.of(failed("3"))]) == Sums(
        requests=3, failures=1, prompt_tokens=10, completion_tokens=5, cost=0.0, unpriced=1
    )


_ENTRIES = st.lists(
    st.builds(
        lambda model, role, tokens, cost, is_answer: (
            answered("1", model=model, role=role, prompt_tokens=tokens, cost=cost)
            if is_answer
            else failed("1", model=model, role=role)
        ),
        st.sampled_from(["a", "b"]),
        st.sampled_from(list(Role)),
        st.none() | st.integers(0, 10**6),
        st.none() | st.integers(0, 1_000),
        st.booleans(),
    )
)


@given(_ENTRIES)
def test_roles_and_models_add_up_to_the_whole(entries: list) -> None:  # type: ignore[type-arg]
    found = Spending.over((each.purpose.role, each.model, Sums.of(each)) for each in entries)
    total = Sums(**{name: getattr(found, name) for name in Sums.model_fields})
    assert total.requests == len(entries)
    assert total.unpriced == sum(each.reply is not None and each.cost is None for each in entries)
    priced = [each.cost for each in entries if each.cost is not None]
    assert total.cost == (sum(priced) if priced else None)
    for parts in (found.by_role, found.by_model):
        assert Sums.total(parts.values()) == total


def test_a_line_says_what_is_unknown() -> None:
    assert Sums().line() == "0 requests, unknown prompt tokens, unknown completion tokens, cost unknown"
    said = Sums(
        requests=3, failures=1, prompt_tokens=12, completion_tokens=9, thought_tokens=4, cost=0.5, unpriced=1
    )
    assert said.line() == (
        "3 requests, 1 failed, 12 prompt tokens, 9 completion tokens (4 of thought), "
        "cost 0.5000 and that of 1 answers without a known price"
    )


def test_entries_of_a_process_are_found_again_and_counted_once() -> None:
    ledger = MemoryLedger()
    ledger.record(failed("1"))
    assert ledger.find("1") is None
    ledger.record(answered("1", "first", cost=1.0))
    ledger.record(answered("1", "second", cost=1.0))
    ledger.record(failed("1"))
    assert ledger.find("1") == Reply("first")
    assert ledger.spending().requests == 3
    assert ledger.spending().cost == 1.0


def test_a_purpose_is_a_parameter_of_every_request() -> None:
    assert Purpose.model_fields["origin"].is_required()
    assert Purpose.model_fields["role"].is_required()
