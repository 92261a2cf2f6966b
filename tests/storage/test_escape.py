"""What models write survives PostgreSQL exactly, though its text and its JSON refuse or change some of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from propound.storage.escape import dump_json, escape_text, load_json, restore_text
from propound.storage.session import Database
from propound.storage.tables import EventKind, JobEvent, StoredTrajectory
from tests.factories import episodes, jobs, mathematics

wild_text = st.text(st.characters(codec=None) | st.sampled_from("\x00\ud800\udfff\ue000\ue000f\ue0000\u2028"))
numbers = st.one_of(st.booleans(), st.integers(-(10**40), 10**40), st.floats(allow_nan=False))
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | numbers | wild_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(wild_text, inner, max_size=4),
    max_leaves=20,
)


def same(left: Any, right: Any) -> bool:
    """Equal with equal types, at any depth: 1 is not 1.0, 0.0 is not -0.0."""
    return repr(_sorted(left)) == repr(_sorted(right))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


@given(wild_text)
def test_text_comes_back_and_is_harmless(text: str) -> None:
    escaped = escape_text(text)
    assert "\x00" not in escaped
    escaped.encode()
    assert restore_text(escaped) == text


@given(values)
def test_json_comes_back(value: Any) -> None:
    assert same(load_json(dump_json(value)), value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=values)
def test_json_comes_back_from_the_database(database: Database, value: Any) -> None:
    job_id = jobs.make(database)
    with database.begin() as session:
        event = JobEvent(job_id=job_id, kind=EventKind.PROGRESS, data={"value": value})
        session.add(event)
        session.flush()
        session.expire(event)
        assert same(event.data["value"], value)


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), 1e20, 1e-300, -0.0, 10**30, 0.1])
def test_numbers_keep_their_type(number: float) -> None:
    back = load_json(dump_json([number]))[0]
    assert (type(back), repr(back)) == (type(number), repr(number))


def test_nan_comes_back() -> None:
    assert repr(load_json(dump_json({"x": float("nan")}))) == "{'x': nan}"


def test_plain_json_is_stored_as_it_is() -> None:
    value = {"text": "π ≤ 4, a \\ b, 1e5", "list": [1, 2.5, None, True]}
    assert json.loads(dump_json(value)) == value


def test_an_episode_full_of_traps_is_stored_and_exported(database: Database) -> None:
    trap = "NUL \x00, surrogate \ud800, mark \ue000, line \u2028 end"
    problem = mathematics.problem(3, wording=trap.replace("\ud800", "") + " {n}")
    job_id = jobs.make(database)
    lease = jobs.claim(database)
    assert lease is not None
    made = episodes.episode(problem, thought=trap)
    jobs.store(database, lease, 0, made)
    jobs.run(database, lease)
    with database.begin() as session:
        row = session.scalars(select(StoredTrajectory).where(StoredTrajectory.member == 0)).first()
        assert row is not None
        assert row.record == made.trajectory.model_dump(mode="json")
    first = jobs.export(database, job_id).split(b"\n")[0]
    assert json.loads(first)["question"] == problem.statement
