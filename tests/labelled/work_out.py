"""Works every problem of the labelled set out again, apart from what its author handed in, and compares.

    python -m tests.labelled.work_out [ID ...]

`worked/` holds a function for each problem, which returns a list of all answers that fit its statement: one where it
is determined, several where it is ambiguous or lacks something, none where it asks for what is not; None where there
is nothing to work out. For coding it takes the arguments of a call, or the text of an input. The functions run in the
sandbox, as the programs of the authors do. Ends with 1 where a label does not stand up.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from propound.answers import Agreement, compare, infer_kind
from propound.problem import CodingMode
from propound.sandbox import Limits, Program, Sandbox, open_sandbox
from propound.verification.labelled import DETERMINED, NONE, SEVERAL, Label, Labelled, read_labelled

HERE = Path(__file__).parent
INPUTS = 40
"""Generated inputs on which an author's program and ours are compared, for coding."""
LIMITS = Limits(wall_s=60.0, cpu_s=30.0, memory_mb=512, output_bytes=4_000_000)

_WORKED = """
import json as _json, sys as _sys
_found = {}
for _name in _json.load(open("names.json")):
    _answers = globals()[_name]()
    _found[_name] = None if _answers is None else [str(_each) for _each in _answers]
_sys.stdout.write(_json.dumps(_found))
"""
_COMPARED = """
import io as _io, json as _json, random as _random, sys as _sys
_case = _json.load(open("case.json"))

def _load(_file):
    _space = {"__name__": "loaded"}
    exec(compile(open(_file).read(), _file, "exec"), _space)
    return _space

def _run(_given):
    if _case["entry"]:
        return _load("author.py")[_case["entry"]](*_json.loads(_json.dumps(_given)))
    _sys.stdin, _sys.stdout, _old = _io.StringIO(_given), _io.StringIO(), _sys.stdout
    try:
        _load("author.py")
        return "\\n".join(_line.rstrip() for _line in _sys.stdout.getvalue().rstrip().split("\\n"))
    finally:
        _sys.stdout = _old

_worked = _load("worked.py")
_ours = _worked[_case["name"]]
_example = _worked["EXAMPLES"].get(_case["name"])
_generate = _load("generator.py")["generate"]
_inputs = [_generate(_random.Random(_seed)) for _seed in range(_case["inputs"])]
_pairs = []
for _given in ([_example] if _example is not None else []) + _inputs:
    if not _case["entry"] and isinstance(_given, list):
        _given = _given[0]
    try:
        _theirs = [_run(_given)]
    except Exception as _error:
        _theirs = [repr(_error)]
    _answers = _ours(*_given) if _case["entry"] else _ours(_given)
    _pairs.append([_theirs[0], _answers])
_sys.stdout.write("\\n" + _json.dumps({"example": _example is not None, "pairs": _pairs}))
"""


def faults(rows: Sequence[Labelled], sandbox: Sandbox) -> list[str]:
    """What is wrong with the labels: a line for each, empty where all stand up."""
    found: list[str] = []
    plain = [row for row in rows if row.coding is None]
    for module, names in _modules(plain).items():
        answers = _worked_out(module, names, sandbox)
        for row in plain:
            if _module(row) == module:
                found += [f"{row.id}: {fault}" for fault in _faults(row, answers[_name(row)], sandbox)]
    for row in rows:
        if row.coding is not None and row.label not in (Label.UNFINISHED, Label.WRONG_LANGUAGE):
            found += [f"{row.id}: {fault}" for fault in _coding_faults(row, sandbox)]
    return found


def _module(row: Labelled) -> Path:
    return HERE / "worked" / f"{row.source.replace('.', '_')}_{row.domain}.py"


def _name(row: Labelled) -> str:
    return row.id.replace("-", "_").replace(".", "_")


def _modules(rows: Sequence[Labelled]) -> dict[Path, list[str]]:
    found: dict[Path, list[str]] = {}
    for row in rows:
        found.setdefault(_module(row), []).append(_name(row))
    return found


def _worked_out(module: Path, names: Sequence[str], sandbox: Sandbox) -> dict[str, list[str] | None]:
    """What our functions of a module return, by their names."""
    files = {"names.json": json.dumps(names).encode()}
    source = module.read_text(encoding="utf-8") + _WORKED
    execution = sandbox.run(Program(source, files=files, limits=LIMITS))
    if not execution.succeeded:
        raise RuntimeError(f"{module.name}: {execution.reason} {execution.stderr.decode()[-800:]}")
    found: dict[str, list[str] | None] = json.loads(execution.stdout)
    return found


def _faults(row: Labelled, answers: list[str] | None, sandbox: Sandbox) -> list[str]:
    """Of a problem whose answer is a value."""
    if answers is None:
        return [] if row.label in (Label.UNFINISHED, Label.ADDRESSES) else ["nothing was worked out"]
    different = _different(row, answers)
    if row.label in SEVERAL and len(different) < 2:
        return [f"{row.label}, but all that fits is {different}"]
    if row.label in NONE and different:
        return [f"{row.label}, but {different} fits"]
    if row.label is Label.CONTRADICTORY and len(different) == 1:
        return [f"{row.label}, but {different} fits"]
    found = []
    if row.label in DETERMINED:
        if len(different) != 1:
            return [f"{row.label}, but {different} fit"]
        if row.truth is None or not _equal(row, row.truth, different[0]):
            found.append(f"the truth is {different[0]}, not {row.truth}")
        right = _equal(row, different[0], row.submission.answer)
        if right and row.label is Label.WRONG_ANSWER:
            found.append(f"the answer {row.submission.answer} is right")
        if not right and row.label in (Label.RIGHT, Label.NOT_COMPUTED, Label.LEAKS, Label.TRIVIAL):
            found.append(f"the answer {row.submission.answer} is not {different[0]}")
    elif row.truth is not None:
        found.append("a truth is said, but there is none")
    return found + _program_faults(row, sandbox)


def _program_faults(row: Labelled, sandbox: Sandbox) -> list[str]:
    """Whether the author's program comes to the right answer where all is right."""
    if row.label is not Label.RIGHT:
        return []
    printed = run_author(row, sandbox)
    if printed is None or not _equal(row, row.submission.answer, printed):
        return [f"the author's program gives {printed}, not {row.submission.answer}"]
    return []


def run_author(row: Labelled, sandbox: Sandbox) -> str | None:
    """What the author's program comes to; None where it fails. Not for coding."""
    assert row.submission.open is not None
    source = row.submission.open.program
    if "GIVEN" in source and "def solve" in source:
        source += "\nprint(solve(**GIVEN))\n"
    execution = sandbox.run(Program(source))
    return execution.stdout.decode("utf-8", "replace").strip() if execution.succeeded else None


def _different(row: Labelled, answers: Sequence[str]) -> list[str]:
    """The answers without those that are equal to an earlier one."""
    found: list[str] = []
    for answer in answers:
        if not any(_equal(row, known, answer) for known in found):
            found.append(answer)
    return found


def _equal(row: Labelled, gold: str, answer: str) -> bool:
    assert row.submission.open is not None
    kind = row.submission.open.answer_kind or infer_kind(gold)
    return compare(gold=gold, answer=answer, kind=kind).result is Agreement.EQUAL


def _coding_faults(row: Labelled, sandbox: Sandbox) -> list[str]:
    """Of a problem that asks for a program."""
    work = row.submission.open
    assert work is not None
    entry = entry_point(row)
    case = {"name": _name(row), "entry": entry, "inputs": INPUTS}
    files = {
        "author.py": work.program.encode(),
        "worked.py": _module(row).read_bytes(),
        "generator.py": work.generator.encode(),
        "case.json": json.dumps(case).encode(),
    }
    execution = sandbox.run(Program(_COMPARED, files=files, limits=LIMITS))
    if not execution.succeeded:
        return [f"{execution.reason} {execution.stderr.decode()[-400:]}"]
    report = json.loads(execution.stdout.decode().rpartition("\n")[2])
    pairs = report["pairs"]
    same = all(len(answers) == 1 and answers[0] == theirs for theirs, answers in pairs)
    several = any(len({json.dumps(each) for each in answers}) > 1 for _, answers in pairs)
    if row.label in (Label.RIGHT, Label.LEAKS, Label.CONTRADICTORY) and not same:
        wrong = next(pair for pair in pairs if len(pair[1]) != 1 or pair[1][0] != pair[0])
        return [f"the author's program gives {wrong[0]}, ours {wrong[1]}"]
    if row.label in (Label.WRONG_ANSWER, Label.NOT_COMPUTED) and (same or several):
        return ["the author's program does what ours does"]
    if row.label in SEVERAL and not several:
        return [f"{row.label}, but no input has two results"]
    if row.label is Label.RIGHT and not (
        report["example"] and json.loads(row.submission.answer) == pairs[0][1][0]
    ):
        return [f"the answer {row.submission.answer} is not the result of the example"]
    return []


def entry_point(row: Labelled) -> str:
    """The name of the function that a coding problem's author defines last; empty for a whole program."""
    if row.coding is CodingMode.STDIN:
        return ""
    assert row.submission.open is not None
    names = [
        line.removeprefix("def ").partition("(")[0]
        for line in row.submission.open.program.splitlines()
        if line.startswith("def ")
    ]
    return names[-1]


def main(ids: Sequence[str]) -> int:
    """Say what is wrong; the number of faults."""
    rows = [row for row in read_labelled(HERE) if not ids or row.id in ids]
    found = faults(rows, open_sandbox())
    for fault in found:
        print(fault)
    print(f"{len(rows)} problems, {sum(row.is_right for row in rows)} of them right, {len(found)} faults")
    return len(found)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
