"""The measurement: a solver's attempts at a problem with fixed decoding, and how many of them are right."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from propound.models.purpose import NOBODY, Origin, Purpose, Role
from propound.probing.hint import with_hint
from propound.probing.probe import ATTEMPTS, Probe
from propound.problem import Problem
from propound.record import digest
from propound.sandbox import Sandbox
from propound.solving.grading import solves
from propound.solving.solver import Solver, open_solver

_AT_ONCE = 48
"""Attempts that are under way together, about."""


@dataclass(frozen=True)
class Prober:
    """One solver with a sandbox for what it writes; safe to use from many threads at once."""

    solver: Solver
    sandbox: Sandbox
    attempts: int = ATTEMPTS

    def probe(self, problem: Problem, origin: Origin = NOBODY, member: int = 0) -> Probe:
        """Measure the problem. Equal statements get equal attempts, wherever and whenever they are made.

        In open mode a problem that nobody solves is tried once more with its author's first step: what is solved then
        is hard, what is not may be wrong.

        `origin` and `member` say whose work it is.

        Raises:
            SandboxFailedError: the sandbox itself failed; that is no wrong answer.
            EngineError: the solver's engine is closed or broken.
            ServiceDownError: the solver's server is down.
        """

        solved = self._solved(problem.statement, problem, origin, member)
        hinted = None
        if solved == 0 and (told := with_hint(problem)) is not None:
            hinted = self._solved(told, problem, origin, member)
        return Probe(
            prober=self.solver.name,
            version=self.solver.version,
            attempts=self.attempts,
            solved=solved,
            hinted=hinted,
        )

    def _solved(self, statement: str, problem: Problem, origin: Origin, member: int) -> int:
        """How many attempts at the statement give the problem's answer."""

        def write(number: int) -> str:
            purpose = Purpose(origin=origin, member=member, role=Role.PROBER, attempt=number)
            return self.solver.write(statement, _seed(statement, number), purpose)

        with ThreadPoolExecutor(self.attempts, "attempt") as threads:
            programs = list(threads.map(write, range(self.attempts)))
        right = {program: solves(program, problem, self.sandbox) for program in sorted(set(programs) - {""})}
        return sum(right.get(program, False) for program in programs)


def measure(
    name_or_path: str, problems: Sequence[Problem], sandbox: Sandbox, attempts: int = ATTEMPTS
) -> list[Probe]:
    """A solver's attempts at the problems, in their order; it is opened for them as `open_solver` does.

    Raises:
        CheckpointError: there is no such solver.
        SandboxFailedError: the sandbox itself failed.
    """
    solver = open_solver(name_or_path)
    try:
        with ThreadPoolExecutor(max(1, _AT_ONCE // attempts), "problem") as threads:
            return list(threads.map(Prober(solver, sandbox, attempts).probe, problems))
    finally:
        solver.close()


def _seed(statement: str, number: int) -> int:
    """63 bits from the statement and the number of the attempt."""
    return int(digest([statement, number])[:16], 16) >> 1
