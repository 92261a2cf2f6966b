"""Every property is tested in every tier that this machine has, cold and warm; the tier stands in the test's id."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from propound.sandbox import Execution, Limits, Program, Sandbox, Tier, available_tiers, open_sandbox
from propound.sandbox.warm import WARM_TIERS, WarmSandbox

TIERS = available_tiers()
assert TIERS, "no tier works on this machine, so nothing about the sandbox can be tested"
WARM = [f"{tier}, warm" for tier in TIERS if Tier(tier) in WARM_TIERS]


def open_named(name: str) -> Sandbox:
    """The sandbox that calls itself ``name``."""
    tier, _, temperature = name.partition(", ")
    sandbox = open_sandbox(tier, warm=bool(temperature))
    assert sandbox.tier == name
    return sandbox


class Run(Protocol):
    """Runs a `Program` of these parts with short limits."""

    def __call__(
        self,
        program: str,
        *,
        stdin: bytes = b"",
        files: Mapping[str, bytes] = ...,
        readable: Sequence[Path] = (),
        python_path: Sequence[Path] = (),
        limits: Limits = ...,
        hash_seed: int = 0,
    ) -> Execution: ...


@pytest.fixture(scope="session", params=[*TIERS, *WARM])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """The sandbox of one tier."""
    sandbox = open_named(request.param)
    yield sandbox
    if isinstance(sandbox, WarmSandbox):
        sandbox.close()


@pytest.fixture
def run(sandbox: Sandbox) -> Run:
    """Runs a program with limits that keep the suite short."""

    def run_it(
        program: str,
        *,
        stdin: bytes = b"",
        files: Mapping[str, bytes] | None = None,
        readable: Sequence[Path] = (),
        python_path: Sequence[Path] = (),
        limits: Limits | None = None,
        hash_seed: int = 0,
    ) -> Execution:
        execution = (sandbox.run_warm if isinstance(sandbox, WarmSandbox) else sandbox.run)(
            Program(
                program,
                stdin=stdin,
                files=files or {},
                readable=readable,
                python_path=python_path,
                limits=limits or Limits(wall_s=10, cpu_s=5),
                hash_seed=hash_seed,
            )
        )
        assert execution is not None, "a warm sandbox took a cold one's help"
        return execution

    return run_it


def descendants(of: int | None = None) -> dict[int, str]:
    """The processes below one, by default this one, with their command lines."""
    parents = _parents()
    found: dict[int, str] = {}
    frontier = {of or os.getpid()}
    while frontier:
        frontier = {process for process, parent in parents.items() if parent in frontier}
        found |= dict.fromkeys(frontier, "")
    return {process: _command(process) for process in found}


def zygotes(sandbox: Sandbox) -> set[int]:
    """The processes that a warm sandbox keeps between runs: one for each zygote, two with namespaces."""
    if not isinstance(sandbox, WarmSandbox):
        return set()
    launchers = set(sandbox.pool.processes())
    if sandbox.cold.kind is not Tier.NAMESPACES:
        return launchers
    return launchers | {process for process, parent in _parents().items() if parent in launchers}


def _parents() -> dict[int, int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    return parents


def is_alive(process: int) -> bool:
    """Whether the process is there and not merely waiting to be reaped."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


@pytest.fixture(autouse=True)
def _nothing_is_left(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """After every test, hostile or not, the sandbox works and neither a process nor a file is left."""
    if "sandbox" not in request.fixturenames:
        yield
        return
    sandbox: Sandbox = request.getfixturevalue("sandbox")
    tmp_path_factory.getbasetemp()  # pytest's own folder must not be in the one that has to be empty
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = set(descendants())
    yield
    canary = sandbox.run(Program("print(input())", stdin=b"still here\n"))
    assert canary.succeeded
    assert canary.stdout == b"still here\n"
    kept = before | zygotes(sandbox)
    left = {process: command for process, command in descendants().items() if process not in kept}
    assert left == {}
    folder.rmdir()  # fails unless empty
