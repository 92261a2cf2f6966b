"""A job counts why its episodes cannot be learned from, once for each episode."""

from __future__ import annotations

from sqlalchemy import select

from propound.episode import Episode
from propound.job import JobRequest
from propound.models.ledger import Spending
from propound.storage.session import Database
from propound.storage.tables import Dataset, StoredTrajectory
from propound.trajectory import Prompt, Sampling, Unrecorded
from service.jobs.schemas import job_view
from tests.factories import episodes, jobs


def with_record(episode: Episode, sampling: Sampling | Unrecorded | None) -> Episode:
    steps = tuple(step.model_copy(update={"sampling": sampling}) for step in episode.trajectory.steps)
    trajectory = episode.trajectory.model_copy(update={"steps": steps})
    return episode.model_copy(update={"trajectory": trajectory})


EXACT = Sampling(
    token_ids=(3,),
    log_probabilities=(-0.5,),
    temperature=0.7,
    finish_reason="stop",
    prompt=Prompt(kept=0, ids=(1, 2)),
)


def test_reasons_are_counted_and_shown(database: Database) -> None:
    job_id = jobs.make(database, JobRequest(count=4, group_size=4))
    lease = jobs.claim(database)
    assert lease is not None
    records = (Unrecorded.NO_TOKENS, EXACT, None, Unrecorded.NO_TOKENS)
    made = [
        with_record(episodes.episode(jobs.fresh(0, member), member=member), record)
        for member, record in enumerate(records)
    ]
    for episode in made:
        assert jobs.store(database, lease, 0, episode)
    jobs.store(database, lease, 0, made[0])  # once more: counted once
    job = jobs.read(database, job_id)
    assert job.unrecorded == {"no_tokens": 2, "no_model": 1}
    with database.begin() as session:
        rows = session.execute(
            select(StoredTrajectory.sampled, StoredTrajectory.record).order_by(StoredTrajectory.member)
        ).all()
        (dataset,) = session.scalars(select(Dataset))
        assert job_view(job, dataset, Spending()).unrecorded == {"no_model": 1, "no_tokens": 2}
    assert [sampled for sampled, _ in rows] == [False, True, False, False]
    assert [record["steps"][0]["sampling"] for _, record in rows][0::2] == ["no_tokens", None]
    assert rows[1][1]["steps"][0]["sampling"]["prompt"] == {"kept": 0, "ids": [1, 2]}
