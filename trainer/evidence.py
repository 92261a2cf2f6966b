"""Evidence: the same refinement by several algorithms and seeds, and what came of it.

    python -m trainer.evidence trainer/evidence.toml OUT

The plan says what all runs have in common and what each *arm* (an algorithm and its settings) changes. Seeds come one
after the other, all arms of a seed before the next one, so a stopped call leaves arms that can be compared; the same
call goes on with it. Every run draws the same specs for the same seed. At the end each checkpoint writes one problem
for each of the same held-out specs, and OUT gets `evidence.md` and `evidence.png`.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from propound.evaluation import evaluate, held_out_specs
from propound.policy.checkpoint import load_checkpoint
from propound.policy.opening import open_policy
from propound.sandbox import open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills import default_library
from propound.skills.library import compile_toolkit
from trainer.refine import RefineSettings, refine
from trainer.report import read_metrics

SHARES = ("submitted", "verified", "accepted", "distinct", "well_formed")
"""Figures of an evaluation that are compared."""
CURVES = ("validity", "reward", "kl", "entropy")
_EVALUATED_AT = 777
"""Seed of the held-out specs of the final evaluation: no mark of a run uses it."""
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""97.5 % points of Student's t with 1, 2, ... degrees of freedom."""


@dataclass(frozen=True)
class Plan:
    """What is compared."""

    base: str
    seeds: tuple[int, ...]
    evaluation: int
    """Held-out specs that every checkpoint is evaluated on."""
    temperature: float
    """Of that evaluation."""
    common: dict[str, Any]
    arms: dict[str, dict[str, Any]]
    """Settings of each arm, by its name."""

    @classmethod
    def read(cls, path: Path) -> Plan:
        """From TOML: base, seeds, evaluation, temperature, [common] and one [arms.NAME] each."""
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        return cls(**{**found, "seeds": tuple(found["seeds"])})

    def settings(self, arm: str, seed: int) -> RefineSettings:
        """Of one run."""
        return RefineSettings(**{**self.common, **self.arms[arm], "seed": seed})


def main(words: Sequence[str] | None = None) -> None:
    """Run what is missing, `--processes` runs at a time, and write the comparison."""
    parser = argparse.ArgumentParser(prog="python -m trainer.evidence", description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--processes", type=int, default=2, help="runs at a time, with one thread each")
    parser.add_argument("--seeds", type=int, default=None, help="only so many of the plan's seeds")
    given = parser.parse_args(words)
    plan = Plan.read(given.plan)
    seeds = plan.seeds[: given.seeds]
    given.out.mkdir(parents=True, exist_ok=True)
    compile_toolkit()
    with ProcessPoolExecutor(given.processes, mp_context=get_context("spawn")) as pool:
        base = pool.submit(_evaluated, plan, plan.base, given.out / "base.json")
        runs = [
            (arm, seed, pool.submit(_run, plan, arm, seed, given.out / f"{arm}-{seed}"))
            for seed in seeds
            for arm in plan.arms
        ]
        for arm, seed, run in runs:
            figures = run.result()
            print(
                f"{arm} {seed}: accepted {figures['accepted']:.1%} (base {base.result()['accepted']:.1%})",
                flush=True,
            )
            finished = [(a, s, r.result()) for a, s, r in runs if r.done()]
            write(plan, given.out, base.result(), finished)


def _run(plan: Plan, arm: str, seed: int, out: Path) -> dict[str, Any]:
    """One run to its end, and the evaluation of what it came to."""
    done = out / "evaluation.json"
    if not done.exists():
        refined = refine(
            load_checkpoint(plan.base),
            plan.settings(arm, seed),
            out,
            library=default_library(),
            sandbox=PlacedSandbox(open_sandbox()),
        )
        (out / "ended.json").write_text(
            json.dumps({"reason": refined.reason, "detail": refined.detail, "steps": refined.steps})
        )
        _evaluated(plan, str(refined.folder), done)
    return dict(json.loads(done.read_text()))


def _evaluated(plan: Plan, checkpoint: str, path: Path) -> dict[str, Any]:
    if not path.exists():
        library = default_library()
        with open_policy(checkpoint, library, temperature=plan.temperature) as policy:
            found = evaluate(
                policy,
                library,
                PlacedSandbox(open_sandbox()),
                held_out_specs(library, plan.evaluation, _EVALUATED_AT),
                max_steps=RefineSettings.max_steps,
                in_flight=RefineSettings.in_flight,
            )
        path.write_text(found.model_dump_json())
    return dict(json.loads(path.read_text()))


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean of independent runs and the half-width of its 95 % interval (Student's t; infinite for one run)."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, math.inf
    quantile = _STUDENT[min(len(values) - 1, len(_STUDENT)) - 1]
    return mean, quantile * statistics.stdev(values) / math.sqrt(len(values))


def write(
    plan: Plan, out: Path, base: Mapping[str, Any], runs: Sequence[tuple[str, int, Mapping[str, Any]]]
) -> None:
    """`evidence.md` and `evidence.png` of the runs that are finished: (arm, seed, evaluation)."""
    first = next(iter(plan.arms))
    lines = [
        (
            f"| arm | seeds | {' | '.join(name.replace('_', ' ') for name in SHARES)} | accepted, against {first} |"
            " episodes that carried a gradient | tokens learnt from |"
        ),
        "|---" * (len(SHARES) + 5) + "|",
        f"| base | | {' | '.join(f'{base[name]:.1%}' for name in SHARES)} | | | |",
    ]
    of = {arm: {seed: found for name, seed, found in runs if name == arm} for arm in plan.arms}
    for arm, found in of.items():
        if not found:
            continue
        shares = " | ".join(_shown([each[name] for each in found.values()]) for name in SHARES)
        paired = [
            found[seed]["accepted"] - of[first][seed]["accepted"] for seed in found if seed in of[first]
        ]
        difference = "" if arm == first or not paired else _shown(paired, signed=True)
        metrics = [step for seed in found for step in read_metrics(out / f"{arm}-{seed}")]
        carried = sum(step["groups"] - step["dropped_groups"] for step in metrics)
        share = f"{carried / sum(step['groups'] for step in metrics):.0%}" if metrics else "none"
        tokens = sum(step["tokens"] for step in metrics) / len(found)
        lines.append(f"| {arm} | {len(found)} | {shares} | {difference} | {share} | {tokens / 1e3:.0f} k |")
    (out / "evidence.md").write_text("\n".join(lines) + "\n")
    _draw(plan, out, of)


def _shown(values: Sequence[float], *, signed: bool = False) -> str:
    mean, half = interval(values)
    text = f"{mean:+.1%}" if signed else f"{mean:.1%}"
    return text if math.isinf(half) else f"{text} ± {half:.1%}"


def _draw(plan: Plan, out: Path, of: Mapping[str, Mapping[int, Any]]) -> None:
    figure = Figure(figsize=(4.4 * 2, 3.0 * 2), layout="constrained")
    for axis, name in zip(figure.subplots(2, 2).flat, CURVES, strict=True):
        for number, arm in enumerate(plan.arms):
            curves = [[step[name] for step in read_metrics(out / f"{arm}-{seed}")] for seed in of[arm]]
            if not curves:
                continue
            steps = range(1, min(map(len, curves)) + 1)
            points = [interval([_smooth(curve, at) for curve in curves]) for at in steps]
            axis.plot(steps, [mean for mean, _ in points], color=f"C{number}", label=arm)
            if len(curves) > 1:
                low, high = [m - h for m, h in points], [m + h for m, h in points]
                axis.fill_between(steps, low, high, color=f"C{number}", alpha=0.12, linewidth=0)
        axis.set_title(f"{name.replace('_', ' ')}, mean of 5 steps", fontsize=9)
        axis.tick_params(labelsize=7)
        axis.grid(alpha=0.25)
    figure.axes[0].legend(fontsize=7, frameon=False)
    figure.savefig(out / "evidence.png", dpi=110)


def _smooth(curve: Sequence[float], step: int) -> float:
    """Mean of the five values up to a step (from 1)."""
    return statistics.fmean(curve[max(0, step - 5) : step])


if __name__ == "__main__":
    main()
