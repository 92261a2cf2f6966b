"""The limit on the memory of all of a program's processes together, and what is left where it cannot be had."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from propound.sandbox import ExecutionStatus, Limits, Program, open_sandbox
from propound.sandbox.control_group import Hierarchy, own_hierarchy
from propound.sandbox.isolated import IsolatedSandbox
from propound.sandbox.warm import WarmSandbox

from .conftest import TIERS, open_named

MANY = Limits(processes=16, memory_mb=128, wall_s=20)
SHARING = """
import os, time
for _ in range(8):
    if not os.fork():
        x = bytearray(60 << 20)
        for n in range(0, len(x), 4096): x[n] = 1
        time.sleep(1)
        os._exit(0)
print(sum(os.wait()[1] for _ in range(8)))
"""
"""Eight processes, each under the limit, together at more than twice of what the group allows."""

needs_groups = pytest.mark.skipif(own_hierarchy() is None, reason="no control groups can be made here")


def limited_by_group(sandbox: IsolatedSandbox | WarmSandbox) -> bool:
    return sandbox.memory.startswith("control group")


@needs_groups
@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("tier", TIERS)
def test_the_memory_of_all_processes_together_is_limited(tier: str, warm: bool) -> None:
    sandbox = open_sandbox(tier, warm=warm)
    assert limited_by_group(sandbox)
    execution = sandbox.run(Program(SHARING, limits=MANY))
    assert (execution.status, execution.reason) == (ExecutionStatus.KILLED, "memory")
    if isinstance(sandbox, WarmSandbox):  # the zygote is outside of what was ended, and serves the next
        before = sandbox.pool.processes()
        assert sandbox.run(Program("print(1)", limits=MANY)).stdout == b"1\n"
        assert sandbox.pool.processes() == before
        sandbox.close()


@needs_groups
@pytest.mark.parametrize("tier", TIERS)
def test_a_group_does_not_remember_the_last_program(tier: str) -> None:
    sandbox = open_sandbox(tier)
    assert sandbox.run(Program(SHARING, limits=MANY)).reason == "memory"
    execution = sandbox.run(Program("import os\nif not os.fork(): os._exit(0)\nos.wait()", limits=MANY))
    assert execution.succeeded
    if isinstance(sandbox, WarmSandbox):
        sandbox.close()


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("tier", TIERS)
def test_without_groups_the_memory_of_each_process_is_limited(
    tier: str, warm: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("propound.sandbox.opening.own_hierarchy", lambda: None)
    sandbox = open_sandbox(tier, warm=warm)
    assert not limited_by_group(sandbox)
    limits = Limits(processes=4, memory_mb=128)
    assert sandbox.run(Program("x = bytearray(200 << 20)", limits=limits)).reason == "memory"
    assert sandbox.run(Program("x = bytearray(20 << 20)", limits=limits)).succeeded
    if isinstance(sandbox, WarmSandbox):
        sandbox.close()


def test_groups_that_do_not_work_are_done_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of plain files: the program's process finds no group to enter."""

    class Missing(Hierarchy):
        def new_group(self):  # type: ignore[no-untyped-def]
            raise OSError("no group today")

    monkeypatch.setattr("propound.sandbox.opening.own_hierarchy", lambda: Missing(1, tmp_path))
    sandbox = open_named(f"{TIERS[0]}, warm")
    assert isinstance(sandbox, WarmSandbox)
    assert not limited_by_group(sandbox)
    sandbox.close()


@needs_groups
def test_groups_are_removed(tmp_path: Path) -> None:
    hierarchy = own_hierarchy()
    assert hierarchy is not None
    before = {folder.name for folder in hierarchy.folder.glob("propound-*")}
    sandbox = open_sandbox()
    assert isinstance(sandbox, WarmSandbox)
    assert sandbox.run(Program("print(1)")).succeeded
    assert sandbox.cold.run(Program("print(1)")).succeeded
    [made] = {folder.name for folder in hierarchy.folder.glob(f"propound-*-{os.getpid()}-*")} - before
    sandbox.close()
    assert not (hierarchy.folder / made).exists()


@needs_groups
def test_groups_of_a_killed_process_are_removed_by_the_next() -> None:
    hierarchy = own_hierarchy()
    assert hierarchy is not None
    child = os.fork()
    if not child:
        hierarchy.new_group()
        os._exit(0)
    os.waitpid(child, 0)
    assert list(hierarchy.folder.glob(f"propound-*-{child}-*"))
    hierarchy.remove_abandoned()
    assert not list(hierarchy.folder.glob(f"propound-*-{child}-*"))
