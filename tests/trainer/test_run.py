"""A claimed run: noted step by step, continued after any accident, kept, compared and promoted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from redis import Redis

from propound.episodes import UnknownProberError
from propound.errors import ServiceDownError
from propound.policy import checkpoint as checkpoint_module
from propound.policy import store as store_module
from propound.policy.checkpoint import load_checkpoint
from propound.policy.store import CheckpointStore
from propound.queue import Publisher
from propound.storage import checkpoints as repository
from propound.storage import groups, trainings
from propound.storage.session import Database
from propound.storage.tables import CheckpointState, TrainingEventKind
from propound.training import TrainingState
from tests.factories import checkpoints
from tests.factories import trainings as runs
from tests.factories.trainers import DrawnRefinement, showing
from trainer.intake import UnreadableGroupsError
from trainer.run import Workplace, run_one


@dataclass
class Trainer:
    """A trainer in this process, with the bundled default as its world."""

    place: Workplace
    refinement: DrawnRefinement
    default: str
    made: str
    """The version that a run of the refinement makes."""
    stops: bool = False

    def work(self) -> bool:
        return run_one(self.place, lambda: self.stops)

    def rewarding(self, **rewards: float) -> None:
        """What the default and the made checkpoint show."""
        versions = {"default": self.default, "made": self.made}
        found = {versions[name]: reward for name, reward in rewards.items()}
        self.place = replace(self.place, show=showing(found))

    def live(self) -> str | None:
        with self.place.database.begin() as session:
            return repository.live_version(session)

    def state_of(self, version: str) -> CheckpointState:
        with self.place.database.begin() as session:
            found = repository.get(session, version)
            assert found is not None
            return found.state

    def steps(self, training_id: str) -> list[int]:
        with self.place.database.begin() as session:
            return [row.step for row in trainings.metrics(session, training_id, limit=99)]

    def log(self, training_id: str) -> list[str]:
        with self.place.database.begin() as session:
            found = trainings.events(session, training_id, 0, kind=TrainingEventKind.LOG)
            return [event.data["text"] for event in found]


@pytest.fixture
def trainer(
    database: Database, redis_url: str, redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Trainer]:
    bundled = tmp_path / "bundled"
    default = load_checkpoint(checkpoints.write(bundled / "default", context=8_192))
    for module in (checkpoint_module, store_module):
        monkeypatch.setattr(module, "BUNDLED", bundled)
    made = load_checkpoint(checkpoints.write(tmp_path / "preview", context=8_192, seed=1))
    publisher = Publisher(redis_url)
    refinement = DrawnRefinement()
    place = Workplace(
        database=database,
        publisher=publisher,
        store=CheckpointStore(tmp_path / "checkpoints"),
        folder=tmp_path / "trainings",
        refine=refinement,
        show=showing({}),
        name="t1",
        lease=runs.LEASE,
    )
    yield Trainer(place, refinement, default.version, made.version)
    publisher.close()


def accident_at(step: int, error: Exception) -> Callable[[int], None]:
    """Happens once."""
    left = [error]

    def happen(now: int) -> None:
        if now == step and left:
            raise left.pop()

    return happen


def test_a_better_checkpoint_is_kept_and_promoted(trainer: Trainer) -> None:
    training_id = runs.make(trainer.place.database, steps=3)
    trainer.rewarding(default=1.0, made=1.25)

    assert trainer.work()
    assert not trainer.work()

    run = runs.read(trainer.place.database, training_id)
    assert (run.state, run.stop_reason, run.steps) == ("succeeded", "steps", 3)
    assert (run.base_version, run.checkpoint_version) == (trainer.default, trainer.made)
    assert run.comparison is not None
    assert (run.comparison["promote"], run.comparison["gain"]) == (True, 0.25)
    assert trainer.steps(training_id) == [1, 2, 3]
    assert trainer.live() == trainer.made
    assert trainer.place.store.find(trainer.made).version == trainer.made
    assert not (trainer.place.folder / training_id).exists()
    with trainer.place.database.begin() as session:
        kept = repository.get(session, trainer.made)
        assert kept is not None
        assert (kept.parent_version, kept.training_id) == (trainer.default, training_id)
        assert kept.figures == {"accepted": 0.5}
        live = repository.live(session)
        assert live is not None
        assert live.by == "gate"
        assert "reward 1.0000 -> 1.2500" in live.reason
    assert trainer.log(training_id) == [
        f"begins with tiny {trainer.default}",
        f"the checkpoint {trainer.made} is kept",
        f"promoted: {trainer.made} is live",
    ]


def test_a_checkpoint_that_is_no_better_is_kept_and_not_promoted(trainer: Trainer) -> None:
    training_id = runs.make(trainer.place.database, steps=1)
    assert trainer.work()
    assert runs.read(trainer.place.database, training_id).state is TrainingState.SUCCEEDED
    assert trainer.live() is None
    assert trainer.state_of(trainer.made) is CheckpointState.REFUSED
    assert trainer.log(training_id)[-1].startswith("not promoted: the gain in reward is not sure")


def test_without_a_gate_a_checkpoint_is_only_kept(trainer: Trainer) -> None:
    training_id = runs.make(trainer.place.database, steps=1, gate=None)
    trainer.rewarding(made=2.0)
    assert trainer.work()
    assert runs.read(trainer.place.database, training_id).comparison is None
    assert trainer.live() is None
    assert trainer.state_of(trainer.made) is CheckpointState.CANDIDATE


def test_what_became_live_during_the_comparison_is_not_overruled(trainer: Trainer) -> None:
    training_id = runs.make(trainer.place.database, steps=1)
    runs.keep(trainer.place.database, "a" * 16)
    trainer.rewarding(made=2.0)
    show = trainer.place.show

    def slow_show(checkpoint, gate, interrupted):  # type: ignore[no-untyped-def]
        with trainer.place.database.begin() as session:
            repository.promote(session, "a" * 16, by="someone", reason="by hand")
        return show(checkpoint, gate, interrupted)

    trainer.place = replace(trainer.place, show=slow_show)
    assert trainer.work()
    assert trainer.live() == "a" * 16
    assert trainer.state_of(trainer.made) is CheckpointState.CANDIDATE
    assert trainer.log(training_id)[-1].startswith("not promoted: another checkpoint became live")


def test_a_failed_publication_never_changes_what_is_live(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    training_id = runs.make(trainer.place.database, steps=1)
    trainer.rewarding(made=2.0)

    def break_off(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("propound.policy.store.shutil.copyfile", break_off)
        assert trainer.work()
    run = runs.read(trainer.place.database, training_id)
    assert (run.state, run.error) == ("running", "OSError: no space left on device")
    assert trainer.live() is None

    runs.expire(trainer.place.database)
    assert trainer.work()
    assert trainer.live() == trainer.made
    assert trainer.steps(training_id) == [1]


@pytest.mark.parametrize("when", ["before", "between"])
def test_a_run_goes_on_where_it_was(trainer: Trainer, when: str) -> None:
    training_id = runs.make(trainer.place.database, steps=5)
    setattr(trainer.refinement, when, accident_at(3, OSError("the machine was switched off")))
    assert trainer.work()
    run = runs.read(trainer.place.database, training_id)
    assert (run.state, run.steps) == ("running", 2)

    runs.expire(trainer.place.database)
    assert trainer.work()
    assert trainer.steps(training_id) == [1, 2, 3, 4, 5]
    assert runs.read(trainer.place.database, training_id).state is TrainingState.SUCCEEDED
    assert trainer.log(training_id)[2] == f"goes on with tiny {trainer.default}"


@pytest.mark.parametrize("when", ["before", "between"])
def test_after_an_accident_no_group_is_lost_and_none_learned_from_twice(trainer: Trainer, when: str) -> None:
    runs.experience(trainer.place.database, 8, version=trainer.default)
    runs.make(trainer.place.database, steps=4, groups=2, experience="stored", staleness=9)
    setattr(trainer.refinement, when, accident_at(2, OSError("the machine was switched off")))
    assert trainer.work()
    runs.expire(trainer.place.database)
    assert trainer.work()
    again = [[5, 4]] if when == "before" else []
    assert trainer.refinement.taken == [[7, 6], [5, 4], *again, [3, 2], [1, 0]]


def test_stored_groups_of_the_base_grow_too_old(trainer: Trainer) -> None:
    runs.experience(trainer.place.database, 8, version=trainer.default)
    training_id = runs.make(trainer.place.database, steps=9, groups=1, experience="stored", staleness=1)
    assert trainer.work()
    run = runs.read(trainer.place.database, training_id)
    assert (run.steps, run.stop_reason) == (2, "starved")


def test_nothing_to_learn_from_makes_no_checkpoint(trainer: Trainer) -> None:
    training_id = runs.make(trainer.place.database, experience="stored")
    assert trainer.work()
    run = runs.read(trainer.place.database, training_id)
    assert (run.state, run.stop_reason, run.steps) == ("succeeded", "starved", 0)
    assert run.checkpoint_version == trainer.default


def test_a_trainer_that_stops_gives_its_run_back(trainer: Trainer) -> None:
    training_id = runs.make(trainer.place.database, steps=9)

    def stop(step: int) -> None:
        trainer.stops = step == 4

    trainer.refinement.between = stop
    assert trainer.work()
    run = runs.read(trainer.place.database, training_id)
    assert (run.state, run.steps, run.trainer, run.attempts) == ("running", 4, None, 0)
    trainer.stops = False
    assert trainer.work()
    assert trainer.steps(training_id) == list(range(1, 10))


def test_a_cancelled_run_ends_with_what_it_has(trainer: Trainer) -> None:
    training_id = runs.make(trainer.place.database, steps=10_000)
    trainer.place = replace(trainer.place, lease=runs.LEASE / 1_000)
    trainer.rewarding(made=2.0)

    def cancel(step: int) -> None:
        if step == 2:
            with trainer.place.database.begin() as session:
                trainings.cancel(session, training_id)

    trainer.refinement.before = cancel
    assert trainer.work()
    run = runs.read(trainer.place.database, training_id)
    assert (run.state, run.stop_reason) == ("cancelled", "cancelled on request")
    assert run.checkpoint_version == trainer.made
    assert trainer.live() is None


def test_a_run_that_another_trainer_took_over_is_left_to_it(trainer: Trainer) -> None:
    training_id = runs.make(trainer.place.database, steps=3)
    taken = []

    def take_over(step: int) -> None:
        if step == 2:
            runs.expire(trainer.place.database)
            taken.append(runs.claim(trainer.place.database, "another"))

    trainer.refinement.before = take_over
    assert trainer.work()
    run = runs.read(trainer.place.database, training_id)
    assert (run.state, run.trainer) == ("running", taken[0].holder)
    assert (run.steps, run.checkpoint_version) == (1, None)


def test_a_base_that_is_gone_fails_the_run_at_once(trainer: Trainer) -> None:
    training_id = runs.make(trainer.place.database, base="c" * 16)
    assert trainer.work()
    run = runs.read(trainer.place.database, training_id)
    assert run.state is TrainingState.FAILED
    assert run.error is not None
    assert run.error.startswith(f"no checkpoint {'c' * 16}")


def test_a_run_that_can_read_none_of_its_groups_fails_at_once_and_leaves_them_to_others(
    trainer: Trainer,
) -> None:
    runs.experience(trainer.place.database, 4, version=trainer.default)
    training_id = runs.make(trainer.place.database, groups=2, experience="stored")
    trainer.refinement.before = accident_at(1, UnreadableGroupsError("refused were 2 of 2 groups"))
    assert trainer.work()
    run = runs.read(trainer.place.database, training_id)
    assert (run.state, run.attempts, run.error) == (TrainingState.FAILED, 1, "refused were 2 of 2 groups")
    with trainer.place.database.begin() as session:
        assert groups.count_fresh(session, [trainer.default], most=9) == 4


def test_a_run_begins_with_what_was_live_when_it_began(trainer: Trainer) -> None:
    training_id = runs.make(trainer.place.database, steps=4)
    trainer.refinement.before = accident_at(2, OSError("gone"))
    assert trainer.work()
    other = trainer.place.store.keep(
        load_checkpoint(checkpoints.write(trainer.place.folder / "other", context=8_192, seed=7))
    )
    runs.keep(trainer.place.database, other.version)
    with trainer.place.database.begin() as session:
        repository.promote(session, other.version, by="someone", reason="by hand")
    runs.expire(trainer.place.database)
    assert trainer.work()
    run = runs.read(trainer.place.database, training_id)
    assert run.base_version == trainer.default
    assert run.comparison is not None
    assert run.comparison["live_version"] == other.version


def test_a_run_shows_what_it_waits_for_and_its_row_forgets_it(trainer: Trainer) -> None:
    training_id = runs.make(trainer.place.database, steps=2)
    seen: list[tuple[str | None, int, str]] = []

    def look() -> None:
        run = runs.read(trainer.place.database, training_id)
        seen.append((run.waiting_for, run.attempts, run.state))

    def waiting(base, request, out, *, source, observe, conditions):  # type: ignore[no-untyped-def]
        conditions.waits("the judge does not answer")
        look()
        conditions.waits("the judge does not answer")
        conditions.waits(None)
        look()
        return trainer.refinement(
            base, request, out, source=source, observe=observe, conditions=conditions
        )

    trainer.place = replace(trainer.place, refine=waiting)
    assert trainer.work()
    assert seen == [("the judge does not answer", 1, "running"), (None, 1, "running")]
    run = runs.read(trainer.place.database, training_id)
    assert (run.state, run.waiting_for) == ("succeeded", None)
    assert trainer.log(training_id)[1:3] == ["waits for: the judge does not answer", "goes on"]


def test_a_server_that_is_down_costs_no_attempt(trainer: Trainer) -> None:
    """However often it is down, even where nothing could be waited for in the run itself."""
    training_id = runs.make(trainer.place.database, steps=1)
    for _ in range(trainings.MAX_ATTEMPTS + 1):
        trainer.refinement.before = accident_at(1, ServiceDownError("no judge", retry_after=30))
        assert trainer.work()
        run = runs.read(trainer.place.database, training_id)
        assert (run.state, run.attempts, run.waiting_for, run.error) == ("running", 0, "no judge", None)
        assert runs.nothing_to_claim(trainer.place.database), "nobody tries before the server asked"
        runs.expire(trainer.place.database)
    assert trainer.log(training_id).count("waits for: no judge") == 1
    assert trainer.work()
    run = runs.read(trainer.place.database, training_id)
    assert (run.state, run.waiting_for) == ("succeeded", None)


def test_a_run_keeps_the_prober_that_it_began_with(trainer: Trainer) -> None:
    """The pool's weakest at first; a trainer that no longer has it cannot go on."""
    training_id = runs.make(trainer.place.database, steps=1)
    probers: list[str | None] = []

    def measuring(base, request, out, *, source, observe, conditions):  # type: ignore[no-untyped-def]
        probers.append(conditions.prober)
        if len(probers) == 1:
            raise OSError("the disk is full")
        raise UnknownProberError("there is no prober weak here")

    trainer.place = replace(trainer.place, refine=measuring, probers=("weak", "strong"))
    assert trainer.work()
    assert runs.read(trainer.place.database, training_id).prober == "weak"
    trainer.place = replace(trainer.place, probers=("strong",))
    runs.expire(trainer.place.database)
    assert trainer.work()
    assert probers == ["weak", "weak"]
    run = runs.read(trainer.place.database, training_id)
    assert (run.state, run.error) == ("failed", "there is no prober weak here")
