"""Worked solutions: every skill has one that gives the answer, alone and in chains, and files follow from the seed."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest

from propound.domain import Domain
from propound.problem import CodingMode, Problem
from propound.sandbox import Sandbox, open_sandbox
from propound.skills import default_library
from propound.skills.library import compile_toolkit
from trainer.solutions import solution
from trainer.solvers import attempt, main, worked
from trainer.tokenizer import train_tokenizer

LIBRARY = default_library()


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    compile_toolkit()
    return open_sandbox()


@pytest.mark.parametrize("domain", Domain)
def test_every_skill_is_solved_whatever_the_numbers(domain: Domain, sandbox: Sandbox) -> None:
    """The skills' own scripts answer; the solution is told the parameters alone."""
    names = LIBRARY.names(domain)
    tasks = [
        {"skills": [name], "level": 1 + seed % 3, "seed": 1_000 + seed} for name in names for seed in range(6)
    ]
    attempts = attempt(LIBRARY, sandbox, tasks)
    assert {problem.skills[0] for problem, _, _ in attempts} == set(names)
    wrong = [
        (problem.statement, program, problem.answer) for problem, program, solved in attempts if not solved
    ]
    assert wrong == []


def test_chains_are_solved(sandbox: Sandbox) -> None:
    """Conversions between steps: remainders, lowest terms, shares, multiples, and functions of functions."""
    chains = [
        ["urn-draw", "linear-recurrence"],
        ["linear-recurrence", "separated-arrangements", "multiples-sum", "polynomial-remainder"],
        ["kinetic-energy", "water-heating"],
        ["secant-length", "derivative-value"],
        ["letter-shift", "word-scores", "running-totals"],
        ["digit-sums", "keep-indivisible", "block-cuts"],
    ]
    tasks = [{"skills": chain, "level": 2, "seed": seed} for chain in chains for seed in range(8)]
    attempts = attempt(LIBRARY, sandbox, tasks)
    assert {frozenset(problem.skills) for problem, _, _ in attempts} == set(map(frozenset, chains))
    assert all(solved for _, _, solved in attempts)
    assert {problem.coding.mode for problem, _, _ in attempts if problem.coding} == set(CodingMode)


def test_tokens_of_numbers_are_as_long_as_wanted() -> None:
    texts = [f"{number} m" for number in range(10_000)]
    for digits, expected in ((1, ["4", "5", "7", "2"]), (2, ["45", "72"])):
        assert train_tokenizer(texts, 600, digits).encode("4572").tokens == expected


def test_a_wrong_program_is_noticed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.solvers.solution", lambda *_: "print(1, 'J')")
    tasks = [{"skills": ["kinetic-energy"], "level": 2, "seed": seed} for seed in range(5)]
    attempts = attempt(LIBRARY, sandbox, tasks)
    assert attempts
    assert not any(solved for _, _, solved in attempts)


def test_a_program_names_its_numbers_in_the_order_of_the_steps() -> None:
    composition = [
        {"skill": "urn-draw", "parameters": {"first": 5, "second": 7, "draws": 3, "hits": 2}},
        {"skill": "factorial-zeros", "parameters": {"n": "@p+q%20+5", "base": 12}},
    ]
    skills = LIBRARY.skills([str(use["skill"]) for use in composition])
    assert solution(skills, composition).split("\n") == [
        "from math import *",
        "from fractions import *",
        "first=5",
        "second=7",
        "draws=3",
        "hits=2",
        "R=Fraction(comb(first,hits)*comb(second,draws-hits),comb(first+second,draws))",
        "R=R.numerator+R.denominator",
        "R=R%20+5",
        "n=R",
        "base=12",
        "x=factorial(n)",
        "R=0",
        "while x%base==0:x//=base;R+=1",
        "print(R)",
    ]


def test_a_file_follows_from_the_seed(tmp_path: Path) -> None:
    main([str(tmp_path / "lines.jsonl"), "--count", "3", "--seed", "5"])
    main([str(tmp_path / "problems.jsonl"), "--count", "3", "--seed", "5", "--problems"])
    lines = [json.loads(line) for line in (tmp_path / "lines.jsonl").read_text().splitlines()]
    problems = [
        Problem.model_validate_json(line) for line in (tmp_path / "problems.jsonl").read_text().splitlines()
    ]
    again = [problem for problem, _ in islice(worked(5, 3), 3)]
    assert problems == again
    assert [line["messages"][0]["content"] for line in lines] == [problem.statement for problem in problems]
    assert [[each["role"] for each in line["messages"]] for line in lines] == [["user", "assistant"]] * 3
