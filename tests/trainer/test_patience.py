"""A run whose judges' server goes away in the middle of sampling waits for it, loses nothing, and goes on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from propound.episodes import EpisodeRunner
from propound.errors import ServiceDownError
from propound.policy.checkpoint import load_checkpoint
from propound.sandbox import open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills import default_library
from propound.training import StopReason
from propound.verification.verifiers import Case
from propound.verification.vote import Vote
from tests.factories.model_server import ModelServer, fails, model_server, says
from tests.trainer.refining import metrics
from trainer import patience
from trainer.conditions import Conditions, InterruptedRunError
from trainer.patience import Patience, pause_before
from trainer.refine import Refined, refine
from trainer.settings import RefineSettings

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("times", "retry_after", "seconds"),
    [(1, 0, 5), (2, 0, 10), (3, 0, 20), (9, 0, 600), (1, 7, 7), (1, 1e9, 600)],
)
def test_pauses_double_and_heed_the_server(times: int, retry_after: float, seconds: float) -> None:
    assert pause_before(times, retry_after) == seconds


def test_whoever_waits_says_for_what_and_can_be_interrupted() -> None:
    said: list[str | None] = []
    waiting = Patience(Conditions(cancelled=lambda: True, waits=said.append))
    with pytest.raises(InterruptedRunError, match="told to end while it waited for: gone"):
        waiting.wait(ServiceDownError("gone"), 1)
    waiting.over()
    assert said == ["gone", None]


@dataclass
class Asking:
    """A judge that agrees whenever its server answers."""

    url: str
    name: str = "judge/asking"
    asked: list[tuple[int, int]] = field(default_factory=list)

    def vote(self, case: Case) -> Vote:
        """Ask, for a spec of the run's own."""
        response = httpx.post(f"{self.url}/chat/completions", json={"n": len(self.asked)})
        if response.status_code == 503:
            raise ServiceDownError("the judges do not answer", retry_after=float(response.headers["Retry-After"]))
        self.asked.append((case.origin.spec, case.member))
        return Vote(verifier=self.name, answer=case.submission.answer, valid=True, rationale="It holds.")


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server(says()) as server:
        yield server


SETTINGS = RefineSettings(
    steps=1,
    groups=2,
    group_size=2,
    refill=0,
    evaluation=0,
    maximum_skills=1,
    temperature=0.7,
    in_flight=3,
    health=False,
)


def run(out: Path, judge: Asking, **conditions: Any) -> Refined:
    library = default_library()
    runner = EpisodeRunner(library, PlacedSandbox(open_sandbox()), judges=(judge,))
    return refine(
        load_checkpoint("default"), SETTINGS, out, runner=runner, conditions=Conditions(**conditions)
    )


def test_a_server_that_goes_away_while_a_step_samples_costs_time_alone(
    server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "FIRST", 0.05)
    undisturbed = Asking(server.url)
    run(tmp_path / "undisturbed", undisturbed)

    away = fails(503, headers={"Retry-After": "0.01"})
    server.script.extend([says(), *[away] * 5])
    said: list[str | None] = []
    judge = Asking(server.url)
    refined = run(tmp_path / "out", judge, waits=said.append)

    assert (refined.reason, refined.steps) == (StopReason.STEPS, 1)
    assert said[0] == "the judges do not answer"
    assert said[-1] is None
    assert sorted(judge.asked) == sorted(undisturbed.asked), "each episode is judged once, none is left out"
    seconds = ("policy_version",)
    assert metrics(tmp_path / "out", *seconds) == metrics(tmp_path / "undisturbed", *seconds)


def test_a_run_that_waits_hears_that_it_must_end(
    server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LOOK", 0.01)
    server.usual = fails(503, headers={"Retry-After": "60"})
    waiting: list[str | None] = []
    refined = run(tmp_path / "out", Asking(server.url), waits=waiting.append, cancelled=lambda: bool(waiting))
    assert (refined.reason, refined.steps) == (StopReason.CANCELLED, 0)
    assert refined.folder == load_checkpoint("default").folder
    server.usual = says()
    assert run(tmp_path / "out", Asking(server.url)).reason is StopReason.STEPS, "it goes on where it was"
