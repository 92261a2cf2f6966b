"""Recomputing a problem from its statement: what a reader sees is what is checked.

The statement is read here, by trusted code over the skills' wordings; the skills' own methods, which are
package code, then run on that reading inside the sandbox. The agent's programs play no part.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from propound.sandbox import ExecutionStatus, Limits, Program, Sandbox
from propound.skills import Library
from propound.skills.library import TOOLKIT_ROOT
from propound.skills.toolkit import CASE, CATALOGUE
from propound.skills.toolkit.statement import Reading

LIMITS = Limits(wall_s=60.0, cpu_s=20.0, memory_mb=512, output_bytes=1_000_000)


@dataclass(frozen=True)
class Examination:
    """What came out of a statement."""

    reading: Reading
    direct: str | None = None
    """The answer by the skills' main methods."""
    recomputed: str | None = None
    """The answer by their second, independent methods."""
    weaknesses: tuple[str, ...] = ()
    coding: dict[str, Any] | None = None
    """For coding: programs, tests and mutants, as `toolkit.coding.build_tests` reports them."""
    error: str | None = None
    """Why the methods have no answer for this statement."""
    failure: str | None = None
    """Why the examination itself came to no result; says nothing about the statement."""


def examine(reading: Reading, text: str, library: Library, sandbox: Sandbox) -> Examination:
    """Run both methods and the quality checks on a reading of `text`."""
    names = [use["skill"] for use in reading.composition]
    case = {
        "composition": reading.composition,
        "digits": reading.digits,
        "mode": reading.mode,
        "example": list(reading.example) if reading.example else None,
        "statement": text,
    }
    program = Program(
        "from toolkit import judge\njudge()",
        files={CATALOGUE: json.dumps(library.catalogue(names)).encode(), CASE: json.dumps(case).encode()},
        python_path=(TOOLKIT_ROOT,),
        limits=LIMITS,
    )
    execution = sandbox.run(program)
    if execution.status is not ExecutionStatus.FINISHED or execution.exit_code != 0:
        last = execution.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        return Examination(
            reading, failure=f"{execution.status}: {execution.reason} {' '.join(last)}"[:500].strip()
        )
    try:
        report = json.loads(execution.stdout)
        if "error" in report:
            return Examination(reading, error=str(report["error"])[:500])
        return Examination(
            reading,
            direct=str(report["direct"]),
            recomputed=str(report["recomputed"]),
            weaknesses=tuple(map(str, report["weaknesses"])),
            coding=report.get("coding"),
        )
    except (ValueError, KeyError, TypeError) as error:
        return Examination(reading, failure=f"the report is malformed: {error}"[:500])
