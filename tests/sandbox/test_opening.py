"""The best tier is found by trying, and a machine without one is told what to change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from propound.errors import PropoundError
from propound.sandbox import (
    Program,
    Sandbox,
    SandboxUnavailable,
    Tier,
    available_tiers,
    isolated,
    open_sandbox,
)
from propound.sandbox.isolated import isolated_sandbox
from propound.sandbox.runtime import this_runtime
from propound.sandbox.warm import WarmSandbox

from .conftest import WARM, open_named


def test_the_best_tier_is_opened() -> None:
    assert open_sandbox(warm=False).tier == available_tiers()[0]
    assert open_sandbox().tier.partition(",")[0] == available_tiers()[0]


@pytest.mark.parametrize("tier", available_tiers())
def test_a_tier_can_be_demanded(tier: str) -> None:
    sandbox = open_sandbox(tier, warm=False)
    assert sandbox.tier == tier
    assert isinstance(sandbox, Sandbox)


@pytest.mark.parametrize("name", WARM)
def test_a_tier_is_warm_where_it_can_be(name: str) -> None:
    sandbox = open_named(name)
    assert isinstance(sandbox, Sandbox)
    assert isinstance(sandbox, WarmSandbox)
    assert sandbox.pool.processes() == []  # they start in the process that uses them


def test_an_unknown_tier_is_an_error() -> None:
    with pytest.raises(ValueError, match="none"):
        open_sandbox("none")


def test_a_machine_without_a_tier_is_told_what_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = replace(this_runtime(), interpreter=Path("/nowhere/python"))
    monkeypatch.setattr(isolated, "this_runtime", lambda: broken)
    with pytest.raises(SandboxUnavailable) as caught:
        open_sandbox()
    assert isinstance(caught.value, PropoundError)
    message = str(caught.value)
    for expected in (*Tier, "install bubblewrap", "user.max_user_namespaces", "Linux 5.13"):
        assert expected in message


@pytest.mark.parametrize("tier", available_tiers())
def test_a_set_up_that_fails_runs_nothing(tier: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The interpreter works, but a folder that it is to see goes away before it is bound or allowed."""
    monkeypatch.setattr(isolated, "exposed_paths", lambda _: [("/usr", "/usr"), (str(tmp_path / "a"), "/nowhere")])
    execution = isolated_sandbox(Tier(tier)).run(Program("print('ran')"))
    assert execution.status == "failed"
    assert execution.stdout == b""
