"""What a policy shows on held-out specs: the figures that the promotion gate compares.

    propound train gate CANDIDATE --live default --specs 400

says by hand what a training with a gate decides by itself.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context

from pydantic import ValidationError

from propound.cli.accounting import accounted
from propound.config import Settings
from propound.config import settings as current_settings
from propound.episode import Episode
from propound.episodes import EpisodeRunner, of_specs, open_runner, run_all
from propound.errors import PropoundError
from propound.evaluation import count_repeated, held_out_specs
from propound.policy.checkpoint import Checkpoint, load_checkpoint
from propound.policy.opening import language_policy
from propound.promotion import Gate, Showing, Trial, compare
from propound.skills.library import compile_toolkit
from trainer.conditions import Conditions, InterruptedRunError
from trainer.patience import Patience

SEEDS_FROM = 10**6
"""Added to a gate's seed: the evaluations during a run, by which it may choose, have seeds below."""


def show(
    checkpoint: Checkpoint,
    gate: Gate,
    conditions: Conditions,
    *,
    configured: Settings,
    runner: EpisodeRunner,
) -> Showing:
    """What a checkpoint makes of the gate's specs; the same for every checkpoint of one deployment.

    Waits while a server is down that judges or measures.

    Raises:
        InterruptedRunError: the conditions say that it is to end.
        EngineError: the engine cannot run it.
        SandboxFailedError: the sandbox itself failed.
    """

    def go_on(_: Episode) -> None:
        if conditions.cancelled():
            raise InterruptedRunError("the evaluation was told to end")

    policy = language_policy(configured, checkpoint)
    try:
        episodes = run_all(
            runner.by(policy),
            of_specs(held_out_specs(runner.library, gate.specs, SEEDS_FROM + gate.seed), conditions.origin),
            in_flight=configured.episodes_in_flight,
            on_episode=go_on,
            waiting=Patience(conditions),
        )
    finally:
        policy.engine.close()
    return showing(checkpoint.version, episodes)


def showing(version: str, episodes: Sequence[Episode]) -> Showing:
    """What the gate compares of one policy's episodes."""
    problems = [each.verdict.problem for each in episodes if each.verdict.problem is not None]
    return Showing(
        version=version,
        trials=tuple(
            Trial(
                reward=each.rewards.terminal,
                submitted=each.trajectory.submission is not None,
                verified=each.verdict.accepted,
                pass_rate=each.rewards.pass_rate,
            )
            if each.is_decided
            else None
            for each in episodes
        ),
        diversity=1 - count_repeated(problems) / len(problems) if problems else 0.0,
    )


def _shown(name: str, gate: Gate, configured: Settings) -> Showing:
    """In a process of its own."""
    with (
        accounted(f"gate {name}") as origin,
        closing(open_runner(configured, threads=configured.episodes_in_flight)) as runner,
    ):
        conditions = Conditions(waits=_say, origin=origin)
        return show(load_checkpoint(name), gate, conditions, configured=configured, runner=runner)


def _say(waiting_for: str | None) -> None:
    if waiting_for is not None:
        print(f"waiting for: {waiting_for}", file=sys.stderr, flush=True)


def main(words: Sequence[str]) -> int:
    """Show both, compare, print the comparison as JSON; 0 where the candidate may be promoted, otherwise 1."""
    configured = current_settings()
    parser = argparse.ArgumentParser(
        prog="propound train gate",
        description="Say whether a checkpoint may take the place of another one: both write one problem for each of"
        " the same held-out specs. Prints JSON; ends with 0 where it may, otherwise with 1.",
    )
    parser.add_argument("candidate", help="folder or bundled name")
    parser.add_argument("--live", default="default", help="what it would replace (default: default)")
    for name, kind, what in (
        ("specs", int, "held-out specs"),
        ("seed", int, "of the specs and the bootstrap"),
        ("confidence", float, "of the lower bound of the gain"),
    ):
        usual = Gate.model_fields[name].default
        parser.add_argument(f"--{name}", type=kind, default=usual, help=f"{what} (default {usual})")
    parser.add_argument(
        "--temperature",
        type=float,
        default=configured.temperature,
        help=f"of the sampling (default {configured.temperature:g})",
    )
    given = parser.parse_args(words)
    try:
        gate = Gate(specs=given.specs, seed=given.seed, confidence=given.confidence)
        configured = Settings.model_validate({**configured.model_dump(), "temperature": given.temperature})
    except ValidationError as error:
        parser.error("; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors()))
    for name in (given.live, given.candidate):
        load_checkpoint(name)
    compile_toolkit()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        live, candidate = (
            pool.submit(_shown, name, gate, configured) for name in (given.live, given.candidate)
        )
        comparison = compare(live.result(), candidate.result(), gate)
    print(comparison.model_dump_json(indent=2))
    return 0 if comparison.promote else 1


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except PropoundError as error:
        raise SystemExit(str(error)) from None
