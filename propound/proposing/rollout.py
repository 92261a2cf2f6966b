"""The rollout: a policy and an environment take turns until the episode has an outcome."""

from __future__ import annotations

from propound.models.purpose import NOBODY, Origin
from propound.policy import Policy, PolicyError
from propound.policy.engine import ContextTooLongError
from propound.proposing.environment import Environment
from propound.pulse import beat
from propound.trajectory import Outcome, Trajectory, observation_message


def rollout(policy: Policy, environment: Environment, member: int, origin: Origin = NOBODY) -> Trajectory:
    """One episode, always with a recorded outcome; `origin` is whose work it is.

    Raises:
        SandboxFailedError: the sandbox failed; nothing can be said about the agent.
    """
    writer = policy.begin(environment.spec, member, origin)
    messages = [dict(message) for message in environment.prompt]
    detail, used = "", 0
    terms = environment.spec.open
    while environment.outcome is None:
        beat()
        if terms is not None and used >= terms.max_tokens:
            environment.outcome = Outcome.TOKENS_EXHAUSTED
            detail = f"{used} tokens are used, and a problem may cost {terms.max_tokens}"
            break
        try:
            turn = writer.write(messages)
        except ContextTooLongError as error:
            environment.outcome, detail = Outcome.CONTEXT_EXHAUSTED, str(error)[:500]
            break
        except PolicyError as error:
            environment.outcome, detail = Outcome.POLICY_FAILED, str(error)[:500]
            break
        used += turn.tokens
        observation = environment.step(turn.text, turn.sampling, turn.flaw)
        messages.append({"role": "assistant", "content": turn.text})
        messages.append(observation_message(observation))
    return Trajectory(
        spec=environment.spec,
        member=member,
        policy=policy.name,
        policy_version=policy.version,
        prompt=environment.prompt,
        steps=tuple(environment.steps),
        outcome=environment.outcome,
        submission=environment.submission,
        detail=detail,
    )
