"""Training: it learns, it can be stopped at any moment, and it ends where an unstopped run ends."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from propound.policy.checkpoint import load_checkpoint
from tests.factories import conversations
from trainer.batch import DataError
from trainer.optimizer import Rates
from trainer.sft import Run, Settings, main, prepare, train

SETTINGS = Settings(tokens=9_000, vocabulary=300, layers=1, batch=500, short=800, mark_minutes=0)
WORDS = ["--tokens", "9000", "--vocabulary", "300", "--layers", "1", "--batch", "500", "--short", "800"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return conversations.write(tmp_path_factory.mktemp("data") / "d.jsonl", 60)


@pytest.fixture(scope="module")
def unstopped(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last checkpoint of a whole run."""
    out = tmp_path_factory.mktemp("run")
    main([str(data), str(out), *WORDS, "--name", "tiny"])
    return max(out.glob("step-*"))


def test_a_run_learns(unstopped: Path) -> None:
    figures = [json.loads(line) for line in (unstopped.parent / "metrics.jsonl").read_text().splitlines()]
    assert figures[0]["loss"] > 5
    assert figures[-1]["loss"] < 2
    assert [each["step"] for each in figures] == list(range(1, len(figures) + 1))
    assert figures[-1]["tokens"] >= 9_000 > figures[-2]["tokens"]
    checkpoint = load_checkpoint(unstopped)
    assert checkpoint.name == "tiny"
    assert checkpoint.metadata["recipe"]["tokens"] == figures[-1]["tokens"]
    assert checkpoint.metadata["figures"]["held_out_loss"] < 3


def test_a_killed_run_ends_as_an_unstopped_one(data: Path, unstopped: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "trainer.sft", str(data), str(tmp_path), *WORDS, "--mark-minutes", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while len(list(tmp_path.glob("step-*"))) < 3 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    folder = train(prepare(data, tmp_path, SETTINGS), "tiny")
    assert folder.name == unstopped.name
    assert load_checkpoint(folder).version == load_checkpoint(unstopped).version
    steps = [json.loads(line)["step"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert steps == list(range(1, len(steps) + 1))


def test_the_number_of_workers_changes_nothing(data: Path, tmp_path: Path) -> None:
    losses = []
    for threads in (1, 3):
        run = prepare(
            data,
            tmp_path / str(threads),
            Settings(tokens=2_000, vocabulary=300, layers=1, batch=500, pack=120, threads=threads),
        )
        losses.append([figures["loss"] for figures in run.train()])
    assert losses[0] == losses[1]


def test_a_step_is_the_mean_over_all_targets(data: Path, tmp_path: Path) -> None:
    """However its conversations are packed."""
    results = []
    for size in (1, 10_000):
        run = prepare(data, tmp_path / str(size), Settings(tokens=1, vocabulary=300, layers=1, pack=size))
        results.append(run._gradients(list(range(12))))
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-3)
    for one, other in zip(results[0][1], results[1][1], strict=True):
        alike = torch.nn.functional.cosine_similarity(one.flatten(), other.flatten(), 0) > 0.999
        assert alike or not (one.any() or other.any())  # what feeds projections that start at zero


def test_training_continues_from_a_checkpoint(data: Path, unstopped: Path, tmp_path: Path) -> None:
    run = prepare(
        data, tmp_path, Settings(tokens=1_000, batch=500, rates=Rates(matrices=1e-4, others=1e-4)), unstopped
    )
    assert next(run.train())["loss"] < 2


def test_a_budget_is_needed(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="budget"):
        prepare(data, tmp_path, Settings(vocabulary=300, layers=1))


def test_progress_is_the_budget_that_is_used_up_further(data: Path, tmp_path: Path) -> None:
    run: Run = prepare(data, tmp_path, Settings(tokens=1_000, minutes=2, vocabulary=300, layers=1))
    run.tokens, run.seconds = 100, 60.0
    assert run.progress == 0.5
    run.tokens = 900
    assert run.progress == 0.9


def test_rates_rise_stay_and_fall() -> None:
    rates = Rates(warmup=0.1, decay=0.4, floor=0.0)
    factors = [rates.factor(progress / 100) for progress in range(101)]
    assert factors[0] < 0.05
    assert factors[10:60] == [1.0] * 50
    assert factors[80] == pytest.approx(0.5)
    assert factors[100] == 0.0
