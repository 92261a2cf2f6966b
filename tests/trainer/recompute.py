"""Answers an export a third time: `python -m tests.trainer.recompute EXPORT.jsonl`. Not a test.

The verifiers have a problem's answer from two methods of its skills' scripts. Here each statement is read again and
answered by the solutions of `trainer/solutions.toml`, which were written from what statements ask; they run in the
sandbox and are compared as a solver's attempts are.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from propound.cli.probe import read
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.skills.library import compile_toolkit
from propound.solving.grading import solves
from trainer.solutions import solution


def main() -> None:
    """Print how many rows are right, and each that is not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("export", type=Path)
    compile_toolkit()
    library, sandbox = default_library(), open_sandbox()
    found: Counter[str] = Counter()
    for number, problem in enumerate(read(parser.parse_args().export), 1):
        reading = library.read(problem.skills, problem.statement)
        skills = library.skills([use["skill"] for use in reading.composition])
        right = solves(solution(skills, reading.composition, reading.mode), problem, sandbox)
        found["right" if right else "wrong"] += 1
        if not right:
            print(f"row {number}: {problem.statement}\n  {problem.answer}")
    print(dict(found))


if __name__ == "__main__":
    main()
