"""Two processes compute what one does, with parameters on both or sharded, and neither outlives the other."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import checkpoints, experience
from tests.trainer.two_ranks import KINDS, PLACEMENTS, load_groups, open_learner, refine_shortly, updates
from trainer.network import load_network
from trainer.ranks import Ranks
from trainer.sources import write_groups

pytestmark = pytest.mark.slow

LONG = 240
"""Seconds after which a process that should have ended has not, on however slow a machine."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.write(tmp_path_factory.mktemp("checkpoint"), context=4096)


@pytest.fixture(scope="module")
def file(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three groups: they do not go round."""
    path = tmp_path_factory.mktemp("groups") / "groups.jsonl"
    sampled = experience.episodes(folder, groups=3)
    write_groups(
        path, [[experience.rewarded(e, (i, j)) for j, e in enumerate(g)] for i, g in enumerate(sampled)]
    )
    return path


@contextmanager
def launched(module: str, *words: object, **environment: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Both ranks of a program, started as a launcher does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {
        **os.environ,
        **environment,
        "PYTHONPATH": ".",
        "OMP_NUM_THREADS": "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", module, *map(str, words)],
            env={**common, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for rank in range(2)
    ]
    try:
        yield processes
    finally:
        for each in processes:
            each.kill()
            each.communicate()


@pytest.fixture(scope="module")
def written(folder: Path, file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two ranks found, by placement of the parameters."""
    out = tmp_path_factory.mktemp("written")
    with launched("tests.trainer.two_ranks", folder, file, out) as processes:
        for each in processes:
            _, error = each.communicate(timeout=LONG)
            assert each.returncode == 0, error
    return out


@pytest.fixture(scope="module")
def expected(folder: Path, file: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The same from one process, by kind."""
    state = tmp_path_factory.mktemp("state") / "state"
    found = {}
    for kind, rank in KINDS.items():
        learner = open_learner(folder, rank, Ranks())
        found[kind] = {**updates(learner, load_groups(folder, file), state), "weights": learner.weights()}
    return found


@pytest.fixture(scope="module")
def alone(folder: Path, file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of three steps in one process."""
    out = tmp_path_factory.mktemp("alone")
    for kind in KINDS:
        refine_shortly(folder, file, out, kind, 3)
    return out


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("kind", KINDS)
def test_two_ranks_take_the_gradients_and_steps_of_one(
    written: Path, placement: str, kind: str, expected: dict[str, dict[str, Any]]
) -> None:
    one = expected[kind]
    both, other = (
        torch.load(written / placement / f"{kind}-{rank}.pt", weights_only=True) for rank in range(2)
    )
    assert both["loss"] == pytest.approx(one["loss"], abs=1e-6)
    assert both["norm"] == pytest.approx(one["norm"], rel=1e-5)
    assert both["second"] == pytest.approx(one["second"], rel=1e-4, abs=1e-6)
    assert any(bool(each.any()) for each in one["gradients"])
    for first, second in zip(both["gradients"], one["gradients"], strict=True):
        torch.testing.assert_close(first, second, atol=1e-6, rtol=1e-4)
    for name, value in one["weights"].items():
        torch.testing.assert_close(both["weights"][name], value, atol=1e-5, rtol=0)
        assert torch.equal(both["weights"][name], other["weights"][name]), name


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_on_two_ranks_is_the_run_on_one(
    written: Path, placement: str, kind: str, folder: Path, file: Path, alone: Path, tmp_path: Path
) -> None:
    """That on two goes on after two steps in one process; in full, it was stopped after its first step, too."""
    assert [line["step"] for line in metrics(written / placement / kind)] == [1, 2]
    begun = tmp_path / kind
    shutil.copytree(written / placement / kind, begun)
    refine_shortly(folder, file, tmp_path, kind, 3)
    found, expected = metrics(begun), metrics(alone / kind)
    assert [line.keys() for line in found] == [line.keys() for line in expected]
    for line, other in zip(found, expected, strict=True):
        assert flat(line) == pytest.approx(flat(other), rel=1e-3, abs=1e-5)
    weights = load_network(alone / kind / "step-000003").state_dict()
    for name, value in load_network(begun / "step-000003").state_dict().items():
        torch.testing.assert_close(value, weights[name], atol=1e-5, rtol=2**-7)  # as bfloat16 rounds


def metrics(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


def flat(line: dict[str, Any], before: str = "") -> dict[str, float]:
    """The numbers of a line that do not depend on the clock."""
    found: dict[str, float] = {}
    for name, value in line.items():
        if isinstance(value, dict):
            found |= flat(value, f"{before}{name}.")
        elif isinstance(value, int | float) and "second" not in name:
            found[before + name] = value
    return found


@pytest.mark.parametrize("dies", [0, 1])
def test_a_rank_that_dies_ends_the_other(dies: int, folder: Path, file: Path, tmp_path: Path) -> None:
    words = ["--from", folder, "--groups", file, "--out", tmp_path, "--evaluation", "0"]
    with launched("tests.trainer.dying_rank", *words, DIES=str(dies)) as processes:
        errors = [each.communicate(timeout=LONG)[1] for each in processes]
    assert processes[dies].returncode == -signal.SIGKILL
    assert processes[1 - dies].returncode == 1
    assert f"process {1 - dies} of 2 cannot go on" in errors[1 - dies]
    assert "Traceback" not in errors[1 - dies]


@given(sizes=st.lists(st.integers(1, 9), max_size=20), count=st.integers(1, 5))
def test_work_is_dealt_once_and_all_ranks_keep_step(sizes: list[int], count: int) -> None:
    dealt = []
    for index in range(count):
        ranks = Ranks()
        ranks.index, ranks.count = index, count
        dealt.append(ranks.deal(list(enumerate(sizes)), lambda item: item[1]))
    assert len({len(each) for each in dealt}) == 1
    assert sorted(item for each in dealt for item, again in each if not again) == list(enumerate(sizes))
    for turn in zip(*dealt, strict=True):
        assert not all(again for _, again in turn)
