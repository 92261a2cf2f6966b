"""Every property is tested in every tier that this machine has; the tier stands in the test's id."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from propound.sandbox import Execution, Limits, Sandbox, available_tiers, open_sandbox

TIERS = available_tiers()
assert TIERS, "no tier works on this machine, so nothing about the sandbox can be tested"


class Run(Protocol):
    """``Sandbox.run`` with short limits."""

    def __call__(
        self,
        program: str,
        *,
        stdin: bytes = b"",
        files: Mapping[str, bytes] = ...,
        readable: Sequence[Path] = (),
        python_path: Sequence[Path] = (),
        limits: Limits = ...,
    ) -> Execution: ...


@pytest.fixture(scope="session", params=TIERS)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """The sandbox of one tier."""
    return open_sandbox(request.param)


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
    ) -> Execution:
        return sandbox.run(
            program,
            stdin=stdin,
            files=files or {},
            readable=readable,
            python_path=python_path,
            limits=limits or Limits(wall_s=10, cpu_s=5),
        )

    return run_it


def descendants(of: int | None = None) -> dict[int, str]:
    """The processes below one, by default this one, with their command lines."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found: dict[int, str] = {}
    frontier = {of or os.getpid()}
    while frontier:
        frontier = {process for process, parent in parents.items() if parent in frontier}
        found |= dict.fromkeys(frontier, "")
    return {process: _command(process) for process in found}


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
    canary = sandbox.run("print(input())", stdin=b"still here\n")
    assert canary.succeeded
    assert canary.stdout == b"still here\n"
    left = {process: command for process, command in descendants().items() if process not in before}
    assert left == {}
    folder.rmdir()  # fails unless empty
