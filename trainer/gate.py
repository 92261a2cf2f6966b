"""What a policy shows on held-out specs: the figures that the promotion gate compares.

    propound train gate CANDIDATE --live default --specs 400

says by hand what a training with a gate decides by itself.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from pydantic import ValidationError

from propound.config import Settings
from propound.config import settings as current_settings
from propound.errors import PropoundError
from propound.evaluation import Attempt, attempt_all, count_repeated, held_out_specs
from propound.policy.checkpoint import Checkpoint, load_checkpoint
from propound.policy.opening import language_policy
from propound.promotion import Gate, Showing, Trial, compare
from propound.reward import rewards
from propound.sandbox import Sandbox, open_sandbox
from propound.sandbox.places import PlacedSandbox
from propound.skills import Library, default_library
from propound.skills.library import compile_toolkit

SEEDS_FROM = 10**6
"""Added to a gate's seed: the evaluations during a run, by which it may choose, have seeds below."""


class InterruptedShowError(PropoundError):
    """The evaluation was told to end."""


def show(
    checkpoint: Checkpoint,
    gate: Gate,
    interrupted: Callable[[], bool],
    *,
    configured: Settings,
    library: Library,
    sandbox: Sandbox,
) -> Showing:
    """Roll a checkpoint out on the gate's specs; the same for every checkpoint of one deployment.

    Raises:
        InterruptedShowError: `interrupted` said so.
        EngineError: the engine cannot run it.
        SandboxFailedError: the sandbox itself failed.
    """

    def go_on(_: Attempt) -> None:
        if interrupted():
            raise InterruptedShowError("the evaluation was told to end")

    policy = language_policy(configured, checkpoint)
    try:
        attempts = attempt_all(
            policy,
            library,
            sandbox,
            held_out_specs(library, gate.specs, SEEDS_FROM + gate.seed),
            max_steps=configured.max_steps,
            in_flight=configured.episodes_in_flight,
            on_attempt=go_on,
        )
    finally:
        policy.engine.close()
    problems = [attempt.verdict.problem for attempt in attempts if attempt.verdict.problem is not None]
    return Showing(
        version=checkpoint.version,
        trials=tuple(
            Trial(
                reward=rewards(attempt.trajectory, attempt.verdict).terminal,
                submitted=attempt.trajectory.submission is not None,
                verified=attempt.verdict.accepted,
            )
            for attempt in attempts
        ),
        diversity=1 - count_repeated(problems) / len(problems) if problems else 0.0,
    )


def _shown(name: str, gate: Gate, configured: Settings) -> Showing:
    """In a process of its own."""
    return show(
        load_checkpoint(name),
        gate,
        lambda: False,
        configured=configured,
        library=default_library(),
        sandbox=PlacedSandbox(open_sandbox()),
    )


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
