"""Episodes of a model that this machine serves, thoughts and all: the trainer reads exactly what was sampled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from propound.episode import Episode
from propound.episodes import EpisodeRunner
from propound.models.catalogue import Model
from propound.models.client import Client
from propound.models.local import Keeper, Station
from propound.policy.remote import RemotePolicy
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.trajectory import Sampling
from tests.factories import experience, folders
from tests.policy.test_language import spec
from trainer.experience import packs, read_group
from trainer.loss import MGPO
from trainer.optimizer import Optimizer, Rates
from trainer.trainable import open_base
from trainer.update import Learner

TEMPERATURE = 0.8
TURNS = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folders.write(tmp_path_factory.mktemp("model"), context=8_192)


@pytest.fixture(scope="module")
def episodes(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Episode]]:
    extra = {"chat_template_kwargs": {"enable_thinking": True}}
    model = Model(name="tiny", served="tiny", folder=folder, answer_tokens=20, thought_tokens=20, extra=extra)
    keeper = Keeper(Station(model, tmp_path_factory.mktemp("home")))
    address = keeper.wait(120)
    client = Client(model.model_copy(update={"url": address.url, "key": address.secret}))
    library, sandbox = default_library(), open_sandbox()
    policy = RemotePolicy(client, temperature=TEMPERATURE)
    runner = EpisodeRunner(library, sandbox, policy, TURNS)
    yield [experience.rewarded(runner.run(spec(1), member), member) for member in range(3)]
    client.close()
    keeper.close()


def test_every_turn_is_recorded_with_its_prompt_and_thought(episodes: list[Episode]) -> None:
    for episode in episodes:
        assert episode.trajectory.unrecorded is None
        for number, step in enumerate(episode.trajectory.steps):
            sampling = step.sampling
            assert isinstance(sampling, Sampling)
            assert sampling.temperature == TEMPERATURE
            assert sampling.prompt is not None
            assert (sampling.prompt.kept > 0) == (number > 0)
            assert number == 0 or len(sampling.prompt.ids) < 500, "only what is new is stored"


def test_the_trainer_computes_what_was_recorded_and_takes_a_step(folder: Path, episodes: list[Episode]) -> None:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    network, reference = open_base(folder, None), open_base(folder, None)
    group = read_group(tokenizer, episodes, network.context, network.vocabulary)
    assert max(len(member.stretches) for member in group.members) > 1, "the template leaves thoughts out"
    rates = Rates(matrices=1e-4, others=1e-4)
    which = Learner(network, reference, Optimizer(network, rates), MGPO, low_precision=False)
    (measured,) = which.measure([group])
    torch.testing.assert_close(measured, group.tensors().old, atol=2e-3, rtol=0)
    (weighed,) = which.weigh([group], {group.version})
    which.update([weighed])
    (after,) = which.measure([group])
    assert float((weighed.weights.token * (after - measured)).sum()) > 0
    assert sum(len(pack.targets) for pack in packs(group, 1000)) == group.tokens
