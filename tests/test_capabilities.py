"""What can be served: by this installation, by a worker, and what cannot."""

from __future__ import annotations

from pathlib import Path

from propound.capabilities import Capabilities, installed, lacking
from propound.config import Settings
from propound.job import Difficulty, JobRequest
from propound.problem import Mode

MODELS = """
[[model]]
name = "qwen"
served = "Qwen"
url = "http://host:8000/v1"
[[model]]
name = "weak"
served = "Weak"
url = "http://host:8001/v1"
[roles]
proposer = "qwen"
auditor = "qwen"
probers = ["weak", "qwen"]
"""
MEASURED = JobRequest(count=1, difficulty=Difficulty(maximum=0.5))


def test_the_settings_say_what_is_installed(tmp_path: Path) -> None:
    assert installed(Settings(policy="scripted")) == Capabilities(proposer="scripted")
    assert installed(Settings(probers="novice, expert")).probers == ("novice", "expert")
    path = tmp_path / "models.toml"
    path.write_text(MODELS)
    found = installed(Settings(models=path))
    assert (found.probers, found.auditor) == (("weak", "qwen"), "qwen")
    assert found.modes == (Mode.PROCEDURAL, Mode.OPEN)
    path.write_text(MODELS.replace('proposer = "qwen"', ""))
    assert installed(Settings(models=path)).modes == (Mode.PROCEDURAL,)


def test_problems_of_its_own_need_a_model_that_writes_them() -> None:
    wanted = JobRequest(count=1, mode=Mode.OPEN)
    (lack,) = lacking(wanted, [Capabilities(), Capabilities(judges=3)])
    assert (lack.pointer, lack.code) == ("/mode", "no_model")
    assert all(name in lack.detail for name in ("PROPOUND_MODELS", "PROPOUND_ENDPOINT_URL", "proposer"))
    able = Capabilities(modes=(Mode.PROCEDURAL, Mode.OPEN))
    assert lacking(wanted, [Capabilities(), able]) == []
    assert [
        each.code for each in lacking(wanted.model_copy(update={"difficulty": Difficulty()}), [able])
    ] == ["no_prober"]


def test_a_difficulty_needs_somebody_who_measures() -> None:
    (lack,) = lacking(MEASURED, [Capabilities(), Capabilities(judges=3)])
    assert (lack.pointer, lack.code) == ("/difficulty", "no_prober")
    assert "PROPOUND_PROBERS" in lack.detail
    assert lacking(MEASURED, []) == [lack]
    assert lacking(MEASURED, [Capabilities(), Capabilities(probers=("p1",))]) == []
    assert lacking(JobRequest(count=1), []) == []
