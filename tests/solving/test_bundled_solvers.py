"""The solvers that come with the package: the strong one solves what the weak one does not."""

from __future__ import annotations

from itertools import islice

from propound.probing.prober import measure
from propound.sandbox import open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills.library import compile_toolkit
from trainer.solvers import worked


def test_the_expert_solves_more_one_skill_problems_than_the_novice() -> None:
    compile_toolkit()
    problems = [problem for problem, _ in islice(worked(10**9, 24, (1,)), 24)]
    sandbox = PlacedSandbox(open_sandbox())
    probes = {name: measure(name, problems, sandbox, 2) for name in ("novice", "expert")}
    assert all(len({probe.version for probe in found}) == 1 and len(found) == 24 for found in probes.values())
    solved = {name: sum(probe.solved for probe in found) for name, found in probes.items()}
    assert solved["expert"] > 24
    assert solved["novice"] < solved["expert"] - 8
