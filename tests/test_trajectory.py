"""Records of what was sampled: a prompt is kept whole by what it shares, old records read, reasons are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.domain import Domain
from propound.problem import ProblemSpec
from propound.trajectory import (
    Action,
    ActionKind,
    Observation,
    Outcome,
    Prompt,
    Sampling,
    Stage,
    Step,
    Trajectory,
    Unrecorded,
)

IDS = st.lists(st.integers(0, 3), max_size=12)


@given(IDS, IDS)
def test_a_prompt_loses_nothing_and_keeps_all_that_is_shared(ids: list[int], before: list[int]) -> None:
    prompt = Prompt.of(ids, before)
    assert prompt.after(before) == tuple(ids)
    shared = len(before) > prompt.kept and len(ids) > prompt.kept
    assert not shared or ids[prompt.kept] != before[prompt.kept]
    assert Prompt.model_validate_json(prompt.model_dump_json()) == prompt


def test_a_prompt_of_another_conversation_is_refused() -> None:
    with pytest.raises(ValueError, match="keeps 3 tokens of 2"):
        Prompt(kept=3, ids=(1,)).after([1, 2])


def trajectory(*samplings: Sampling | Unrecorded | None) -> Trajectory:
    steps = tuple(
        Step(
            stage=Stage.DRAFT,
            skills=("a",),
            text="t",
            action=Action(kind=ActionKind.THINK, thought="t"),
            observation=Observation(ok=True, text="o"),
            sampling=sampling,
        )
        for sampling in samplings
    )
    spec = ProblemSpec(domain=Domain.CODING, skills=("a",), minimum_skills=1, maximum_skills=1, seed=1)
    return Trajectory(
        spec=spec, member=0, policy="p", policy_version="1", prompt=(), steps=steps, outcome=Outcome.ABANDONED
    )


WARM = Sampling(token_ids=(1,), log_probabilities=(-0.5,), temperature=0.7, finish_reason="stop")
COLD = WARM.model_copy(update={"temperature": 0.0})


@pytest.mark.parametrize(
    ("samplings", "reason"),
    [
        ((WARM, WARM), None),
        ((), Unrecorded.NO_TURN),
        ((None, None), Unrecorded.NO_MODEL),
        ((WARM, Unrecorded.NO_TOKENS), Unrecorded.NO_TOKENS),
        ((Unrecorded.PARAMETERS, Unrecorded.NO_TOKENS), Unrecorded.PARAMETERS),
        ((WARM, COLD), Unrecorded.TEMPERATURE),
    ],
)
def test_an_episode_says_why_it_cannot_be_learned_from(
    samplings: tuple[Sampling | Unrecorded | None, ...], reason: Unrecorded | None
) -> None:
    recorded = trajectory(*samplings)
    assert recorded.unrecorded is reason
    read = Trajectory.model_validate(recorded.model_dump(mode="json"))
    assert read == recorded
    assert read.unrecorded is reason


def test_every_reason_has_words() -> None:
    assert len({each.words for each in Unrecorded}) == len(Unrecorded)


def test_a_record_from_before_prompts_were_kept_still_reads() -> None:
    data = trajectory(WARM).model_dump(mode="json")
    del data["steps"][0]["sampling"]["prompt"]
    assert Trajectory.model_validate(data) == trajectory(WARM)
