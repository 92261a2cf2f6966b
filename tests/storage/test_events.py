"""Events: in order, resumable, at most one of progress for each settling."""

from __future__ import annotations

from propound.job import JobRequest
from propound.storage import events
from propound.storage.session import Database
from propound.storage.tables import EventKind
from tests.factories import jobs


def test_a_stream_resumes_after_any_event(database: Database) -> None:
    job_id = jobs.make(database, JobRequest(count=8, group_size=1))
    jobs.work(database, who=jobs.claimant(shard_specs=2))
    with database.begin() as session:
        everything = events.after(session, job_id, 0)
        ids = [event.id for event in everything]
        assert ids == sorted(ids)
        assert [event.id for event in events.after(session, job_id, ids[2])] == ids[3:]
        assert [event.id for event in events.after(session, job_id, 0, limit=2)] == ids[:2]
        assert events.last_id(session, job_id) == ids[-1]
        assert events.last_id(session, "job_none") == 0
        progress = [event.data["accepted"] for event in everything if event.kind is EventKind.PROGRESS]
        assert progress == [2, 4, 6, 8]


def test_events_of_other_jobs_are_not_shown(database: Database) -> None:
    first, second = jobs.make(database), jobs.make(database)
    with database.begin() as session:
        assert len(events.after(session, first, 0)) == 1
        assert len(events.after(session, second, 0)) == 1
