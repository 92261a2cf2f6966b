"""Client and command line of training, against the real API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from redis import Redis
from typer.testing import CliRunner, Result

from propound.cli.app import app
from propound.client import ApiError, Client
from propound.refinement import StopRule
from propound.schedule import ScheduleRequest
from propound.storage import trainings
from propound.storage.session import Database
from propound.training import Experience, TrainingRequest, TrainingState
from tests.factories import trainings as runs
from tests.service.conftest import MakeKey
from tests.service.test_trainings import EVERYTHING, finished

A, B = "a" * 16, "b" * 16
Command = Callable[..., Result]


@pytest.fixture
def api(api_url: str, make_key: MakeKey, redis: Redis) -> Iterator[Client]:
    with Client(api_url, make_key()) as client:
        yield client


@pytest.fixture
def command(api_url: str, make_key: MakeKey, redis: Redis) -> Command:
    key = make_key()

    def run(*words: str) -> Result:
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words, "--url", api_url, "--key", key])

    return run


def test_the_client_trains(api: Client, database: Database) -> None:
    stop = (StopRule(figure="kl", above=0.5),)
    made = api.create_training(TrainingRequest(steps=7, stop=stop))
    assert (made.state, made.request.steps, made.request.stop) == (TrainingState.QUEUED, 7, stop)
    assert [each.id for each in api.trainings(state=TrainingState.QUEUED)] == [made.id]
    assert api.cancel_training(made.id).state is TrainingState.CANCELLED
    assert api.training(made.id).stop_reason == "cancelled on request"
    with pytest.raises(ApiError) as refused:
        api.create_training(TrainingRequest(base=A))
    assert refused.value.kind == "unknown-checkpoint"


def test_the_client_watches(api: Client, database: Database) -> None:
    training_id = finished(database)
    assert [row.figures for row in api.metrics(training_id)] == [
        {"reward": 0.1}, {"reward": 0.2}, {"reward": 0.3}
    ]  # fmt: skip
    assert [line.text for line in api.logs(training_id)] == ["the checkpoint is kept"]
    assert [event.kind for event in api.training_events(training_id)][-2:] == ["log", "state"]


def test_the_client_promotes(api: Client, database: Database) -> None:
    runs.keep(database, A)
    runs.keep(database, B, parent=A)
    assert api.promote(B, reason="better").version == B
    assert [(each.version, each.live) for each in api.checkpoints()] == [(B, True), (A, False)]
    assert api.checkpoint(B).lineage == [A]
    assert api.roll_back().version is None
    assert [each.version for each in api.promotions()] == [None, B]


def test_the_client_schedules(api: Client) -> None:
    stored = TrainingRequest(experience=Experience.STORED)
    made = api.create_schedule(ScheduleRequest(every_groups=9, training=stored))
    assert [each.id for each in api.schedules()] == [made.id]
    api.delete_schedule(made.id)
    assert list(api.schedules()) == []


def test_a_run_is_asked_for_shown_and_cancelled(command: Command, database: Database) -> None:
    words = ["--steps", "9", "--stored", "--stop", "kl>0.5:3", "--no-gate", "--algorithm", "grpo", "--json"]
    made = json.loads(command("trainings", "create", *words).stdout)
    assert made["request"]["stop"] == [{"figure": "kl", "above": 0.5, "below": None, "steps": 3}]
    assert (made["request"]["experience"], made["request"]["gate"]) == ("stored", None)
    assert "0 of 9 steps of grpo from live" in command("trainings", "show", made["id"]).stdout
    assert made["id"] in command("trainings", "list").stdout
    assert "cancelled" in command("trainings", "cancel", made["id"]).stdout


def test_a_run_is_watched(command: Command, database: Database) -> None:
    training_id = finished(database)
    said = command("trainings", "watch", training_id).stdout
    assert "step 2: reward 0.2" in said
    assert said.rstrip().endswith("succeeded - steps")
    lines = command("trainings", "metrics", training_id).stdout.splitlines()
    assert json.loads(lines[0]) == {"step": 1, "reward": 0.1}
    assert "info: the checkpoint is kept" in command("trainings", "logs", training_id).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("trainings", "create", "--stop", "kl=1"), "is no stop rule"),
        (("trainings", "create", "--algorithm", "ppo"), "algorithm"),
        (("schedules", "create"), "one trigger"),
    ],
)
def test_wrong_words_are_refused_here(command: Command, words: tuple[str, ...], said: str) -> None:
    found = command(*words)
    assert found.exit_code == 2
    assert said in found.stderr


def test_checkpoints_are_promoted_and_rolled_back(command: Command, database: Database) -> None:
    runs.keep(database, A)
    runs.keep(database, B, parent=A)
    assert f"{A} is live" in command("checkpoints", "promote", A).stdout
    command("checkpoints", "promote", B, "--reason", "better")
    assert f"{A} is live" in command("checkpoints", "rollback").stdout
    rows = command("checkpoints", "list").stdout.splitlines()
    assert [row.split()[2] for row in rows[1:]] == ["promoted", "live"]
    assert json.loads(command("checkpoints", "show", B).stdout)["lineage"] == [A]
    assert "better" in command("checkpoints", "history").stdout


def test_schedules_are_made_and_deleted(command: Command) -> None:
    made = json.loads(command("schedules", "create", "--every-groups", "9", "--json").stdout)
    assert made["training"]["experience"] == "stored"
    assert "every 9 groups" in command("schedules", "list").stdout
    assert "is deleted" in command("schedules", "delete", made["id"]).stdout


def test_the_command_says_whatever_a_wish_can(command: Command, api: Client) -> None:
    """An option for each field, of runs and schedules alike; what is wrong is told before anything is sent."""
    words = []
    for name, value in EVERYTHING.items():
        option = {"skills": "skill", "curriculum": "no-curriculum"}.get(name, name.replace("_", "-"))
        for each in value if isinstance(value, list) else [value]:
            text = {"stop": ["kl>0.5:3"], "curriculum": []}.get(name, [str(each)])
            words += [f"--{option}", *text]
    made = command("trainings", "create", *words)
    assert made.exit_code == 0, made.output
    (run,) = api.trainings()
    asked = run.request.model_dump(mode="json")
    assert {name: asked[name] for name in EVERYTHING} == EVERYTHING
    scheduled = command("schedules", "create", "--cron", "0 3 * * *", *words)
    assert scheduled.exit_code == 0, scheduled.output
    (schedule,) = api.schedules()
    assert schedule.training == run.request
    for wrong, told in (
        (("--without", "hammer"), "no tool that episodes can do without"),
        (("--minimum-skills", "3", "--maximum-skills", "2"), "minimum_skills is larger than maximum_skills"),
        (("--stop", "kl=3"), "is no stop rule"),
        (("--skill", "alchemy"), "alchemy"),
    ):
        refused = command("trainings", "create", *wrong)
        assert refused.exit_code != 0
        assert told in refused.output + str(refused.exception)


def test_a_run_that_waits_says_so(command: Command, database: Database) -> None:
    training_id = runs.make(database)
    lease = runs.claim(database)
    with database.begin() as session:
        trainings.wait(session, lease, "the judge does not answer")
    assert "waiting for: the judge does not answer" in command("trainings", "show", training_id).output
