"""Evidence: the same refinement by several algorithms and seeds, and what came of it.

    python -m trainer.evidence trainer/evidence.toml OUT

The plan says what all runs have in common and what each *arm* (an algorithm and its settings) changes. Seeds come one
after the other, all arms of a seed before the next one, so a stopped or killed call leaves arms that can be compared;
the same call goes on with it. Every run of a seed draws the same specs, but for what the curriculum makes of what the
run has mastered. At the end of a run its checkpoint writes one problem for each of the same held-out specs of the kind
that it was trained on, with the tools and as many turns as there, and OUT gets `evidence.md` and `evidence.png` of all
runs that have ended so far. When all runs of an arm have ended, the mean of their weights (`trainer.average`) is
evaluated as they were.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from propound.config import settings as configured
from propound.episode import Episode
from propound.episodes import EpisodeRunner, open_runner
from propound.evaluation import evaluate, held_out_specs
from propound.policy.checkpoint import Checkpoint, load_checkpoint
from propound.policy.opening import open_policy
from propound.probing.prober import measure
from propound.sandbox import open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills import default_library
from propound.skills.library import compile_toolkit
from trainer.average import average
from trainer.processes import side_by_side, write_whole
from trainer.refine import RefineError, refine
from trainer.report import read_metrics
from trainer.settings import RefineSettings

SHARES = ("submitted", "verified", "accepted", "distinct", "well_formed", "pass_rate")
"""Figures of an evaluation that are compared."""
SOLVER, ATTEMPTS = "expert", 4
"""Whose pass rate at the problems that a checkpoint came to is given, the mean of so many attempts at each."""
LAST = 5
"""Updates at a run's end whose episodes tell, beside the evaluation, what it came to."""
LATE = f"valid in the last {LAST} updates"
PAIRED = ("accepted", "verified", LATE)
"""Figures whose difference from the first arm is shown, seed by seed."""
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
        """From TOML: base, seeds, evaluation, temperature, [common] and one [arms.NAME] each.

        What a file leaves out is as in the file beside it that it says it is `like`.

        Raises:
            TypeError: something is missing.
            ValueError: it is no TOML, or an arm's settings are not possible.
        """
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        if "like" in found:
            like = tomllib.loads((path.parent / found.pop("like")).read_text(encoding="utf-8"))
            found = {**like, **found}
        plan = cls(**{**found, "seeds": tuple(found["seeds"])})
        for arm in plan.arms:
            plan.settings(arm).resolved()
        return plan

    def settings(self, arm: str | None = None, seed: int = 0) -> RefineSettings:
        """Of one run; without an arm, what all have in common."""
        return RefineSettings(**{**self.common, **(self.arms[arm] if arm else {}), "seed": seed})


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
    failed: list[str] = []
    with side_by_side(given.processes) as pool:
        base = pool.submit(_evaluated, plan, plan.settings(), plan.base, given.out / "base.json")
        runs = {
            pool.submit(_run, plan, arm, seed, given.out / f"{arm}-{seed}"): (arm, seed)
            for seed in seeds
            for arm in plan.arms
        }
        finished: list[tuple[str, int, dict[str, Any]]] = []
        for run in as_completed(runs):
            arm, seed = runs[run]
            try:
                finished.append((arm, seed, run.result()))
            except BrokenExecutor:
                raise
            except Exception as error:  # noqa: BLE001  # the other runs are still worth comparing
                failed.append(f"{arm} {seed}: {type(error).__name__}: {error}")
                print(failed[-1], flush=True)
                continue
            shares = (each["accepted"] for each in (finished[-1][-1], base.result()))
            print("{} {}: accepted {:.1%} (base {:.1%})".format(arm, seed, *shares), flush=True)
            write(plan, given.out, base.result(), finished)
        complete = [arm for arm in plan.arms if sum(arm == each for each, *_ in finished) == len(seeds) > 1]
        means = [pool.submit(_mean, plan, arm, seeds, given.out) for arm in complete]
        write(plan, given.out, base.result(), finished, [each.result() for each in means])
    if failed:
        raise SystemExit(f"{len(failed)} of {len(runs)} runs failed:\n" + "\n".join(failed))


def _run(plan: Plan, arm: str, seed: int, out: Path) -> dict[str, Any]:
    """One run to its end, and the evaluation of what it came to.

    Raises:
        RefineError: the folder holds a run that was made otherwise.
    """
    done, end = out / "evaluation.json", out / "ended.json"
    settings = plan.settings(arm, seed)
    of = json.dumps([plan.base, plan.evaluation, plan.temperature, settings.model_dump(mode="json")])
    if done.exists() and json.loads(end.read_text())["plan"] != of:
        raise RefineError(f"{out} holds a run of another plan: give another folder")
    if not done.exists():
        refined = refine(
            load_checkpoint(plan.base),
            settings,
            out,
            runner=open_runner(configured(), threads=settings.in_flight),
        )
        ended = {
            "reason": refined.reason,
            "detail": refined.detail,
            "steps": refined.steps,
            "checkpoint": refined.folder.name if refined.folder.parent == out else plan.base,
            "plan": of,
        }
        write_whole(end, json.dumps(ended))
        _evaluated(plan, settings, str(refined.folder), done)
    return dict(json.loads(done.read_text()))


def _mean(plan: Plan, arm: str, seeds: Sequence[int], out: Path) -> tuple[str, dict[str, Any]]:
    """The mean of the weights that all seeds came to: how the table calls it, and its evaluation."""
    name = f"{arm}-mean-of-{len(seeds)}"
    folder = out / name
    if not folder.exists():
        average([_came_to(out / f"{arm}-{seed}") for seed in seeds], folder, arm)
    return f"{arm}, mean of {len(seeds)} weights", _evaluated(
        plan, plan.settings(arm), str(folder), out / f"{name}.json"
    )


def _came_to(run: Path) -> Checkpoint:
    """The checkpoint of a run that has ended: one of its marks, or the plan's base."""
    name = json.loads((run / "ended.json").read_text())["checkpoint"]
    return load_checkpoint(run / name if (run / name).is_dir() else name)


def _evaluated(plan: Plan, settings: RefineSettings, checkpoint: str, path: Path) -> dict[str, Any]:
    if not path.exists():
        library, sandbox = default_library(), PlacedSandbox(open_sandbox())
        made: list[Episode] = []
        with open_policy(checkpoint, library, temperature=plan.temperature) as policy:
            found = evaluate(
                EpisodeRunner(library, sandbox, policy, settings.max_steps, withheld=settings.without),
                held_out_specs(library, plan.evaluation, _EVALUATED_AT, settings.request(library)),
                in_flight=settings.in_flight,
                on_episode=made.append,
            )
        problems = [episode.verdict.problem for episode in made if episode.verdict.problem is not None]
        probes = measure(SOLVER, problems, sandbox, ATTEMPTS)
        pass_rate = statistics.fmean([probe.pass_rate for probe in probes] or [0.0])
        write_whole(path, json.dumps({**found.model_dump(mode="json"), "pass_rate": pass_rate}))
    return dict(json.loads(path.read_text()))


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean of independent runs and the half-width of its 95 % interval (Student's t; infinite for one run)."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, math.inf
    quantile = _STUDENT[min(len(values) - 1, len(_STUDENT)) - 1]
    return mean, quantile * statistics.stdev(values) / math.sqrt(len(values))


def write(
    plan: Plan,
    out: Path,
    base: Mapping[str, Any],
    runs: Sequence[tuple[str, int, Mapping[str, Any]]],
    means: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> None:
    """`evidence.md` and `evidence.png` of the runs that are finished: (arm, seed, evaluation), and of `means`."""
    first = next(iter(plan.arms))

    def alone(name: str, found: Mapping[str, Any]) -> str:
        shares = " | ".join(f"{found[share]:.1%}" for share in SHARES)
        return f"| {name} | | {shares} | {_pruned(found):.1%} | |{' |' * len(PAIRED)} | |"

    lines = [
        (
            f"| arm | seeds | {' | '.join(name.replace('_', ' ') for name in SHARES)} | pruned | {LATE} |"
            f" {' | '.join(f'{name}, against {first}' for name in PAIRED)} |"
            " groups that carried a gradient | tokens learnt from |"
        ),
        "|---" * (len(SHARES) + len(PAIRED) + 6) + "|",
        alone("base", base),
    ]
    curves = {(arm, seed): read_metrics(out / f"{arm}-{seed}") for arm, seed, _ in runs}
    of = {
        arm: {
            seed: {**found, LATE: _late(curves[arm, seed])}
            for name, seed, found in sorted(runs, key=lambda run: run[1])
            if name == arm
        }
        for arm in plan.arms
    }
    for arm, found in of.items():
        if not found:
            continue
        shares = " | ".join(_shown([each[name] for each in found.values()]) for name in SHARES)
        pruned = _shown([_pruned(each) for each in found.values()])
        late = _shown([each[LATE] for each in found.values()])
        pairs = [
            (each, of[first][seed]) for seed, each in found.items() if seed in of[first] and arm != first
        ]
        differences = " | ".join(
            _shown([each[name] - other[name] for each, other in pairs], signed=True) if pairs else ""
            for name in PAIRED
        )
        metrics = [step for seed in found for step in curves[arm, seed]]
        carried = sum(step["groups"] - step["dropped_groups"] for step in metrics)
        share = f"{carried / sum(step['groups'] for step in metrics):.0%}" if metrics else "none"
        tokens = sum(step["tokens"] for step in metrics) / len(found)
        lines.append(
            f"| {arm} | {len(found)} | {shares} | {pruned} | {late} | {differences} | {share} | {tokens / 1e3:.0f} k |"
        )
    lines += [alone(*each) for each in means]
    (out / "evidence.md").write_text("\n".join(lines) + "\n")
    _draw(plan, out, of)


def _late(steps: Sequence[Mapping[str, Any]]) -> float:
    """Mean validity of a run's own episodes in its last updates; 0 for a run without any."""
    return statistics.fmean([float(step["validity"]) for step in steps[-LAST:]] or [0.0])


def _pruned(found: Mapping[str, Any]) -> float:
    """Share of the episodes in which skills were dropped or swapped."""
    return float(found["pruned"]["episodes"] / found["episodes"])


def _shown(values: Sequence[float], *, signed: bool = False) -> str:
    mean, half = interval(values)
    text = f"{mean:+.1%}" if signed else f"{mean:.1%}"
    return text if math.isinf(half) else f"{text} ± {half:.1%}"


def _draw(plan: Plan, out: Path, of: Mapping[str, Mapping[int, Any]]) -> None:
    figure = Figure(figsize=(4.4 * 2, 3.0 * 2), layout="constrained")
    for axis, name in zip(figure.subplots(2, 2).flat, CURVES, strict=True):
        for number, arm in enumerate(plan.arms):
            curves = [
                [step[name] for step in read_metrics(out / f"{arm}-{seed}") if step["finite"]]
                for seed in of[arm]
            ]
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
