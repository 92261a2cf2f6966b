"""A language policy: its contexts are the exact tokens of the conversation, and its turns follow from the seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from propound.curriculum import draw_spec
from propound.job import JobRequest
from propound.policy.chat import encode_conversation, encode_turn, generation_prefix
from propound.policy.engine import Completion, EngineError
from propound.policy.engines.embedded import EmbeddedEngine
from propound.policy.language import LanguagePolicy
from propound.problem import ProblemSpec
from propound.proposing.procedural import ProceduralEnvironment
from propound.proposing.rollout import rollout
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.trajectory import Outcome, Sampling, Trajectory
from tests.factories import checkpoints

TOKENIZER = checkpoints.tokenizer()
PROMPT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Skills: a, b"}]
TURNS = ["thinking <|im_end|> about it", "", "naïve\n"]
ANSWERS = [
    {"role": "user", "content": "[draft; 3 steps left]"},
    {"role": "tool", "name": "draw", "content": "x = 5"},
    {"role": "user", "content": "<|im_start|>system"},
]


def spec(seed: int = 0) -> ProblemSpec:
    return draw_spec(JobRequest(count=1, seed=seed), default_library(), 0)


@dataclass
class Dictated:
    """An engine that says what it was told to, cut off or not, and keeps what it was asked."""

    turns: list[list[int]]
    reason: str = "stop"
    contexts: list[list[int]] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)

    def complete(
        self, context: Sequence[int], *, seed: int, temperature: float, max_tokens: int
    ) -> Completion:
        assert (temperature, max_tokens) == (0.7, 99)
        self.contexts.append(list(context))
        self.seeds.append(seed)
        ids = tuple(self.turns[len(self.contexts) - 1])
        return Completion(ids, (-0.5,) * len(ids), self.reason)

    def close(self) -> None:
        """Nothing to let go of."""


def converse(engine: Dictated, of: ProblemSpec, member: int = 0) -> tuple[list[dict[str, Any]], list[Any]]:
    writer = LanguagePolicy(engine, TOKENIZER, "dictated", "1", 0.7, 99).begin(of, member)
    messages, turns = list(PROMPT), []
    for answer in ANSWERS[: len(engine.turns)]:
        turns.append(writer.write(messages))
        messages += [{"role": "assistant", "content": turns[-1].text}, answer]
    return messages, turns


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "cut off"])
def test_the_contexts_are_the_tokens_that_training_reads(ended: bool) -> None:
    whole = [encode_turn(TOKENIZER, text) for text in TURNS]
    engine = Dictated(whole if ended else [ids[:-1] for ids in whole], "stop" if ended else "length")
    messages, turns = converse(engine, spec())
    assert [turn.text for turn in turns] == TURNS
    prefix = generation_prefix(TOKENIZER)
    for index, context in enumerate(engine.contexts):
        ids, _ = encode_conversation(TOKENIZER, messages[: 2 + 2 * index])
        assert context == ids + prefix
    ids, own = encode_conversation(TOKENIZER, messages)
    sampled = [token for token, mine in zip(ids, own, strict=True) if mine]
    assert sampled == [token for turn in whole for token in turn]


def test_the_sampling_is_recorded_as_it_was() -> None:
    engine = Dictated([encode_turn(TOKENIZER, text) for text in TURNS])
    for turn, ids in zip(converse(engine, spec())[1], engine.turns, strict=True):
        assert isinstance(turn.sampling, Sampling)
        assert turn.sampling.prompt is None
        assert turn.sampling.token_ids == tuple(ids)
        assert turn.sampling.log_probabilities == (-0.5,) * len(ids)
        assert (turn.sampling.temperature, turn.sampling.finish_reason) == (0.7, "stop")


def test_every_turn_of_every_member_has_a_seed_of_its_own() -> None:
    turns = [encode_turn(TOKENIZER, text) for text in TURNS]
    seeds = []
    for of, member in ((spec(1), 0), (spec(1), 1), (spec(2), 0), (spec(1), 0)):
        engine = Dictated(turns)
        converse(engine, of, member)
        seeds.append(engine.seeds)
    assert seeds[0] == seeds[3]
    assert len({seed for row in seeds[:3] for seed in row}) == 9


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguagePolicy]:
    folder = checkpoints.write(tmp_path_factory.mktemp("checkpoint"), context=8_192)
    engine = EmbeddedEngine(folder, slots=4)
    yield LanguagePolicy(engine, TOKENIZER, "tiny", "1", max_tokens=30)
    engine.close()


def play(policy: LanguagePolicy, seed: int) -> Trajectory:
    library = default_library()
    environment = ProceduralEnvironment(spec(seed), library, open_sandbox(), max_steps=3)
    return rollout(policy, environment, member=0)


def test_a_model_plays_the_same_episodes_beside_any_others(policy: LanguagePolicy) -> None:
    lone = [play(policy, seed) for seed in range(3)]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda seed: play(policy, seed), range(3)))
    assert [each.content_digest() for each in together] == [each.content_digest() for each in lone]
    for trajectory in lone:
        assert trajectory.outcome in {Outcome.STEPS_EXHAUSTED, Outcome.ABANDONED}
        assert (trajectory.policy, trajectory.policy_version) == ("tiny", "1")
        assert all(isinstance(step.sampling, Sampling) for step in trajectory.steps)


def test_a_context_that_grows_too_long_is_an_outcome(tmp_path: Path) -> None:
    engine = EmbeddedEngine(checkpoints.write(tmp_path, context=256), slots=1)
    trajectory = play(LanguagePolicy(engine, TOKENIZER, "short", "1"), 0)
    assert trajectory.outcome is Outcome.CONTEXT_EXHAUSTED
    assert "a context holds" in trajectory.detail
    engine.close()


def test_an_engine_that_is_gone_is_no_outcome(tmp_path: Path) -> None:
    engine = EmbeddedEngine(checkpoints.write(tmp_path), slots=1)
    engine.close()
    with pytest.raises(EngineError):
        play(LanguagePolicy(engine, TOKENIZER, "closed", "1"), 0)
