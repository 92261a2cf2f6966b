"""Stage 1 for coding: the author's reference solution, its inputs, and tests that tell it from its mutants.

The author hands in the reference and a generator of inputs. The statement has to say what is called and how large its
arguments can be, and its example has to be true. What the reference returns becomes the expected output, so that it is
compared, input by input, with programs of others afterwards (`propound.solving.vector`).
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from propound.answers import AnswerKind
from propound.answers.limits import MAX_ANSWER
from propound.errors import SandboxFailedError
from propound.problem import Coding, CodingMode, TestCase, Work
from propound.record import Record
from propound.sandbox import ExecutionStatus, Limits, Program, Sandbox
from propound.skills.library import TOOLKIT_ROOT
from propound.solving import drawing, selecting
from propound.solving.finding import Finding, Lint
from propound.solving.grading import matches
from propound.solving.outputs import FailedError, outputs
from propound.solving.source import Source, UnreadableSourceError
from propound.solving.task import (
    Example,
    beyond,
    call_arguments,
    example_texts,
    examples,
    is_value,
    states_bounds,
    value_at,
)
from propound.solving.usage import large_constants

GENERATE = "generate"
DRAWS = 60
"""Random inputs that are drawn; the first `POOL` are candidates for tests, the others tell surviving mutants apart."""
POOL = 24
LEAST_INPUTS = 8
"""Different inputs that a generator has to draw."""
LEAST_MUTANTS = 1
"""Mutants that differ from a reference of any substance."""
MOST_SAME = 0.9
"""Share of inputs with the same output from which a task is none."""
_DRAW_LIMITS = Limits(wall_s=40.0, cpu_s=4.0, memory_mb=512, output_bytes=2_000_000)
_SELECT_LIMITS = Limits(wall_s=120.0, cpu_s=15.0, memory_mb=1024, output_bytes=4_000_000)
_LONG_LINE = 16
"""Characters of a line of code, without blanks, that no statement has by chance."""
_LIMITS_S, _LIMITS_MB = 2, 512
_DRAWING = Path(drawing.__file__).read_text(encoding="utf-8")
_SELECTING = Path(selecting.__file__).read_text(encoding="utf-8")


class CodedFault(Exception):  # noqa: N818 - of the draft, not of ours
    """A finding after which nothing more can be found."""

    def __init__(self, lint: Lint, detail: str) -> None:
        super().__init__(detail)
        self.finding = Finding(lint=lint, detail=detail)


class Coded(Record):
    """What came of a coding draft."""

    answer: str | None = None
    """The output for the first example, or else for the first test, as JSON (of a whole program: as printed)."""
    kind: AnswerKind = AnswerKind.PROGRAM
    findings: tuple[Finding, ...] = ()
    coding: Coding | None = None


def examine_coding(
    statement: str, work: Work, claim: str | None, mode: CodingMode, sandbox: Sandbox, *, seed: int
) -> Coded:
    """What is wrong with a coding draft, and its tests.

    Raises:
        SandboxFailedError: the sandbox failed; nothing can be said about the draft.
    """
    examination = _Examination(statement, work, mode, sandbox, seed)
    try:
        examination.run(claim)
    except CodedFault as fault:
        examination.findings.append(fault.finding)
    return Coded(
        answer=examination.answer,
        findings=tuple(dict.fromkeys(examination.findings)),
        coding=examination.coding,
    )


class _Examination:
    """One draft; used once."""

    def __init__(self, statement: str, work: Work, mode: CodingMode, sandbox: Sandbox, seed: int) -> None:
        self.statement = statement
        self.work = work
        self.mode = mode
        self.sandbox = sandbox
        self.seed = seed
        self.findings: list[Finding] = []
        self.answer: str | None = None
        self.coding: Coding | None = None

    def run(self, claim: str | None) -> None:
        """Everything, cheap before dear."""
        source = self._reference()
        name, parameters = self._function(source) if self.mode is CodingMode.FUNCTION else ("", ())
        self._check_text(source)
        self.findings += large_constants(self.statement, source)
        if not states_bounds(self.statement):
            self._find(Lint.LIMITS, "the statement does not say how large its inputs can be: state bounds")
        found = self._examples(name, parameters)
        inputs = self._inputs()
        self._check_inputs(inputs, source, name)
        shown = [
            example.arguments for example in found if self.mode is CodingMode.FUNCTION or example.arguments
        ]
        pool = _distinct([*shown, *inputs[: POOL + 2]])
        expected = self._outputs(name, pool)
        self._check_examples(found, expected, claim)
        self._check_outputs(expected[len(shown) :])
        self._select(name, pool, _distinct(inputs[POOL + 2 :]))

    def _find(self, lint: Lint, detail: str) -> None:
        self.findings.append(Finding(lint=lint, detail=detail))

    def _reference(self) -> Source:
        try:
            source = Source(self.work.program)
        except UnreadableSourceError as error:
            raise CodedFault(Lint.BROKEN, str(error)[:160]) from None
        if drawn := source.chance():
            raise CodedFault(
                Lint.CHANCE, f"the program uses {drawn[:40]}: its output has to follow from its input"
            )
        if self.mode is CodingMode.FUNCTION and source.reads():
            raise CodedFault(Lint.READS, "the function waits for input: take what it needs as arguments")
        if self.mode is CodingMode.STDIN and not source.reads():
            raise CodedFault(
                Lint.FUNCTION, "the program does not read standard input, as the statement has to ask for"
            )
        return source

    def _function(self, source: Source) -> tuple[str, tuple[str, ...]]:
        """The function that the statement names, with its parameters."""
        defined = [node for node in source.tree.body if isinstance(node, ast.FunctionDef)]
        if not defined:
            raise CodedFault(
                Lint.FUNCTION, "the program defines no function: define the one that the statement names"
            )
        named = [
            node for node in defined if re.search(rf"(?<!\w){re.escape(node.name)}(?!\w)", self.statement)
        ]
        if not named:
            raise CodedFault(
                Lint.FUNCTION,
                f"the statement does not name the function {defined[-1].name[:40]}: say its name and arguments",
            )
        function = next(
            (node for node in named if any(True for _ in call_arguments(self.statement, node.name))), named[0]
        )
        if function.args.vararg or function.args.kwarg or function.args.kwonlyargs:
            raise CodedFault(
                Lint.FUNCTION, f"{function.name[:40]} has to take a fixed number of arguments by place"
            )
        parameters = tuple(argument.arg for argument in (*function.args.posonlyargs, *function.args.args))
        needed = len(parameters) - len(function.args.defaults)
        counts = [
            len(arguments)
            for arguments in call_arguments(self.statement, function.name)
            if arguments is not None
        ]
        told = any(needed <= count <= len(parameters) for count in counts)
        if not told and not all(
            re.search(rf"(?<!\w){re.escape(one)}(?!\w)", self.statement) for one in parameters[:needed]
        ):
            shown = f"{function.name}({', '.join(parameters)})"[:80]
            self._find(
                Lint.FUNCTION, f"the statement does not say which arguments the function takes: write {shown}"
            )
        return function.name, parameters

    def _check_text(self, source: Source) -> None:
        """That the statement asks for one function, and does not hold its body."""
        asked = {
            name
            for name in re.findall(r"\bfunctions? `?(\w+)\(", self.statement)
            if name not in source.functions
        }
        if (
            asked
            and self.mode is CodingMode.FUNCTION
            and any(name in source.functions for name in _called(self.statement))
        ):
            self._find(Lint.ASKS_TWO, f"the statement asks for {min(asked)[:40]} too: keep one function")
        told = "".join(self.statement.split())
        lines = (
            "".join(line.split())
            for line in self.work.program.splitlines()
            if not line.lstrip().startswith("def ")
        )
        if any(len(line) >= _LONG_LINE and line in told for line in lines):
            self._find(Lint.GIVES_AWAY, "the statement holds a line of the solution: leave it out")

    def _examples(self, name: str, parameters: tuple[str, ...]) -> list[Example]:
        if self.mode is CodingMode.STDIN:
            return example_texts(self.statement)
        return examples(self.statement, name, parameters)

    def _inputs(self) -> list[list[Any]]:
        """What the generator draws, the edges first; the same for another hash seed."""
        try:
            source = Source(self.work.generator)
        except UnreadableSourceError as error:
            raise CodedFault(Lint.GENERATOR, f"the generator: {error}"[:160]) from None
        parameters = source.parameters(GENERATE)
        if parameters is None:
            raise CodedFault(
                Lint.GENERATOR, "there is no generator: define generate(rng), which draws one input with rng"
            )
        first, again = (self._drawn(hash_seed) for hash_seed in (0, 1))
        if first != again:
            raise CodedFault(Lint.GENERATOR, "the generator draws otherwise each time: draw with rng alone")
        inputs = _distinct(first)
        if len(inputs) < LEAST_INPUTS:
            raise CodedFault(
                Lint.GENERATOR,
                f"the generator draws only {len(inputs)} different inputs: draw at random with rng",
            )
        return inputs

    def _drawn(self, hash_seed: int) -> list[list[Any]]:
        files = {
            drawing.GENERATOR: self.work.generator.encode("utf-8", "replace"),
            drawing.TASK: json.dumps({"seed": self.seed, "draws": DRAWS}).encode(),
        }
        program = Program(_DRAWING, files=files, limits=_DRAW_LIMITS, hash_seed=hash_seed)
        found: list[list[Any]] = []
        for line in self._lines(program, Lint.GENERATOR, "the generator"):
            if isinstance(line, dict) and "failed" in line:
                raise CodedFault(Lint.GENERATOR, f"the generator fails: {_said(line['failed'])}")
            if not isinstance(line, list) or len(line) != 1:
                continue
            value = line[0]
            if self.mode is CodingMode.STDIN:
                if not isinstance(value, str):
                    raise CodedFault(Lint.GENERATOR, "generate has to return the text of an input")
                found.append([value])
            elif isinstance(value, list):
                found.append(value)
            else:
                raise CodedFault(
                    Lint.GENERATOR, "generate has to return the list of the function's arguments"
                )
        return found

    def _lines(self, program: Program, lint: Lint, what: str) -> list[Any]:
        """The lines of JSON that a program of ours writes about one of the author's."""
        execution = self.sandbox.run(program)
        if execution.status is ExecutionStatus.FAILED:
            raise SandboxFailedError(execution.reason)
        if not execution.succeeded:
            reason = (
                "it takes too long"
                if execution.reason in ("cpu", "wall")
                else execution.reason or "it ends the program"
            )
            raise CodedFault(lint, f"{what} fails: {reason}")
        lines = []
        for line in execution.stdout.decode("utf-8", "replace").splitlines():
            try:
                lines.append(json.loads(line))
            except (ValueError, RecursionError):
                raise CodedFault(lint, f"{what} writes its results by itself") from None
        return lines

    def _check_inputs(self, inputs: list[list[Any]], source: Source, name: str) -> None:
        """That the generator's inputs fit to the function, and are within the bounds."""
        if self.mode is CodingMode.FUNCTION:
            parameters = source.parameters(name)
            assert parameters is not None
            most = len(parameters.args) + len(parameters.posonlyargs)
            if any(not most - len(parameters.defaults) <= len(value) <= most for value in inputs):
                raise CodedFault(
                    Lint.GENERATOR, f"generate has to return a list of the {most} arguments of {name[:40]}"
                )
        outside = beyond(self.statement, inputs)
        if outside:
            self._find(Lint.GENERATOR, f"{outside}: keep to the bounds")

    def _task(self, name: str, inputs: list[list[Any]]) -> Coding:
        tests = tuple(TestCase(arguments=arguments, expected=None) for arguments in inputs)
        return Coding(
            mode=self.mode, entry_point=name, reference=self.work.program, tests=tests, mutants=0,
            time_limit_s=_LIMITS_S, memory_limit_mb=_LIMITS_MB,
        )  # fmt: skip

    def _outputs(self, name: str, inputs: list[list[Any]]) -> list[Any]:
        """What the reference gives for each input."""
        found: list[Any] = []
        try:
            found.extend(outputs(self.work.program, self._task(name, inputs), self.sandbox))
        except FailedError as error:
            if len(found) < len(inputs):
                shown = json.dumps(inputs[len(found)])[:60]
                raise CodedFault(Lint.BROKEN, f"the program fails on {shown}: {_said(error)}") from None
        return found

    def _check_examples(self, found: list[Example], expected: list[Any], claim: str | None) -> None:
        """That the statement's examples, and the answer handed in, are what the reference gives."""
        if expected:
            self.answer = self._shown(expected[0])
        for example, output in zip(found, expected, strict=False):
            if not matches(output, _as_json(example.expected), self.mode):
                said, gives = self._shown(example.expected), self._shown(output)
                raise CodedFault(
                    Lint.EXAMPLE, f"the statement's example says {said[:60]}, the program gives {gives[:60]}"
                )
        if claim is None or not found:
            return
        value: Any = claim if self.mode is CodingMode.STDIN else value_at(claim, 0)
        same = is_value(value) and matches(expected[0], _as_json(value), self.mode)
        if is_value(value) and not same and claim.strip() != str(expected[0]):
            raise CodedFault(
                Lint.CLAIM,
                f"the program gives {self._shown(expected[0])[:60]} for the example, the answer says {claim[:60]}",
            )

    def _shown(self, output: Any) -> str:
        text = str(output).strip() if self.mode is CodingMode.STDIN else json.dumps(_as_json(output))
        return text[:MAX_ANSWER]

    def _check_outputs(self, expected: list[Any]) -> None:
        counts = Counter(json.dumps(output, sort_keys=True) for output in expected)
        output, times = counts.most_common(1)[0] if counts else ("", 0)
        if times > MOST_SAME * len(expected):
            detail = f"the program gives {output[:40]} for nearly all inputs of the generator: draw inputs of all cases"
            raise CodedFault(Lint.CONSTANT, detail)

    def _select(self, name: str, pool: list[list[Any]], extra: list[list[Any]]) -> None:
        """Tests, and how many mutants they kill; the outputs are computed once more, with another hash seed."""
        is_function = self.mode is CodingMode.FUNCTION
        tail = (
            f"\n\n_entry = {name}\n\n\ndef solve(arguments):\n    return _entry(*arguments)\n"
            if is_function
            else ""
        )
        task = {
            "reference": self.work.program,
            "tail": tail,
            "mode": self.mode.value,
            "pool": pool if is_function else [value[0] for value in pool],
            "extra": extra if is_function else [value[0] for value in extra],
            "seed": self.seed,
        }
        files = {selecting.TASK: json.dumps(task).encode()}
        program = Program(
            _SELECTING, files=files, python_path=(TOOLKIT_ROOT,), limits=_SELECT_LIMITS, hash_seed=1
        )
        lines = self._lines(program, Lint.WEAK_TESTS, "the search for tests")
        report = lines[-1] if lines and isinstance(lines[-1], dict) else {"failed": "no report"}
        if "failed" in report:
            raise CodedFault(Lint.BROKEN, f"the program fails: {_said(report['failed'])}")
        self._keep(name, report)

    def _keep(self, name: str, report: dict[str, Any]) -> None:
        try:
            values = [value for value, _ in report["tests"]]
            inputs = values if self.mode is CodingMode.FUNCTION else [[value] for value in values]
            told = [expected for _, expected in report["tests"]]
            expected = self._outputs(name, inputs)
            coding = Coding(
                mode=self.mode,
                entry_point=name,
                reference=self.work.program,
                tests=tuple(
                    TestCase(arguments=one, expected=out) for one, out in zip(inputs, expected, strict=True)
                ),
                mutants=int(report["mutants"]),
                killed=int(report["killed"]),
                operators={str(key): int(value) for key, value in report["operators"].items()},
                time_limit_s=int(report["time_limit_s"]),
                memory_limit_mb=int(report["memory_limit_mb"]),
            )
        except (KeyError, TypeError, ValueError):
            raise CodedFault(Lint.BROKEN, "the program writes its results by itself") from None
        if not all(matches(one, other, self.mode) for one, other in zip(expected, told, strict=True)):
            raise CodedFault(
                Lint.UNSTABLE, "two runs of the program differ: its output has to follow from its input"
            )
        self.coding = coding
        if coding.mutants < LEAST_MUTANTS:
            self._find(Lint.WEAK_TESTS, "the function does too little to be tested: ask for more")
        elif coding.killed < coding.mutants:
            missed = coding.mutants - coding.killed
            self._find(
                Lint.WEAK_TESTS,
                f"{missed} of {coding.mutants} wrong variants pass all tests: draw inputs of more cases",
            )


def _called(statement: str) -> list[str]:
    return re.findall(r"(\w+)\(", statement)


def _distinct(values: list[list[Any]]) -> list[list[Any]]:
    return list({json.dumps(value): value for value in values}.values())


def _as_json(value: Any) -> Any:
    """A value as it comes back from JSON: tuples are lists."""
    try:
        return json.loads(json.dumps(value, default=str))
    except (ValueError, TypeError, RecursionError):
        return str(value)


def _said(text: object) -> str:
    return re.sub(r" at 0x[0-9a-fA-F]+|(?:/[\w.-]+){2,}", "", " ".join(str(text).split()))[:140]
