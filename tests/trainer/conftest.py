"""Tests run side by side: each keeps to one core, and leaves the processor's arithmetic as it was."""

from collections.abc import Iterator

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def subnormal_numbers() -> Iterator[None]:
    """Training by demonstrations flushes them to zero."""
    yield
    torch.set_flush_denormal(False)
