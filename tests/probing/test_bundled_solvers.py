"""The solvers that come with the package: the strong one solves what the weak one does not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from propound.probing.prober import Prober
from propound.probing.solver import open_solver
from propound.sandbox import open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills.library import compile_toolkit
from trainer.solvers import worked


def test_the_expert_solves_more_one_skill_problems_than_the_novice() -> None:
    compile_toolkit()
    problems = [problem for problem, _ in islice(worked(10**9, 24, (1,)), 24)]
    solved: dict[str, int] = {}
    for name in ("novice", "expert"):
        solver = open_solver(name)
        prober = Prober(solver, PlacedSandbox(open_sandbox()), attempts=2)
        with ThreadPoolExecutor(24) as threads:
            solved[name] = sum(probe.solved for probe in threads.map(prober.probe, problems))
        solver.close()
    assert solved["expert"] > 24
    assert solved["novice"] < solved["expert"] - 8
