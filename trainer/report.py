"""The report of a run: its curves as a picture, and what they came to as text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

PANELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Reward", ("reward", "process_reward")),
    ("Share of episodes", ("validity", "submitted", "smooth_validity")),
    ("Share", ("well_formed", "distinct", "zero_variance")),
    ("KL from the base, nats a token", ("kl",)),
    ("Entropy, nats", ("entropy",)),
    ("Gate, mean", ("gate_positive", "gate_negative", "effective_sample_size")),
    ("Raw ratio", ("ratio_smallest", "ratio_largest")),
    ("Size of the weights", ("weight", "weight_of_advantage", "weight_of_kl")),
    ("Norm of the gradient", ("norm",)),
)
"""Titles, and the figures of `metrics.jsonl` under each."""
COLUMNS = 3


def read_metrics(out: Path) -> list[dict[str, Any]]:
    """The figures of every step of a run."""
    path = out / "metrics.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def write_report(out: Path, marks: Sequence[tuple[int, Mapping[str, Any]]], ended: str) -> None:
    """Write `report.png` and `report.md` into the run's folder; `marks` are (step, evaluation)."""
    history = read_metrics(out)
    if not history:
        return
    rows = -(-len(PANELS) // COLUMNS)
    figure = Figure(figsize=(4.2 * COLUMNS, 2.7 * rows), layout="constrained")
    axes = figure.subplots(rows, COLUMNS, squeeze=False)
    for axis, (title, names) in zip(axes.flat, PANELS, strict=False):
        _panel(axis, title, names, history)
    evaluated = [(step, float(each["accepted"])) for step, each in marks if "accepted" in each]
    if evaluated:
        axis = axes.flat[1]
        axis.plot(*zip(*evaluated, strict=True), "k.--", linewidth=0.8, label="held out, accepted")
        axis.legend(fontsize=7, frameon=False)
    figure.savefig(out / "report.png", dpi=110)
    (out / "report.md").write_text(_text(history, marks, ended))


def _panel(axis: Axes, title: str, names: Sequence[str], history: Sequence[Mapping[str, Any]]) -> None:
    for name in names:
        points = [(each["step"], each[name]) for each in history if each.get(name) is not None]
        if points:
            axis.plot(*zip(*points, strict=True), linewidth=1.1, label=name.replace("_", " "))
    axis.set_title(title, fontsize=9)
    axis.tick_params(labelsize=7)
    axis.grid(alpha=0.25)
    if axis.lines:
        axis.legend(fontsize=7, frameon=False)


def _text(
    history: Sequence[Mapping[str, Any]], marks: Sequence[tuple[int, Mapping[str, Any]]], ended: str
) -> str:
    names = ("reward", "validity", "submitted", "well_formed", "distinct", "kl", "entropy", "zero_variance")
    lines = [
        "# Training run",
        "",
        f"{len(history)} steps, {sum(each['seconds'] for each in history) / 60:.1f} minutes. Ended: {ended}.",
        *_refused(history),
        "",
        "| figure | first step | last step |",
        "|---|---|---|",
        *(f"| {name} | {_shown(history[0].get(name))} | {_shown(history[-1].get(name))} |" for name in names),
    ]
    evaluated = [(step, each) for step, each in marks if each]
    if evaluated:
        lines += ["", "| step | episodes | well formed | submitted | verified | accepted | distinct |"]
        lines += ["|---|---|---|---|---|---|---|"]
        keys = ("well_formed", "submitted", "verified", "accepted", "distinct")
        for step, each in evaluated:
            shares = " | ".join(_shown(each.get(key)) for key in keys)
            lines.append(f"| {step} | {each.get('episodes')} | {shares} |")
    return "\n".join([*lines, "", "![curves](report.png)", ""])


def _refused(history: Sequence[Mapping[str, Any]]) -> list[str]:
    """How many of the groups that others had made could not be read, if any."""
    taken, refused = (
        sum(each.get(name, 0) for each in history) for name in ("taken_groups", "refused_groups")
    )
    return [f"Of {taken} groups of its source {refused} could not be read."] if refused else []


def _shown(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, int | float) else "-"
