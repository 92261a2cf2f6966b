"""Three solvers that differ in what they learned from, and how they do: train, measure, report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import torch

from propound.policy.checkpoint import write_checkpoint
from propound.probing.probe import Probe
from propound.probing.prober import Prober
from propound.probing.solver import open_solver
from propound.probing.statistics import wilson
from propound.probing.survey import Rates, Survey, survey
from propound.problem import Problem, Record
from propound.promotion import lower_bound
from propound.sandbox import Sandbox
from trainer.batch import read_messages
from trainer.downstream.gym import constant
from trainer.network import Network, Shape
from trainer.sft import TOKENIZER_SAMPLE, Settings, prepare, train
from trainer.tokenizer import train_tokenizer

NONE, ONE_SHOT, VERIFIED = "none", "one-shot", "verified"
AT_ONCE = 48
"""Attempts that are under way together, about."""
CONFIDENCE = 0.975
"""Of each of the two bounds of a gain: an interval at 95 %."""


@dataclass(frozen=True)
class Budget:
    """What every solver gets alike."""

    tokens: int = 2_000_000
    """Read in training, context included."""
    layers: int = 5
    vocabulary: int = 2048
    digits: int = 2
    """Digits of a token at most."""
    batch: int = 4096
    short: int = 300_000
    """Tokens of the course of short problems that the training starts with, at most an eighth of all."""
    seed: int = 0

    def settings(self) -> Settings:
        """Of a training run."""
        return Settings(
            tokens=self.tokens,
            batch=self.batch,
            short=min(self.short, self.tokens // 8),
            held_out=0,
            mark_minutes=2.0,
            seed=self.seed,
        )


class Score(Record):
    """One solver's."""

    solver: str
    """What it learned from."""
    version: str
    held_out: Survey
    tasks: dict[str, Rates]
    """By task of reasoning-gym."""


class Gain(Record):
    """How much more often one solver is right on held-out problems than another, in shares of the attempts."""

    of: str
    over: str
    mean: float
    low: float
    high: float
    """Bounds at 95 % by a paired bootstrap over the problems."""


class Report(Record):
    """The whole comparison."""

    corpus: dict[str, Any]
    scores: tuple[Score, ...]
    gains: tuple[Gain, ...]
    constants: dict[str, float]
    """By task: the pass rate of always giving its most frequent answer."""


def write_base(folder: Path, files: Sequence[Path], budget: Budget) -> None:
    """The checkpoint that all solvers begin as: random weights, and a tokenizer trained on as much of each file."""
    each = TOKENIZER_SAMPLE // len(files)
    texts = chain.from_iterable(
        (message["content"] for messages in islice(read_messages(file), each) for message in messages)
        for file in files
    )
    tokenizer = train_tokenizer(texts, budget.vocabulary, budget.digits)
    network = Network(Shape(tokenizer.get_vocab_size(), num_hidden_layers=budget.layers))
    network.initialise(torch.Generator().manual_seed(budget.seed))
    with write_checkpoint(
        folder, "solver", {"recipe": {"kind": "random weights", "seed": budget.seed}}
    ) as partial:
        network.write(partial, tokenizer)


def train_solver(base: Path, lines: Path, out: Path, budget: Budget) -> Path:
    """The base trained on a file; a run that was stopped goes on. The checkpoint's folder.

    Raises:
        DataError: the file cannot be read.
    """
    torch.set_num_threads(1)
    return train(prepare(lines, out, budget.settings(), base), "solver")


def measure(folder: Path, problems: Sequence[Problem], sandbox: Sandbox, attempts: int) -> list[Probe]:
    """A solver's attempts at the problems, in their order.

    Raises:
        CheckpointError: there is no such solver.
        SandboxFailedError: the sandbox itself failed.
    """
    solver = open_solver(str(folder))
    try:
        with ThreadPoolExecutor(max(1, AT_ONCE // attempts), "problem") as threads:
            return list(threads.map(Prober(solver, sandbox, attempts).probe, problems))
    finally:
        solver.close()


def score(
    name: str, folder: Path, held_out: Sequence[Problem], tasks: Mapping[str, Sequence[Problem]], **how: Any
) -> tuple[Score, list[Probe]]:
    """A solver's score, and its attempts at the held-out problems; `how` are the other arguments of `measure`."""
    probes = measure(folder, held_out, **how)
    found = survey(list(zip(held_out, probes, strict=True)))
    others = {
        task: survey(list(zip(problems, measure(folder, problems, **how), strict=True))).all
        for task, problems in tasks.items()
    }
    return Score(solver=name, version=found.version, held_out=found, tasks=others), probes


def gain(of: str, over: str, probes: Mapping[str, Sequence[Probe]], seed: int) -> Gain:
    """The difference of two solvers' pass rates on the same problems."""
    pairs = zip(probes[of], probes[over], strict=True)
    differences = [after.pass_rate - before.pass_rate for after, before in pairs]
    return Gain(
        of=of,
        over=over,
        mean=sum(differences) / len(differences),
        low=lower_bound(differences, CONFIDENCE, seed),
        high=-lower_bound([-each for each in differences], CONFIDENCE, seed),
    )


def report(
    corpus: Mapping[str, Any],
    scored: Mapping[str, tuple[Score, list[Probe]]],
    tasks: Mapping[str, Sequence[Problem]],
    seed: int,
) -> Report:
    """The comparison of solvers in the order NONE, ONE_SHOT, VERIFIED."""
    probes = {name: each for name, (_, each) in scored.items()}
    return Report(
        corpus=dict(corpus),
        scores=tuple(each for each, _ in scored.values()),
        gains=(gain(VERIFIED, ONE_SHOT, probes, seed), gain(VERIFIED, NONE, probes, seed)),
        constants={task: constant(problems) for task, problems in tasks.items()},
    )


def show(found: Report) -> str:
    """The report as Markdown."""
    tasks = list(found.constants)
    sizes = sorted({size for each in found.scores for size in each.held_out.by_skills})
    head = ["solver trained on", "held-out", "at 95 %", "solved at all", *map(_skills, sizes), *tasks]
    rows = [
        [
            each.solver,
            _percent(each.held_out.all.pass_rate),
            _interval(each.held_out),
            _percent(each.held_out.all.solved),
            *(_percent(each.held_out.by_skills[size].pass_rate) for size in sizes),
            *(_percent(each.tasks[task].pass_rate) for task in tasks),
        ]
        for each in found.scores
    ]
    if tasks:
        blank = ["always the most frequent answer", *[""] * (3 + len(sizes))]
        rows.append([*blank, *(_percent(found.constants[task]) for task in tasks)])
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    gains = "\n".join(
        f"{each.of} over {each.over}: {100 * each.mean:+.1f} points ({100 * each.low:+.1f} to {100 * each.high:+.1f})"
        for each in found.gains
    )
    return f"{table}\n\n{gains}\n\n{json.dumps(found.corpus)}\n"


def _skills(size: int) -> str:
    return f"{size} skill{'s' if size > 1 else ''}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _interval(found: Survey) -> str:
    """Of the mean pass rate, as if problems were all attempted once: attempts at one problem are alike."""
    problems = found.all.problems
    low, high = wilson(problems, round(found.all.pass_rate * problems))
    return f"{100 * low:.0f} to {100 * high:.0f} %"
