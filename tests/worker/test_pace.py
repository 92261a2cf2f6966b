"""The worker's pace: episodes in flight follow the model's server, and shards of slow models are one spec."""

from __future__ import annotations

from pathlib import Path

import pytest

from propound.config import Settings
from propound.models.limit import Signal
from propound.models.registry import record_in
from propound.policy.remote import RemotePolicy
from tests.factories import checkpoints
from worker.opening import open_workplace
from worker.pipeline import Pipeline

SERVER = {"endpoint_url": "http://127.0.0.1:1/v1", "endpoint_model": "m", "endpoint_concurrency": 6}


def test_episodes_in_flight_follow_what_the_server_takes() -> None:
    pipeline = Pipeline.open(Settings.model_validate({"policy": "model", "episodes_in_flight": 32, **SERVER}))
    try:
        policy = pipeline.proposer.policy
        assert isinstance(policy, RemotePolicy)
        assert pipeline.episodes_in_flight == 6
        with policy.client.limit.slot() as slot:
            slot.signal = Signal.PUSHED_BACK
        assert pipeline.episodes_in_flight == 3
        for _ in range(4):
            with policy.client.limit.slot() as slot:
                slot.signal = Signal.ANSWERED
        assert pipeline.episodes_in_flight == 4
    finally:
        pipeline.close()


def test_without_a_server_the_setting_decides(tmp_path: Path) -> None:
    folder = checkpoints.write(tmp_path, context=1_024)
    for policy, expected in (("scripted", 1), (str(folder), 5)):
        pipeline = Pipeline.open(Settings(policy=policy, episodes_in_flight=5))
        assert pipeline.episodes_in_flight == expected
        pipeline.close()


@pytest.mark.parametrize(
    ("changed", "specs"),
    [
        ({"policy": "scripted"}, 4),
        ({"policy": "model", **SERVER}, 1),
        ({"policy": "scripted", "judges": 3, **SERVER}, 1),
        ({"policy": "scripted", "probers": "m", **SERVER}, 1),
        ({"policy": "scripted", "probers": "novice"}, 4),
    ],
)
def test_a_shard_of_slow_models_is_one_spec(
    database_url: str, redis_url: str, changed: dict[str, object], specs: int
) -> None:
    configured = Settings.model_validate({"database_url": database_url, "redis_url": redis_url, **changed})
    place = open_workplace(configured, Pipeline.open)
    try:
        assert place.claimant.shard_specs == specs
    finally:
        place.pipeline.close()
        place.database.close()
        place.publisher.close()
        record_in(None)
