"""Problems with worked solutions for solvers (method section 8): statement -> short program, as training lines.

Statements come from the skills' own wordings without an agent, and a line is kept only if its program, run in the
sandbox, gives the gold answer.

    python -m trainer.solvers OUT.jsonl --count 30000 --seed 1
    propound train sft OUT.jsonl FOLDER --minutes 10
    python -m trainer.solvers HELD_OUT.jsonl --count 200 --seed 2 --problems
    propound probe HELD_OUT.jsonl --prober FOLDER/step-...
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from propound.answers.kinds import AnswerKind
from propound.curriculum import draw_spec
from propound.domain import Domain
from propound.errors import PropoundError
from propound.job import JobRequest
from propound.problem import Coding, CodingMode, Problem, SkillUse, TestCase
from propound.sandbox import Limits, Program, Sandbox, open_sandbox
from propound.skills import Library, default_library
from propound.skills.library import TOOLKIT_ROOT, compile_toolkit
from propound.solving.grading import AnswerKey, agrees
from trainer.solutions import solution

BATCH = 240
"""Problems that one program in the sandbox writes."""
SIZES = (1, 1, 1, 1, 1, 2, 2, 2, 3, 4)
"""Skills of a problem, as often as each number is drawn."""
LEVELS = (1, 2, 2, 3)
LIMITS = Limits(wall_s=300.0, cpu_s=120.0, memory_mb=1024, output_bytes=16_000_000)

_WRITE = "from toolkit.bulk import main\nmain()"
_RUN = """import json, sys
from toolkit.attempt import outputs
print("\\n" + json.dumps([outputs(*case) for case in json.loads(sys.stdin.read())]))"""


class BatchError(PropoundError):
    """A batch came to no end in the sandbox."""


def worked(seed: int, count: int, sizes: Sequence[int] = SIZES) -> Iterator[tuple[Problem, str]]:
    """Problems, each with a program that solves it; deterministic in the seed.

    Raises:
        BatchError: the sandbox ended a batch.
    """
    library, sandbox = default_library(), open_sandbox()
    compile_toolkit()
    index = 0
    while count > 0:
        tasks = [_task(library, seed, each, sizes) for each in range(index, index + BATCH)]
        for problem, program, is_right in attempt(library, sandbox, tasks):
            if is_right and count > 0:
                count -= 1
                yield problem, program
        index += BATCH


def line(problem: Problem, program: str) -> dict[str, Any]:
    """One line of a training file."""
    user = {"role": "user", "content": problem.statement}
    return {"messages": [user, {"role": "assistant", "content": program}]}


def attempt(
    library: Library, sandbox: Sandbox, tasks: Sequence[Mapping[str, Any]]
) -> list[tuple[Problem, str, bool]]:
    """The problems that come out of some tasks, each with its program and whether that gives the answer.

    A task is {"skills", "level", "seed"}; not every draw gives a problem.

    Raises:
        BatchError: the sandbox ended the batch.
    """
    names = sorted({name for task in tasks for name in task["skills"]})
    written = _run(sandbox, _WRITE, {"catalogue": library.catalogue(names), "tasks": tasks})
    found = [json.loads(each) for each in written]
    made = [_worked(library, each) for each in found if each is not None]
    cases = [(program, *_inputs(problem)) for problem, program in made]
    outputs = json.loads(_run(sandbox, _RUN, cases)[-1])
    return [(*each, _is_right(output, each[0])) for each, output in zip(made, outputs, strict=True)]


def _task(library: Library, seed: int, index: int, sizes: Sequence[int]) -> dict[str, Any]:
    rng = random.Random(f"solver:{seed}:{index}")
    size = rng.choice(sizes)
    request = JobRequest(
        count=1, seed=rng.randrange(2**48), minimum_skills=size, maximum_skills=size, level=rng.choice(LEVELS)
    )
    spec = draw_spec(request, library, index)
    return {"skills": list(spec.skills), "level": spec.level, "seed": spec.seed}


def _inputs(problem: Problem) -> tuple[str, list[Any]]:
    """How a program for the problem is run (see `toolkit.attempt`), and on what."""
    if problem.coding is None:
        return CodingMode.STDIN, [""]
    return problem.coding.mode, [test.arguments[0] for test in problem.coding.tests]


def _is_right(outputs: Sequence[Any], problem: Problem) -> bool:
    """Whether these outputs, [output] or None for each input of the problem, are the expected ones."""
    key = AnswerKey.of(problem)
    count = 1 if problem.coding is None else len(problem.coding.tests)
    return len(outputs) == count and all(
        output is not None and agrees(output[0], key, place) for place, output in enumerate(outputs)
    )


def _run(sandbox: Sandbox, program: str, given: Any) -> list[str]:
    """Lines that the program prints.

    Raises:
        BatchError: it did not end well.
    """
    execution = sandbox.run(
        Program(program, stdin=json.dumps(given).encode(), python_path=(TOOLKIT_ROOT,), limits=LIMITS)
    )
    if not execution.succeeded or execution.truncated:
        last = execution.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise BatchError(f"a batch ended as {execution.status} {execution.reason} {' '.join(last)}")
    return execution.stdout.decode().strip().splitlines()


def _worked(library: Library, found: dict[str, Any]) -> tuple[Problem, str]:
    composition = tuple(SkillUse.model_validate(use) for use in found["composition"])
    skills = library.skills([use.skill for use in composition])
    domain = Domain(skills[0].domain)
    coding = _coding(found) if domain is Domain.CODING else None
    digits = found.get("digits")
    problem = Problem(
        domain=domain,
        statement=found["statement"],
        answer=coding.reference if coding else found["answer"],
        answer_kind=AnswerKind.PROGRAM if coding else AnswerKind(skills[-1].gives),
        composition=composition,
        relative_tolerance=0.5 * 10.0 ** (1 - digits) if digits else None,
        coding=coding,
    )
    return problem, solution(skills, found["composition"], found["mode"])


def _coding(found: dict[str, Any]) -> Coding:
    mode = CodingMode(found["mode"])
    return Coding(
        mode=mode,
        entry_point="solve" if mode is CodingMode.FUNCTION else "",
        reference=found["reference"],
        tests=tuple(TestCase(arguments=[value], expected=expected) for value, expected in found["tests"]),
        mutants=0,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a file of worked problems."""
    parser = argparse.ArgumentParser(prog="python -m trainer.solvers", description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=SIZES, help="skills of a problem, drawn from these"
    )
    parser.add_argument("--problems", action="store_true", help="write the problems, to measure solvers on")
    given = parser.parse_args(arguments)
    with given.out.open("w", encoding="utf-8") as out:
        for number, (problem, program) in enumerate(worked(given.seed, given.count, given.sizes), 1):
            record = problem.model_dump(mode="json") if given.problems else line(problem, program)
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
            if number % 2_000 == 0:
                print(f"{number} of {given.count}", flush=True)


if __name__ == "__main__":
    main()
