"""A policy is opened by its name, and a wrong name is refused before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from propound.config import Settings
from propound.policy import checkpoint as checkpoint_module
from propound.policy.checkpoint import CheckpointError, load_checkpoint
from propound.policy.engine import EngineError
from propound.policy.language import LanguagePolicy
from propound.policy.opening import check_policy, close_policy, open_policy, policy_of
from propound.policy.remote import RemotePolicy
from propound.policy.teacher import Teacher
from propound.skills import default_library
from propound.training import LIVE
from tests.factories import checkpoints


def test_the_scripted_teacher_needs_no_checkpoint() -> None:
    assert isinstance(policy_of(Settings(policy="scripted"), default_library()), Teacher)
    check_policy(Settings(policy="scripted"))


def test_what_is_live_proposes_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROPOUND_POLICY")
    assert Settings().policy == LIVE
    check_policy(Settings())


@pytest.mark.parametrize("name", ["default", "weak"])
def test_a_bundled_checkpoint_is_whole_and_small(name: str) -> None:
    checkpoint = load_checkpoint(name)
    assert sum(file.stat().st_size for file in checkpoint.folder.iterdir()) <= 16e6
    assert (checkpoint.folder / "README.md").is_file()


def test_a_folder_is_a_language_model_whose_engine_ends_with_it(tmp_path: Path) -> None:
    folder = checkpoints.write(tmp_path)
    check_policy(Settings(policy=str(folder)))
    with open_policy(str(folder), default_library(), temperature=0.3) as policy:
        assert isinstance(policy, LanguagePolicy)
        assert (policy.name, policy.temperature) == ("tiny", 0.3)
        assert len(policy.version) == 16
        policy.engine.complete([1], seed=0, temperature=1, max_tokens=1)
    with pytest.raises(EngineError):
        policy.engine.complete([1], seed=0, temperature=1, max_tokens=1)


def test_a_model_proposes_at_the_temperature_of_the_settings() -> None:
    configured = Settings(
        policy="model", temperature=0.4, endpoint_url="http://127.0.0.1:9/v1", endpoint_model="some-model"
    )
    check_policy(configured)
    policy = policy_of(configured, default_library())
    assert isinstance(policy, RemotePolicy)
    assert (policy.name, policy.temperature) == ("some-model", 0.4)
    close_policy(policy)
    close_policy(None)


def test_what_is_live_at_first_must_be_bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_module, "BUNDLED", tmp_path)
    with pytest.raises(ValueError, match="no checkpoint default"):
        check_policy(Settings(policy="live"))
    checkpoints.write(tmp_path / "default")
    check_policy(Settings(policy="live"))


@pytest.mark.parametrize(
    ("name", "said"), [("no-such-checkpoint", "no checkpoint no-such"), ("model", "PROPOUND_ENDPOINT_URL")]
)
def test_what_is_not_there_is_refused_before_any_work(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_policy(Settings(policy=name))
    with pytest.raises((ValueError, CheckpointError), match=said):
        policy_of(Settings(policy=name), default_library())
