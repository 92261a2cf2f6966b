"""What a policy shows on held-out specs: the figures that the promotion gate compares."""

from __future__ import annotations

from collections.abc import Callable

from propound.config import Settings
from propound.errors import PropoundError
from propound.evaluation import Attempt, attempt_all, count_repeated, held_out_specs
from propound.policy.checkpoint import Checkpoint
from propound.policy.opening import language_policy
from propound.promotion import Gate, Showing, Trial
from propound.reward import rewards
from propound.sandbox import Sandbox
from propound.skills import Library

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
