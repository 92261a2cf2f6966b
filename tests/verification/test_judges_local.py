"""A judge on an engine of this process: a model that knows nothing has no vote, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from propound.policy.chat import load_tokenizer
from propound.policy.endpoint import RequestRefusedError
from propound.policy.engines.embedded import EmbeddedEngine
from propound.verification.judges import JudgeVerifier
from propound.verification.judges.local import EngineRespondent
from propound.verification.verdict import Rejection
from tests.factories import checkpoints
from tests.factories.cases import case

MESSAGES = [{"role": "user", "content": "12 + 30 = ?"}]


@pytest.fixture
def respondent(tmp_path: Path) -> Iterator[EngineRespondent]:
    folder = checkpoints.write(tmp_path / "small", context=1024)
    engine = EmbeddedEngine(folder)
    yield EngineRespondent(engine, load_tokenizer(folder), "small")
    engine.close()


def test_equal_seeds_give_equal_answers(respondent: EngineRespondent) -> None:
    texts = [respondent.ask(MESSAGES, seed=seed, temperature=1.0, max_tokens=30).text for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_messages_that_do_not_fit_are_refused(respondent: EngineRespondent) -> None:
    with pytest.raises(RequestRefusedError):
        respondent.ask([{"role": "user", "content": "x" * 5000}], seed=1, temperature=1.0, max_tokens=5)


def test_a_small_model_votes_without_a_verdict(respondent: EngineRespondent) -> None:
    vote = JudgeVerifier(respondent).vote(case())
    assert vote.verifier.startswith("judge/solver:small@")
    assert (vote.valid, vote.answer, vote.rejection) == (False, None, Rejection.UNDECIDED)
    assert vote.rationale.startswith("unparsed: ")
