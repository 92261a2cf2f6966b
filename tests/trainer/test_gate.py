"""The gate by hand: both checkpoints show what they can in processes of their own, and the decision is printed."""

from __future__ import annotations

import json

import pytest

from propound.promotion import Comparison
from trainer import gate

pytestmark = pytest.mark.slow


def test_a_checkpoint_may_not_take_its_own_place(capfd: pytest.CaptureFixture[str]) -> None:
    """The same specs and seeds give the same episodes, so there is no gain."""
    assert gate.main(["default", "--live", "default", "--specs", "10", "--seed", "3"]) == 1
    found = Comparison.model_validate(json.loads(capfd.readouterr().out))
    assert not found.promote
    assert (found.specs, found.gain, found.live_reward) == (10, 0.0, found.reward)
    assert found.live_reward > 0
    assert any("gain in reward is not sure" in reason for reason in found.reasons)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--specs", "9"], "specs: Input should be greater than or equal to 10"),
        (["--confidence", "1"], "confidence: Input should be less than 1"),
        (["--temperature", "-1"], "temperature: Input should be greater than or equal to 0"),
    ],
)
def test_impossible_wishes_are_named(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        gate.main(["default", *words])
    assert message in capsys.readouterr().err
