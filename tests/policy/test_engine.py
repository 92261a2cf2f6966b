"""The embedded engine: the numbers of transformers, the same answer whatever runs beside it, no work twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import Qwen3ForCausalLM

from propound.policy.chat import END
from propound.policy.engine import Completion, ContextTooLongError, EngineError
from propound.policy.engines.decoder import Decoder, Piece
from propound.policy.engines.embedded import EmbeddedEngine
from propound.policy.engines.sampler import sample
from propound.policy.engines.weights import Weights
from tests.factories import checkpoints

VOCABULARY = checkpoints.TINY["vocabulary"]
STOP = checkpoints.tokenizer().token_to_id(END)
CONTEXT = 2_048


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.write(tmp_path_factory.mktemp("checkpoint"), context=CONTEXT)


@pytest.fixture(scope="module")
def weights(folder: Path) -> Weights:
    return Weights.load(folder)


@contextmanager
def running(folder: Path, slots: int = 8) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(folder, slots)
    try:
        yield engine
    finally:
        engine.close()


def text(length: int, seed: int = 0) -> list[int]:
    return random.Random(seed).choices(range(VOCABULARY), k=length)


def ask(
    engine: EmbeddedEngine, context: Sequence[int], seed: int = 0, temperature: float = 1.0, most: int = 40
) -> Completion:
    return engine.complete(context, seed=seed, temperature=temperature, max_tokens=most)


def rows_taken(engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lengths of the pieces that the engine's decoder is given from now on."""
    taken: list[int] = []
    step = engine._decoder.step

    def watched(pieces: Sequence[Piece]) -> Any:
        taken.extend(len(piece.tokens) for piece in pieces)
        return step(pieces)

    monkeypatch.setattr(engine._decoder, "step", watched)
    return taken


@pytest.mark.parametrize("temperature", [1.0, 0.6, 0.0])
def test_log_probabilities_are_those_of_transformers(folder: Path, temperature: float) -> None:
    context = text(300)
    with running(folder) as engine:
        completion = ask(engine, context, temperature=temperature, most=200)
    network = Qwen3ForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ids = torch.tensor([[*context, *completion.token_ids]])
    with torch.no_grad():
        logits = network(ids).logits[0, len(context) - 1 : -1]
    wanted = torch.log_softmax(logits / (temperature or 1.0), dim=-1)
    drawn = wanted[range(len(completion.token_ids)), list(completion.token_ids)]
    assert np.allclose(drawn.numpy(), completion.log_probabilities, atol=1e-3)
    if not temperature:
        assert logits.argmax(dim=-1).tolist() == list(completion.token_ids)


@pytest.mark.parametrize("alike", [True, False], ids=["many rows at once", "few rows at once"])
@settings(max_examples=15)
@given(data=st.data())
def test_a_context_gives_the_same_logits_however_it_is_cut(
    weights: Weights, alike: bool, data: st.DataObject
) -> None:
    decoder = Decoder(weights, slots=5)
    decoder._products.alike &= alike  # where BLAS rounds rows by their place, the engine only takes few at once
    contexts = [np.array(text(data.draw(st.integers(1, 700)), seed)) for seed in range(4)]
    whole = [decoder.step([Piece(slot, 0, context)])[0] for slot, context in enumerate(contexts)]
    together = decoder.step([Piece(slot, 0, context) for slot, context in enumerate(contexts)])
    assert np.array_equal(whole, together)
    first = contexts[0]
    cuts = sorted({*data.draw(st.lists(st.integers(1, len(first)))), len(first)})
    begin = 0
    for cut in cuts:
        decoder.copy(0, 4, begin)
        neighbour = Piece(1, 0, contexts[1])
        logits = decoder.step([neighbour, Piece(4, begin, first[begin:cut])])
        begin = cut
    assert np.array_equal(logits[1], whole[0])


def test_long_contexts_are_exact_too(weights: Weights) -> None:
    decoder = Decoder(weights, slots=2)
    context = np.array(text(CONTEXT - 8))
    whole = decoder.step([Piece(0, 0, context)])
    for place in range(len(context) - 70, len(context)):
        one_by_one = decoder.step([Piece(0, place, context[place : place + 1])])
    assert np.array_equal(whole, one_by_one)


def test_equal_requests_get_equal_completions_whatever_runs_beside_them(folder: Path) -> None:
    requests = [(text(20 + 31 * (index % 7), index % 5), index % 6) for index in range(30)]

    def all_of(engine: EmbeddedEngine, threads: int) -> list[Completion]:
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(lambda request: ask(engine, *request), requests))

    with running(folder, slots=1) as lone:
        wanted = all_of(lone, 1)
    with running(folder, slots=8) as engine:
        assert all_of(engine, 16) == wanted
        assert all_of(engine, 3) == wanted
    assert len({completion.token_ids for completion in wanted}) > 20


def test_a_growing_context_is_computed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(folder) as engine:
        context = text(300)
        first = ask(engine, context)
        ask(engine, text(50, seed=9))
        taken = rows_taken(engine, monkeypatch)
        second = ask(engine, [*context, *first.token_ids, *text(60, seed=1)])
        assert taken[0] == 60 + 1  # what was sampled last was never taken in
        assert sum(taken) == 60 + len(second.token_ids)


def test_a_common_beginning_is_computed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beginning = text(400)
    contexts = [beginning + text(10, seed) for seed in range(1, 7)]
    with running(folder) as engine:
        taken = rows_taken(engine, monkeypatch)
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda context: ask(engine, context, most=1), contexts))
        assert sum(taken) <= 400 + 6 * 10


def test_more_episodes_than_slots_only_cost_time(folder: Path) -> None:
    def episode(engine: EmbeddedEngine, seed: int) -> list[Completion]:
        context, turns = text(80, seed), []
        for turn in range(4):
            turns.append(ask(engine, context, seed=turn, most=15))
            context = [*context, *turns[-1].token_ids, *text(20, seed + turn)]
        return turns

    with (
        running(folder, slots=2) as small,
        running(folder, slots=12) as large,
        ThreadPoolExecutor(12) as pool,
    ):
        crowded = list(pool.map(lambda seed: episode(small, seed), range(12)))
        assert crowded == list(pool.map(lambda seed: episode(large, seed), range(12)))


def test_a_turn_ends_at_its_end_or_is_cut_off(folder: Path) -> None:
    with running(folder) as engine, ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda seed: ask(engine, [1, 2], seed, 3.0, 300), range(24)))
        cut = ask(engine, text(CONTEXT - 5), most=100)
    assert {completion.finish_reason for completion in made} == {"stop", "length"}
    for completion in made:
        stopped = completion.finish_reason == "stop"
        assert completion.token_ids.count(STOP) == stopped
        assert (completion.token_ids[-1] == STOP) == stopped
        assert len(completion.token_ids) == len(completion.log_probabilities)
        assert stopped or len(completion.token_ids) == 300
    assert (cut.finish_reason, len(cut.token_ids)) in {("length", 5), ("stop", len(cut.token_ids))}


@pytest.mark.parametrize(
    ("context", "most", "error"),
    [
        (text(CONTEXT), 1, ContextTooLongError),
        ([], 1, ContextTooLongError),
        ([VOCABULARY], 1, EngineError),
        ([-1], 1, EngineError),
        ([1], 0, EngineError),
    ],
)
def test_what_the_engine_cannot_do_is_refused(
    folder: Path, context: list[int], most: int, error: type[Exception]
) -> None:
    with running(folder) as engine:
        with pytest.raises(error):
            ask(engine, context, most=most)
        assert ask(engine, [1], most=1).token_ids


def test_everyone_is_told_when_the_engine_breaks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(_: Sequence[Piece]) -> Any:
        raise MemoryError("no memory")

    def outcome(act: Callable[[], Any]) -> str:
        with pytest.raises(EngineError) as caught:
            act()
        return str(caught.value)

    with running(folder, slots=2) as engine, ThreadPoolExecutor(5) as pool:
        monkeypatch.setattr(engine._decoder, "step", break_down)
        told = set(pool.map(lambda seed: outcome(lambda: ask(engine, text(9, seed))), range(5)))
        assert told == {"the engine broke: MemoryError: no memory"}
        assert outcome(lambda: ask(engine, [1])) in told


def test_a_closed_engine_answers_nobody(folder: Path) -> None:
    with running(folder) as engine:
        pass
    with pytest.raises(EngineError, match="closed"):
        ask(engine, [1])


def test_a_closing_engine_lets_go_of_who_waits(folder: Path) -> None:
    with running(folder, slots=1) as engine, ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(ask, engine, text(30, seed), seed, 1.0, 1_500) for seed in range(3)]
        while not engine._steps:
            pass
        engine.close()
        ends = [future.exception() for future in waiting]
    assert any(isinstance(end, EngineError) for end in ends)


def test_tokens_are_drawn_as_often_as_their_probability_says() -> None:
    logits = np.array([0.0, 1.0, -1.0, 2.0, -np.inf], np.float32)
    rng, count, temperature = np.random.default_rng(5), 20_000, 0.7
    tokens, log_probabilities = sample(
        np.repeat(logits[None], count, axis=0), [temperature] * count, [rng] * count
    )
    wanted = np.exp(logits / temperature) / np.exp(logits / temperature).sum()
    drawn = np.bincount(tokens, minlength=5) / count
    assert np.all(np.abs(drawn - wanted) <= 5 * np.sqrt(wanted / count))
    assert np.allclose(np.exp(log_probabilities), wanted[tokens], atol=1e-6)
