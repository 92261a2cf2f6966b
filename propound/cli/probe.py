"""`propound probe`: how hard the problems of a file are for a solver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path

from rich.progress import Progress

from propound.cli.output import console, table
from propound.config import settings
from propound.errors import PropoundError
from propound.policy.engines import EngineKind
from propound.probing.probe import Probe
from propound.probing.prober import Prober
from propound.probing.survey import Rates, Survey, survey
from propound.problem import Problem
from propound.sandbox import open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills.library import compile_toolkit
from propound.solving.solver import open_solver
from propound.storage.exports import problem_of

AT_ONCE = 3
"""Problems whose attempts are made together: an engine is fast with many."""


class FileError(PropoundError):
    """A file that cannot be read, or holds something else than problems."""


def run(
    file: Path,
    prober: str,
    *,
    count: int | None,
    attempts: int,
    temperature: float,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure, and print the figures; one line of JSON last.

    Raises:
        PropoundError: the file holds no problems, there is no such solver, or this machine cannot isolate programs.
    """
    problems = list(islice(read(file), count))
    compile_toolkit()
    solver = open_solver(prober, EngineKind(settings().prober_engine))
    screen = console(to_error=as_json)
    try:
        if not problems:
            raise FileError(f"{file} holds no problem")
        sandbox = PlacedSandbox(open_sandbox(settings().sandbox_tier))
        measuring = Prober(replace(solver, temperature=temperature), sandbox, attempts)
        with Progress(console=screen) as progress, ThreadPoolExecutor(AT_ONCE, "problem") as threads:
            probes = list(
                progress.track(
                    threads.map(measuring.probe, problems), total=len(problems), description=solver.name
                )
            )
    finally:
        solver.close()
    found = survey(list(zip(problems, probes, strict=True)))
    if out is not None:
        out.write_text("".join(_line(*each) for each in zip(problems, probes, strict=True)), encoding="utf-8")
    if not as_json:
        show(found)
    print(found.model_dump_json())


def read(file: Path) -> Iterator[Problem]:
    """The problems of a file, one on each line: a record, or a row of an export.

    Raises:
        FileError: the file cannot be read, or a line holds no problem.
    """
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    row = json.loads(line)
                    yield problem_of(row) if "question" in row else Problem.model_validate(row)
                except (ValueError, TypeError) as error:
                    raise FileError(f"{file}, line {number}, holds no problem: {error}"[:300]) from None
    except OSError as error:
        raise FileError(f"{file} cannot be read: {error.strerror}") from None


def show(found: Survey) -> None:
    """The figures as a table."""
    rows = [("all", *_cells(found.all))]
    rows += [
        (f"{skills} skill{'s' if skills > 1 else ''}", *_cells(each))
        for skills, each in found.by_skills.items()
    ]
    rows += [(domain, *_cells(each)) for domain, each in found.by_domain.items()]
    title = f"{found.prober} {found.version}, {found.attempts} attempts"
    console().print(table(["", "problems", "pass rate", "solved at all"], rows, title=title))


def _cells(rates: Rates) -> tuple[int, str, str]:
    return rates.problems, f"{rates.pass_rate:.1%}", f"{rates.solved:.1%}"


def _line(problem: Problem, probe: Probe) -> str:
    low, high = probe.interval
    found = {
        "problem": problem.content_digest(),
        **probe.model_dump(),
        "pass_rate": probe.pass_rate,
        "interval": [round(low, 4), round(high, 4)],
    }
    return json.dumps(found) + "\n"
