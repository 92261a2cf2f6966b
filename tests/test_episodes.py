"""The one way to make an episode: the same for worker, trainer and gate, and patient where a server is away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

import pytest

from propound.config import Settings
from propound.curriculum import draw_spec
from propound.episode import Episode
from propound.episodes import EpisodeRunner, UnknownProberError, of_specs, open_runner, run_all
from propound.errors import ServiceDownError
from propound.job import JobRequest
from propound.models.purpose import Origin
from propound.models.registry import release_client
from propound.policy.teacher import Teacher
from propound.problem import ProblemSpec
from propound.reward import terminal_reward
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.verification.verifiers import Case
from propound.verification.vote import Rejection, Vote
from tests.factories import checkpoints
from tests.factories.judges import knowing
from tests.factories.model_server import ModelServer, fails, model_server
from trainer.gate import showing
from trainer.opening import open_workplace
from worker.pipeline import Pipeline

LIBRARY = default_library()
RUNNER = EpisodeRunner(LIBRARY, open_sandbox(), Teacher(LIBRARY))


def specs(count: int) -> list[ProblemSpec]:
    """Specs that the teacher writes sound problems for."""
    request = JobRequest(count=1, seed=4, minimum_skills=1, maximum_skills=1)
    return [draw_spec(request, LIBRARY, index) for index in range(count)]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server(fails(400)) as server:
        yield server


def hang_up(runner: EpisodeRunner) -> None:
    """Close what the judges keep open for as long as their process lasts."""
    for judge in runner.judges:
        release_client(judge.client)  # type: ignore[attr-defined]


def outcome(episode: Episode) -> tuple[object, ...]:
    """What training and dataset see of an episode."""
    return (episode.trajectory.content_digest(), episode.verdict, episode.rewards, episode.probe)


def test_worker_trainer_and_gate_give_an_episode_the_same_verdict_votes_and_rewards(
    server: ModelServer, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """With judges at a server, who know the answer of one problem of three, and a bundled prober."""
    wanted = of_specs(specs(3))
    alone = [RUNNER.run(*each) for each in wanted]
    assert all(each.verdict.accepted for each in alone)
    assert {each.rewards.terminal for each in alone} == {1.0}, "no prober, no bonus"
    problem = alone[2].verdict.problem
    assert problem is not None
    server.usual = knowing({problem.statement: problem.answer})
    configured = Settings(
        database_url=database_url,
        redis_url=redis_url,
        home=tmp_path,
        policy="scripted",
        endpoint_url=server.url,
        endpoint_model="big-model",
        judges=2,
        probers="novice",
    )

    pipeline = Pipeline.open(configured)
    try:
        worker = pipeline.measured_by(pipeline.probers[0])
        by_worker = [worker.run_episode(*each) for each in wanted]
    finally:
        hang_up(pipeline.runner)
        pipeline.close()
    place = open_workplace(configured)
    try:
        assert place.probers == pipeline.probers
        runner = place.refine.keywords["runner"]  # type: ignore[attr-defined]  # what every step of a run samples with
        assert runner is place.show.keywords["runner"]  # type: ignore[attr-defined]  # and the gate
        by_trainer = run_all(runner.by(RUNNER.policy), wanted, in_flight=2)
    finally:
        hang_up(runner)
        runner.close()
        place.publisher.close()
        place.database.close()

    assert [outcome(each) for each in by_trainer] == [outcome(each) for each in by_worker]
    assert [each.verdict.accepted for each in by_trainer] == [False, False, True]
    assert all(len(each.verdict.votes) == 5 for each in by_trainer), "three programs and two judges"
    last = by_trainer[-1]
    assert last.probe is not None
    assert last.rewards.terminal == terminal_reward(valid=True, pass_rate=last.probe.pass_rate)
    shown = showing("v", by_trainer)
    assert [trial and trial.reward for trial in shown.trials] == [each.rewards.terminal for each in by_worker]
    assert shown.pass_rate == last.probe.pass_rate


@dataclass
class Away:
    """A judge whose server is away for some of its votes."""

    name: str = "judge"
    away: range = range(0)
    asked: list[tuple[str | None, int, int]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def vote(self, case: Case) -> Vote:
        """Agree, or find nobody there."""
        with self.lock:
            number = len(self.asked)
            self.asked.append((case.origin.command, case.origin.spec, case.member))
        if number in self.away:
            raise ServiceDownError("the judge does not answer", retry_after=7.0)
        return Vote(verifier=self.name, answer=case.submission.answer, valid=True, rationale="It holds.")


@dataclass
class Noted:
    """Waits for no time, and notes what it is told."""

    waited: list[tuple[float, int]] = field(default_factory=list)
    ended: int = 0

    def wait(self, error: ServiceDownError, times: int) -> None:
        """As `Waiting`."""
        self.waited.append((error.retry_after, times))

    def over(self) -> None:
        """As `Waiting`."""
        self.ended += 1


def test_what_is_done_is_kept_while_a_server_is_away() -> None:
    judge, waiting = Away(away=range(2, 5)), Noted()
    runner = replace(RUNNER, judges=(judge,))
    wanted = of_specs(specs(2), Origin(command="test"), size=2, start=7)
    seen: list[Episode] = []

    made = run_all(runner, wanted, in_flight=1, on_episode=seen.append, waiting=waiting)

    assert [(each.trajectory.spec, each.trajectory.member) for each in made] == [each[:2] for each in wanted]
    assert seen == made, "each is made once"
    assert waiting.waited == [(7.0, 1), (7.0, 2), (7.0, 3)]
    assert waiting.ended == 1
    third = ("test", 8, 0)
    assert judge.asked == [("test", 7, 0), ("test", 7, 1), third, third, third, third, ("test", 8, 1)]


def test_without_anyone_who_waits_the_error_is_raised() -> None:
    judge = Away(away=range(9))
    with pytest.raises(ServiceDownError, match="does not answer"):
        run_all(replace(RUNNER, judges=(judge,)), of_specs(specs(3)), in_flight=1)
    assert len(judge.asked) == 1, "nothing more was begun"


def test_an_episode_without_a_verdict_is_not_decided() -> None:
    episode = RUNNER.run(specs(1)[0])
    assert episode.is_decided
    for rejection, decided in (
        (Rejection.UNDECIDED, False),
        (Rejection.POLICY_FAILED, False),
        (Rejection.NO_SUBMISSION, True),
        (Rejection.WRONG_ANSWER, True),
    ):
        verdict = episode.verdict.model_copy(update={"accepted": False, "rejection": rejection})
        assert episode.model_copy(update={"verdict": verdict}).is_decided is decided
    assert [trial is None for trial in showing("v", [episode]).trials] == [False]
    gone = episode.verdict.model_copy(update={"accepted": False, "rejection": Rejection.UNDECIDED})
    assert showing("v", [episode.model_copy(update={"verdict": gone})]).trials == (None,)


def test_the_weakest_prober_measures_unless_another_is_asked_for(tmp_path: Path) -> None:
    weak, strong = (
        checkpoints.write(tmp_path / name, context=1_024, seed=seed) for seed, name in enumerate(("a", "b"))
    )
    runner = open_runner(Settings(policy="scripted", probers=f"{weak},{strong}"))
    try:
        assert runner.prober is runner.pool[0]
        assert runner.measured_by(runner.probers[1]).prober is runner.pool[1]
        assert runner.measured_by(None).prober is None
        with pytest.raises(UnknownProberError, match="PROPOUND_PROBERS was changed"):
            runner.measured_by("another")
    finally:
        runner.close()
