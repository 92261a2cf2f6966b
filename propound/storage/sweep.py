"""Looking after what no message reminds anyone of: claims to make, jobs to end, old rows to drop."""

from __future__ import annotations

from propound.storage import idempotency, jobs, shards, verifications
from propound.storage.session import Database
from propound.storage.settle import settle


def sweep(database: Database, shard_specs: int, *, verifies: bool = False) -> int:
    """End what is over, and tell roughly how many shards could be claimed now; rows too, for whoever verifies them."""
    with database.begin() as session:
        idempotency.drop_old(session)
        found = shards.survey(session, shard_specs)
        rows = verifications.sweep(session)
    for job_id in [job_id for job_id, count in found if not count]:
        with database.begin() as session:
            job = jobs.lock(session, job_id, skip_locked=True)
            if job is not None:
                settle(session, job)
    return sum(count for _, count in found) + (rows if verifies else 0)
