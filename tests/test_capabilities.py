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
    assert (found.probers, found.auditor, found.modes) == (("weak", "qwen"), "qwen", (Mode.PROCEDURAL,))


def test_a_difficulty_needs_somebody_who_measures() -> None:
    (lack,) = lacking(MEASURED, [Capabilities(), Capabilities(judges=3)])
    assert (lack.pointer, lack.code) == ("/difficulty", "no_prober")
    assert "PROPOUND_PROBERS" in lack.detail
    assert lacking(MEASURED, []) == [lack]
    assert lacking(MEASURED, [Capabilities(), Capabilities(probers=("p1",))]) == []
    assert lacking(JobRequest(count=1), []) == []
