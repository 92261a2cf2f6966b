"""Where a run computes."""

from __future__ import annotations

import pytest
import torch

from trainer.device import PROCESSOR, own_device, threads_on


def test_without_a_gpu_it_is_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert own_device() == PROCESSOR
    assert threads_on(own_device(), 2) == 2


@pytest.mark.parametrize(("rank", "number"), [(None, 0), ("3", 3)])
def test_each_process_of_a_machine_has_a_gpu_of_its_own(
    monkeypatch: pytest.MonkeyPatch, rank: str | None, number: int
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    if rank is None:
        monkeypatch.delenv("LOCAL_RANK", raising=False)
    else:
        monkeypatch.setenv("LOCAL_RANK", rank)
    assert own_device() == torch.device("cuda", number)
    assert threads_on(own_device(), 2) == 1
