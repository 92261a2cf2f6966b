"""Where a run computes."""

from __future__ import annotations

import platform
import subprocess
import sys

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


_HEAPS = """
import ctypes, os, sys, tempfile, threading
from trainer.device import share_heap

libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p

def heaps():
    with tempfile.NamedTemporaryFile() as file:
        opened = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
        libc.malloc_info(0, opened)
        libc.fclose(opened)
        return file.read().count(b"<heap ")

if sys.argv[1] == "shared":
    share_heap()
before, meet = heaps(), threading.Barrier(4)

def take():
    meet.wait()
    kept = [bytes(100_000) for _ in range(20)]
    meet.wait()
    return kept

threads = [threading.Thread(target=take) for _ in range(4)]
for each in threads:
    each.start()
for each in threads:
    each.join()
print(heaps() - before)
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc gives each thread a heap of its own"
)
@pytest.mark.parametrize(("how", "more"), [("shared", False), ("each its own", True)])
def test_threads_share_one_heap(how: str, more: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _HEAPS, how], capture_output=True, text=True, check=True, timeout=120
    )
    assert (int(done.stdout) > 0) is more
