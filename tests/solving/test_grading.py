"""Grading: programs run for real in the sandbox, and nothing that they do there makes a wrong answer right."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from propound.answers import Agreement, AnswerKind
from propound.domain import Domain
from propound.errors import SandboxFailedError
from propound.problem import Coding, CodingMode, Problem, SkillUse, TestCase
from propound.sandbox import Execution, ExecutionStatus, Program, Sandbox, open_sandbox
from propound.solving.caller import TASK
from propound.solving.grading import LONGEST_PROGRAM, AnswerKey, grade, grade_program, matches, solves

USE = (SkillUse(skill="any", parameters={}),)
FUNCTION, STDIN = CodingMode.FUNCTION, CodingMode.STDIN


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_sandbox()


def asked(answer: str, kind: AnswerKind, tolerance: float | None = None) -> Problem:
    return Problem(
        domain=Domain.MATHEMATICS,
        statement="What is it?",
        answer=answer,
        answer_kind=kind,
        composition=USE,
        relative_tolerance=tolerance,
    )


def doubling(mode: CodingMode, seconds: int = 5) -> Problem:
    """Double every item."""
    values = [[1, 2], [], [-3]]
    tests = [TestCase(arguments=[value], expected=[2 * item for item in value]) for value in values]
    if mode is STDIN:
        tests = [TestCase(arguments=["1 2\n"], expected="2 4\n"), TestCase(arguments=["\n"], expected="\n")]
    return Problem(
        domain=Domain.CODING,
        statement="Double.",
        answer="def solve(values):\n    return [2 * item for item in values]\n",
        answer_kind=AnswerKind.PROGRAM,
        composition=USE,
        coding=Coding(
            mode=mode, entry_point="solve", reference="", tests=tuple(tests), mutants=0, time_limit_s=seconds
        ),
    )


@pytest.mark.parametrize(
    ("program", "problem", "expected"),
    [
        ("print(6*7)", asked("42", AnswerKind.INTEGER), True),
        ("print(41)", asked("42", AnswerKind.INTEGER), False),
        ("print('The answer is 42')", asked("42", AnswerKind.INTEGER), True),
        ("from fractions import *\nprint(Fraction(14,8))", asked("7/4", AnswerKind.RATIONAL), True),
        ("print({3,1})", asked("{1, 3}", AnswerKind.SET), True),
        ("print(f'{2}x{-3:+}')", asked("2x - 3", AnswerKind.POLYNOMIAL), True),
        ("print(1234.4,'J')", asked("1230 J", AnswerKind.QUANTITY, 0.005), True),
        ("print(1.2344,'kJ')", asked("1230 J", AnswerKind.QUANTITY, 0.005), True),
        ("print(1250.0,'J')", asked("1230 J", AnswerKind.QUANTITY, 0.005), False),
        ("print(1234.4)", asked("1230 J", AnswerKind.QUANTITY, 0.005), False),
        ("print(1.2e-05,'kg')", asked("1.20e-5 kg", AnswerKind.QUANTITY, 0.005), True),
        ("", asked("42", AnswerKind.INTEGER), False),
        ("print(", asked("42", AnswerKind.INTEGER), False),
        ("1/0", asked("42", AnswerKind.INTEGER), False),
        ("print(42)\nraise SystemExit", asked("42", AnswerKind.INTEGER), True),
        ("print(42)\nraise SystemExit('no')", asked("42", AnswerKind.INTEGER), False),
        ("print(42)\n1/0", asked("42", AnswerKind.INTEGER), False),
        ("import os\nprint(42)\nos._exit(0)", asked("42", AnswerKind.INTEGER), False),
        ("import os\nprint(42, flush=True)\nos._exit(0)", asked("42", AnswerKind.INTEGER), True),
        ("import os\nprint(42, flush=True)\nos._exit(3)", asked("42", AnswerKind.INTEGER), False),
        ("print(42)#" + "x" * LONGEST_PROGRAM, asked("42", AnswerKind.INTEGER), False),
        ("def solve(v): return [2*x for x in v]", doubling(FUNCTION), True),
        ("def solve(v):\n print('!')\n return [x+x for x in v]", doubling(FUNCTION), True),
        ("def solve(v): return [3*x for x in v]", doubling(FUNCTION), False),
        ("def solve(v): return tuple(2.0*x for x in v)", doubling(FUNCTION), True),
        ("def other(v): return v", doubling(FUNCTION), False),
        ("R=map(int,input().split())\nprint(*[2*x for x in R])", doubling(STDIN), True),
        ("print('2 4')", doubling(STDIN), False),
    ],
)
def test_programs(program: str, problem: Problem, expected: bool, sandbox: Sandbox) -> None:
    assert solves(program, problem, sandbox) is expected


DOUBLED = "print(*[2 * int(word) for word in TEXT.split()])"
READINGS = {
    "buffer": "import sys\nTEXT = sys.stdin.buffer.read().decode()",
    "buffer readline": "import sys\nTEXT = sys.stdin.buffer.readline().decode()",
    "descriptor": "TEXT = open(0).read()",
    "bytes of the descriptor": "TEXT = open(0, 'rb').read().decode()",
    "os.read": "import os\nTEXT = os.read(0, 1 << 16).decode()",
    "input": "TEXT = input()",
    "lines": "import sys\nTEXT = ' '.join(line for line in sys.stdin)",
    "readlines": "import sys\nTEXT = ' '.join(sys.stdin.readlines())",
    "readline": "from sys import stdin\ninput = stdin.readline\nTEXT = input()",
    "until it ends": "import sys\nTEXT = ''.join(iter(sys.stdin.readline, ''))",
    "fileinput": "import fileinput\nTEXT = ' '.join(fileinput.input())",
    "wrapped": "import io, os\nTEXT = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline().decode()",
    "by name": "import sys\nsys.stdin = open('/dev/stdin')\nTEXT = input()",
    "by path": "from pathlib import Path\nTEXT = Path('/dev/stdin').read_text()",
    "in a thread": "import threading\ndef main():\n global TEXT\n TEXT = input()\n"
    "t = threading.Thread(target=main)\nt.start()\nt.join()",
}
TEXT = "import sys\nTEXT = sys.stdin.read()\nWORDS = [str(2 * int(word)) for word in TEXT.split()]\n"
WRITINGS = {
    "sys.stdout.write": "sys.stdout.write(' '.join(WORDS))",
    "os.write": "import os\nos.write(1, ' '.join(WORDS).encode())",
    "bytes": "sys.stdout.buffer.write(' '.join(WORDS).encode())",
    "writelines": "sys.stdout.writelines(word + '\\n' for word in WORDS)",
    "a file nobody closes": "out = open(1, 'w')\nout.write(' '.join(WORDS))",
    "beside messages": "print('working', file=sys.stderr)\nprint(*WORDS)",
    "from a thread": "import threading\nthreading.Thread(target=print, args=WORDS).start()",
    "at exit": "import atexit\natexit.register(print, *WORDS)",
    "with a stream of its own": "import io\nsys.stdout = io.StringIO()\nprint(*WORDS)\n"
    "sys.__stdout__.write(sys.stdout.getvalue())",
    "then exit": "print(*WORDS)\nexit()",
    "then quit": "print(*WORDS)\nquit(0)",
    "then sys.exit": "print(*WORDS)\nsys.exit(0)",
    "then sys.exit of nothing": "def main():\n print(*WORDS)\n sys.exit(None)\nmain()",
    "then raise": "print(*WORDS)\nraise SystemExit(0)",
    "from main": "if __name__ == '__main__':\n print(*WORDS)",
}


@pytest.mark.parametrize("program", READINGS.values(), ids=READINGS)
def test_every_ordinary_way_to_read(program: str, sandbox: Sandbox) -> None:
    assert solves(f"{program}\n{DOUBLED}", doubling(STDIN), sandbox)


@pytest.mark.parametrize("program", WRITINGS.values(), ids=WRITINGS)
def test_every_ordinary_way_to_write_and_end(program: str, sandbox: Sandbox) -> None:
    assert solves(TEXT + program, doubling(STDIN), sandbox)


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("sys.exit(1)", "test 1 of 2: exit code 1"),
        ("exit('wrong input')", "test 1 of 2: wrong input"),
        ("raise KeyError('x')", "test 1 of 2: KeyError: 'x'"),
        ("import os\nos.fork()", "test 1 of 2: "),
        ("while True: pass", "test 1 of 2: over the time limit of "),
        ("print('x' * 2_000_000)", "test 1 of 2: it prints too much"),
        ("x = bytearray(2_000_000_000)", "test 1 of 2: over the memory limit of 1024 MiB"),
    ],
)
def test_other_endings_are_failures_with_a_reason(ending: str, reason: str, sandbox: Sandbox) -> None:
    program = f"{TEXT}print(*WORDS)\nsys.stdout.flush()\n{ending}"
    found = grade_program(program, AnswerKey.of(doubling(STDIN, seconds=1)), sandbox)
    assert found.result is Agreement.NOT_EQUAL
    assert found.reason.startswith(reason)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("from typing import List\ndef solve(v: List[int]) -> List[int]: return [2*x for x in v]", True),
        ("def solve(v: List[int]): return [2*x for x in v]", False),
        ("from __future__ import annotations\ndef solve(v: List[int]): return [2*x for x in v]", True),
        ("import numpy as np\ndef solve(v): return list(np.array(v, dtype=int) * 2)", True),
        ("import numpy as np\ndef solve(v): return np.array(v) * 2", True),
        ("import numpy as np\ndef solve(v): return [np.float64(x) * 2 for x in v]", True),
        ("import numpy as np\ndef solve(v): return np.array(v) * 3", False),
        ("from fractions import Fraction\ndef solve(v): return [Fraction(x) * 2 for x in v]", True),
        ("def solve(v):\n v[:] = [2*x for x in v]\n return v", True),
        ("def solve(v): return (2*x for x in v)", False),
        ("def solve(v): return {2*x for x in v}", False),
        ("def solve(v): return str([2*x for x in v])", False),
        ("def solve(v): return [bool(x) for x in v]", False),
        ("import sys\ndef solve(v): return [2*x for x in v]\nprint(solve([1]))\nsys.exit(0)", True),
        ("def solve(v): return [2*x for x in v]\nraise SystemExit(1)", False),
        ("def solve(v): return [2*x for x in v]\nif __name__ == '__main__': print(solve(input()))", True),
        (
            "from dataclasses import *\n@dataclass\nclass P: x: 'int'\ndef solve(v): return [2*P(x).x for x in v]",
            True,
        ),
        ("solve = lambda v: [2*x for x in v]", True),
        ("def solve(v):\n while v: pass\n return v", False),
        ("import time\ndef solve(v):\n time.sleep(60)\n return [2*x for x in v]", False),
        ("def solve(v):\n try:\n  while v: pass\n except Exception: pass\n return [2*x for x in v]", False),
    ],
)
def test_functions_as_python_runs_them(function: str, expected: bool, sandbox: Sandbox) -> None:
    assert solves(function, doubling(FUNCTION, seconds=1), sandbox) is expected


ATTACKS = {
    "equal to all": "class A(list):\n def __eq__(self, other): return True\n __hash__ = None\ndef solve(v): return A()",
    "a number equal to all": "class A(int):\n __eq__ = lambda *_: True\n __hash__ = None\ndef solve(v): return A(7)",
    "builtins": "import builtins\nfor name in ('list', 'len', 'all', 'zip', 'isinstance', 'print', 'open'):\n"
    " setattr(builtins, name, lambda *_, **__: True)\ndef solve(v): return True",
    "json": "import json\njson.dumps = lambda *_, **__: '[true]'\ndef solve(v): return v",
    "end": "import os\ndef solve(v): os._exit(0)",
    "exit": "def solve(v): raise SystemExit(0)",
    "closed": "import os\nos.closerange(0, 64)\ndef solve(v): return v",
    "claims": "import os\nfor fd in range(3, 64):\n try: os.write(fd, b'[[2, 4]]\\n[[]]\\n')\n"
    " except OSError: pass\nos._exit(0)",
    "the caller": "import __main__\n__main__.plain = lambda *_: [2, 4]\ndef solve(v): return object()",
    "fork": "import os\ndef solve(v):\n os.fork()\n return [2*x for x in v]",
    "noise": "import sys\ndef solve(v):\n print('[[2, 4]]\\n' * 9)\n sys.stdout.flush()",
    "afterwards": "import atexit\natexit.register(print, '[[2, 4]]')\ndef solve(v): return v",
}


@pytest.mark.parametrize("program", ATTACKS.values(), ids=ATTACKS)
def test_no_attack_makes_a_wrong_function_right(program: str, sandbox: Sandbox) -> None:
    assert not solves(program, doubling(FUNCTION, seconds=1), sandbox)


def test_what_is_expected_is_nowhere_in_the_sandbox(sandbox: Sandbox) -> None:
    """A program that would know the answer if it saw it looks at all that it can reach."""
    digest = hashlib.sha256(b"918273645").hexdigest()
    look = f"""
import gc, hashlib, os, re, sys
seen = [repr(each) for each in gc.get_objects() if isinstance(each, (str, list, dict, tuple))]
seen += [open(name, errors='replace').read() for name in os.listdir('.')] + [sys.stdin.read()]
found = set(re.findall(r'[0-9]{{9}}', ' '.join(seen) + HIDDEN))
found = [int(each) for each in found if hashlib.sha256(each.encode()).hexdigest() == '{digest}']
"""
    hidden = "str(918273640 + 5)"
    problem = asked("918273645", AnswerKind.INTEGER)
    printing = look + "print(*found)"
    assert not solves(printing.replace("HIDDEN", "''"), problem, sandbox)
    assert solves(printing.replace("HIDDEN", hidden), problem, sandbox)
    tests = (TestCase(arguments=[1], expected=918273645),)
    coding = Coding(entry_point="solve", reference="918273645", tests=tests, mutants=0)
    problem = doubling(FUNCTION).model_copy(update={"coding": coding})
    returning = "def solve(v):" + look.replace("\n", "\n    ") + "return found[0] if found else 0"
    assert not solves(returning.replace("HIDDEN", "''"), problem, sandbox)
    assert solves(returning.replace("HIDDEN", hidden), problem, sandbox)


def test_each_test_of_a_whole_program_is_a_run_of_its_own(sandbox: Sandbox) -> None:
    program = (
        "import os\nassert not os.path.exists('here')\nopen('here', 'w').close()\n"
        "print(*[2 * int(each) for each in input().split()])"
    )
    assert solves(program, doubling(STDIN), sandbox)


@pytest.mark.parametrize(
    ("output", "expected", "same"),
    [
        (2, 2, True),
        (2.0, 2, True),
        (2.5, 2, False),
        (True, 1, False),
        (False, 0, False),
        (True, True, True),
        ([1, [2.0]], [1, [2]], True),
        ([1, [True]], [1, [1]], False),
        ([1, 2], [1], False),
        ("1", 1, False),
        (None, 0, False),
        (None, [], False),
        ({"a": 1}, {"a": 1}, True),
        (float("nan"), float("nan"), False),
    ],
)
def test_results_are_compared_as_python_compares_them_but_truth_is_no_number(
    output: Any, expected: Any, same: bool
) -> None:
    assert matches(output, expected, FUNCTION) is same


def test_replies(sandbox: Sandbox) -> None:
    key = AnswerKey(answer="6 J", answer_kind=AnswerKind.QUANTITY)
    right = grade(r"So it is \boxed{6\,\mathrm{J}}.", key, None)
    assert (right.score, right.answer) == (1.0, r"6\,\mathrm{J}")
    assert grade(r"\boxed{7\ \mathrm{J}}", key, None).score == 0.0
    coding = AnswerKey.of(doubling(FUNCTION))
    reply = "Double them:\n```python\ndef solve(v):\n    return [2 * x for x in v]\n```\nDone."
    assert grade(reply, coding, sandbox).reason == "all 3 tests pass"
    assert grade("I do not know.", coding, sandbox).reason == "there is no program in the reply"
    with pytest.raises(ValueError, match="sandbox"):
        grade(reply, coding, None)


@dataclass
class Broken:
    """A sandbox that fails, and keeps what it was asked."""

    tier: str = "none"
    asked: list[Program] = field(default_factory=list)

    def run(self, program: Program) -> Execution:
        self.asked.append(program)
        return Execution(ExecutionStatus.FAILED, None, "no zygote", b"", b"", False, 0.0, 0.0, 0)


def test_a_failing_sandbox_is_no_wrong_answer() -> None:
    broken = Broken()
    with pytest.raises(SandboxFailedError, match="no zygote"):
        solves("print(42)", asked("42", AnswerKind.INTEGER), broken)
    assert broken.asked[0].source == "print(42)"
    with pytest.raises(SandboxFailedError, match="no zygote"):
        solves("x", doubling(FUNCTION), broken)
    assert json.loads(broken.asked[1].files[TASK])["inputs"] == [[[1, 2]], [[]], [[-3]]]
