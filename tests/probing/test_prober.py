"""The prober: attempts that follow from the statement, counted as the sandbox and the answer checker see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from propound.models.purpose import NOBODY, Purpose, Role
from propound.policy.chat import encode_text, encode_turn
from propound.policy.checkpoint import CheckpointError
from propound.policy.engine import Completion, ContextTooLongError, EngineError
from propound.probing.prober import Prober
from propound.problem import Problem
from propound.sandbox import Sandbox, open_sandbox
from propound.skills.library import compile_toolkit
from propound.solving.solver import MAX_TOKENS, TEMPERATURE, LanguageSolver, open_solver
from tests.factories import checkpoints, mathematics

TOKENIZER = checkpoints.tokenizer()
PURPOSE = Purpose(origin=NOBODY, role=Role.PROBER)
PROBLEM = mathematics.problem(10)
"""Its answer is 55."""


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    compile_toolkit()
    return open_sandbox()


@dataclass
class Dictated:
    """An engine whose completion follows from the seed."""

    texts: tuple[str, ...]
    reason: str = "stop"
    seeds: list[int] = field(default_factory=list)
    contexts: list[str] = field(default_factory=list)

    def complete(
        self, context: Sequence[int], *, seed: int, temperature: float, max_tokens: int
    ) -> Completion:
        assert (temperature, max_tokens) == (TEMPERATURE, MAX_TOKENS)
        text = self.texts[len(self.seeds) % len(self.texts)]
        self.seeds.append(seed)
        self.contexts.append(TOKENIZER.decode(list(context), skip_special_tokens=False))
        cut = self.reason == "length"
        ids = tuple(encode_text(TOKENIZER, text) if cut else encode_turn(TOKENIZER, text))
        return Completion(ids, (-0.1,) * len(ids), self.reason)

    def close(self) -> None:
        """Nothing to let go of."""


def solver(engine: Dictated) -> LanguageSolver:
    return LanguageSolver(engine, TOKENIZER, "tiny", "abc")


def test_right_attempts_are_counted(sandbox: Sandbox) -> None:
    engine = Dictated(("print(55)", "print(54)", "print(sum(range(11)))", "nonsense"))
    probe = Prober(solver(engine), sandbox).probe(PROBLEM)
    assert probe.model_dump() == {
        "prober": "tiny",
        "version": "abc@0.7/400",
        "attempts": 16,
        "solved": 8,
        "hinted": None,
    }
    assert probe.pass_rate == 0.5


def test_solvers_see_the_statement_alone(sandbox: Sandbox) -> None:
    engine = Dictated(("print(55)",))
    Prober(solver(engine), sandbox, attempts=2).probe(PROBLEM)
    expected = f"<|im_start|>user\n{PROBLEM.statement}<|im_end|>\n<|im_start|>assistant\n"
    assert engine.contexts == [expected] * 2


def test_seeds_follow_from_the_statement(sandbox: Sandbox) -> None:
    def seeds(problem: Problem) -> Counter[int]:
        engine = Dictated(("print(55)",))
        Prober(solver(engine), sandbox).probe(problem)
        return Counter(engine.seeds)

    first = seeds(PROBLEM)
    assert len(first) == 16
    assert all(0 <= seed < 2**63 for seed in first)
    assert seeds(PROBLEM.model_copy(update={"answer": "1"})) == first
    assert not first & seeds(mathematics.problem(11))


def test_a_program_that_was_cut_off_is_none(sandbox: Sandbox) -> None:
    probe = Prober(solver(Dictated(("print(55)",), "length")), sandbox, attempts=4).probe(PROBLEM)
    assert (probe.attempts, probe.solved) == (4, 0)


def test_equal_programs_run_once(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    graded: list[str] = []

    def solves(program: str, *_: object) -> bool:
        graded.append(program)
        return program == "b"

    monkeypatch.setattr("propound.probing.prober.solves", solves)
    probe = Prober(solver(Dictated(("a", "b", "b", ""))), sandbox).probe(PROBLEM)
    assert (sorted(graded), probe.solved) == (["a", "b"], 8)


class Refusing(Dictated):
    """An engine for which every context is too long."""

    def complete(self, *_: object, **__: object) -> Completion:
        raise ContextTooLongError("no room")


class Closed(Dictated):
    """An engine that is not there."""

    def complete(self, *_: object, **__: object) -> Completion:
        raise EngineError("closed")


def test_a_statement_that_does_not_fit_is_not_solved(sandbox: Sandbox) -> None:
    assert Prober(solver(Refusing(())), sandbox).probe(PROBLEM).solved == 0


def test_a_broken_engine_is_a_failure_of_the_service(sandbox: Sandbox) -> None:
    with pytest.raises(EngineError):
        Prober(solver(Closed(())), sandbox).probe(PROBLEM)


def test_a_real_engine_gives_equal_probes(tmp_path: Path, sandbox: Sandbox) -> None:
    """Random weights solve nothing, but the same nothing each time."""
    opened = open_solver(str(checkpoints.write(tmp_path / "tiny")))
    try:
        assert [opened.write("1 + 1?", 5, PURPOSE), opened.write("1 + 1?", 6, PURPOSE)] == [
            opened.write("1 + 1?", 5, PURPOSE),
            opened.write("1 + 1?", 6, PURPOSE),
        ]
        probe = Prober(opened, sandbox, attempts=3).probe(PROBLEM)
    finally:
        opened.close()
    assert (probe.prober, probe.attempts, probe.solved) == ("tiny", 3, 0)


@pytest.mark.parametrize("name", ["", "no-such-solver", "../policy"])
def test_solvers_that_are_not_there(name: str) -> None:
    with pytest.raises(CheckpointError):
        open_solver(name)
