"""Scripts of candidates: plain arithmetic passes, everything that could reach its own proof does not."""

from __future__ import annotations

import ast

import pytest

from propound.domain import Domain
from propound.skills import default_library
from trainer.acquisition.restrictions import restrictions

SOUND = '''"""A sum."""
from math import gcd

LIMIT = (3, -4)


def draw(rng, level, fixed):
    return {"n": fixed.get("n", rng.randint(2, 9 * level))}


def solve(p):
    return p["n"] * (p["n"] + 1) // 2


def recompute(p):
    total = 0
    for each in range(p["n"] + 1):
        total += each
    return total


def degenerate(p, result):
    return None
'''


def test_a_plain_script_passes() -> None:
    assert restrictions(SOUND) == []


def test_the_library_says_nothing_that_is_refused() -> None:
    library = default_library()
    names = [*library.names(Domain.MATHEMATICS), *library.names(Domain.SCIENCE)]
    found = {name: restrictions(library[name].script) for name in names}
    assert {name for name, said in found.items() if said} <= {"lattice-polygon-area"}  # calls __floor__


@pytest.mark.parametrize(
    "line",
    [
        "print([])",
        "import os",
        "import fractions",
        "from fractions import sys",
        "from math import __loader__ as loader",
        "from . import proof",
        "from toolkit import proof",
        "import toolkit.proof",
        "from itertools import *",
        "open('skills.json')",
        "eval('1')",
        "exec('1')",
        "getattr(p, 'x')",
        "setattr(solve, 'x', 1)",
        "type('X', (int,), {})",
        "globals()",
        "__import__('os')",
        "__builtins__",
        "__name__",
        "p.__class__",
        "p._private",
        "().__class__.__base__.__subclasses__()",
        "(each for each in p).gi_frame.f_back.f_globals",
        "solve.cache = 1",
        "solve.func_globals",
        "'{0.x}'.format(p)",
        "int.mro()",
        "class Equal(int): pass",
        "global LIMIT",
        "raise SystemExit(0)",
        "raise KeyboardInterrupt",
        "del p['n']",
        "def sum(values): return 0",
        "abs = len",
        "lambda __x: __x",
        "match p:\n        case int(real=1): pass",
        "input()",
        "breakpoint()",
        "async def f(): pass",
        "with p: pass",
    ],
)
def test_ways_to_forge_a_proof_are_refused(line: str) -> None:
    script = SOUND.replace("    total = 0\n", f"    {line}\n    total = 0\n")
    ast.parse(script)
    assert restrictions(script)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("LIMIT = (3, -4)", "LIMIT = {}", "at the top"),
        ("LIMIT = (3, -4)", "LIMIT = [1]", "at the top"),
        ("LIMIT = (3, -4)", "for n in range(3): pass", "at the top"),
        ("def degenerate(", "def trivial(", "degenerate is missing"),
        ("def solve(p):", "def solve(p)", "SyntaxError"),
        ("LIMIT = (3, -4)", "LIMIT = " + "(" * 3_000 + ")" * 3_000, "cannot be read"),
        ("total += each", "total += solve({'n': each})", "share solve"),
        ("    total = 0\n", "    return p['n'] * (p['n'] + 1) // 2\n    total = 0\n", ""),
    ],
)
def test_what_else_is_refused(before: str, after: str, reason: str) -> None:
    assert before in SOUND
    found = restrictions(SOUND.replace(before, after, 1))
    assert any(reason in said for said in found) if reason else found == []


def test_the_second_method_is_not_the_first_one_again() -> None:
    start, end = SOUND.index("def recompute"), SOUND.index("def degenerate")
    renamed = "def recompute(q):\n    return q['n'] * (q['n'] + 1) // 2\n\n\n"
    assert restrictions(SOUND[:start] + renamed + SOUND[end:]) == ["recompute is solve written again"]
    shared = "def recompute(p):\n    return half(p)\n\n\ndef half(p):\n    return 3\n\n\n"
    both = (SOUND[:start] + shared + SOUND[end:]).replace(
        'return p["n"] * (p["n"] + 1) // 2', "return half(p)"
    )
    assert restrictions(both) == ["solve and recompute share half"]
