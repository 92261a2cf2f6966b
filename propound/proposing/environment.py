"""The environment of one episode: takes the agent's turns, answers with observations, ends with an outcome.

It is single-use. It runs the agent's programs in the sandbox and judges nothing: whether the submitted
problem is any good is for verification, after the episode. What both modes share is here; each has its own tools
(`propound.proposing.procedural`, `propound.proposing.open`).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import Any

from propound.errors import SandboxFailedError
from propound.problem import ProblemSpec, Submission
from propound.proposing.stage import next_stage
from propound.sandbox import Execution, ExecutionStatus, Limits, Program, Sandbox
from propound.trajectory import Action, ActionKind, Observation, Outcome, Sampling, Stage, Step, Unrecorded

MAX_OBSERVATION = 4_000
"""Longest text of an observation, in characters."""
LIMITS = Limits(wall_s=30.0, cpu_s=10.0, memory_mb=512)
"""Of one program of the agent."""


class Environment(ABC):
    """One decision process over a spec."""

    prompt: tuple[dict[str, Any], ...]
    """The chat messages before the first turn."""

    def __init__(
        self,
        spec: ProblemSpec,
        sandbox: Sandbox,
        max_steps: int,
        member: int,
        withheld: Collection[ActionKind],
    ) -> None:
        """`withheld` tools are neither offered nor performed: for measuring what each is worth."""
        self.spec = spec
        self.withheld = frozenset(withheld)
        self.member = member
        self.sandbox = sandbox
        self.max_steps = max_steps
        self.stage = Stage.DRAFT
        self.skills: tuple[str, ...] = spec.skills
        self.steps: list[Step] = []
        self.outcome: Outcome | None = None
        self.submission: Submission | None = None

    def step(
        self, text: str, sampling: Sampling | Unrecorded | None = None, flaw: str | None = None
    ) -> Observation:
        """Take one turn of the agent; `flaw` says why it is not whole, and is its answer unless it holds a call.

        Raises:
            SandboxFailedError: the sandbox failed, twice.
        """
        assert self.outcome is None, "the episode is over"
        action = self.read(text)
        if flaw is not None and action.kind in (ActionKind.THINK, ActionKind.MALFORMED):
            action = Action(
                kind=ActionKind.MALFORMED, thought=action.thought[:2_000], arguments={"reason": flaw}
            )
        stage, skills = self.stage, self.skills
        ok, answer = self._perform(action)
        if flaw is not None and not ok and action.kind is not ActionKind.MALFORMED:
            answer = f"{flaw}\n{answer}"
        self.stage = next_stage(stage, action.kind, ok=ok)
        if self.outcome is None and len(self.steps) + 1 >= self.max_steps:
            self.outcome = Outcome.STEPS_EXHAUSTED
        left = self.max_steps - len(self.steps) - 1
        if self.outcome is None:
            answer = f"{answer}\n[{self.stage}; {left} steps left]".lstrip("\n")
        tool = None if action.kind in (ActionKind.THINK, ActionKind.MALFORMED) else str(action.kind)
        observation = Observation(ok=ok, text=answer, tool=tool)
        self.steps.append(
            Step(
                stage=stage,
                skills=skills,
                text=text,
                action=action,
                observation=observation,
                sampling=sampling,
            )
        )
        return observation

    @abstractmethod
    def read(self, text: str) -> Action:
        """What the agent did with a turn; total."""

    @abstractmethod
    def perform(self, action: Action) -> tuple[bool, str]:
        """Do what an action of this mode's own tools says; whether it came off, and what the agent is told."""

    @abstractmethod
    def describe_skill(self, name: str) -> str:
        """The second level of disclosure of a skill on offer."""

    def _perform(self, action: Action) -> tuple[bool, str]:
        if action.kind is ActionKind.MALFORMED:
            return False, f"malformed: {action.arguments['reason']}"
        if action.kind in self.withheld:
            return False, f"{action.kind} is not available"
        if action.kind is ActionKind.READ:
            return self._read_skill(action.arguments["name"])
        if action.kind is ActionKind.EDIT:
            return self._edit(action.arguments.get("drop", []), action.arguments.get("add", []))
        if action.kind is not ActionKind.THINK:
            return self.perform(action)
        if not action.thought:
            self.outcome = Outcome.ABANDONED
            return False, "abandoned"
        return True, ""

    def _read_skill(self, name: str) -> tuple[bool, str]:
        if name not in (*self.skills, *self.spec.alternates):
            return False, f"{name[:60]} is neither active nor an alternate"
        return True, self.describe_skill(name)[:MAX_OBSERVATION]

    def _edit(self, drop: Sequence[str], add: Sequence[str]) -> tuple[bool, str]:
        allowed = {*self.spec.skills, *self.spec.alternates}
        if not drop and not add:
            return False, "nothing to drop or add"
        for name in drop:
            if name not in self.skills:
                return False, f"{name[:60]} is not active; active are {', '.join(self.skills)}"
        for name in add:
            if name not in allowed or name in self.skills:
                others = ", ".join(sorted(allowed - {*self.skills})) or "none"
                return False, f"{name[:60]} is active, or no alternate; not active are {others}"
        kept = [name for name in self.skills if name not in drop]
        edited = tuple(sorted({*kept, *add}))
        if not self.spec.minimum_skills <= len(edited) <= self.spec.maximum_skills:
            allowed_count = f"{self.spec.minimum_skills} to {self.spec.maximum_skills}"
            return False, f"{len(edited)} skills would be active; allowed are {allowed_count}"
        self.skills = edited
        return True, f"active skills: {', '.join(edited)}"

    def run(self, program: Program) -> tuple[bool, str]:
        """Run a program of the agent: whether it ended well, and what it looks like to the agent.

        Raises:
            SandboxFailedError: the sandbox failed, twice.
        """
        execution = self.sandbox.run(program)
        if execution.status is ExecutionStatus.FAILED:
            raise SandboxFailedError(execution.reason)
        return execution.status is ExecutionStatus.FINISHED and execution.exit_code == 0, describe(execution)


def describe(execution: Execution) -> str:
    """What a program's run looks like to the agent: its output, or in one line why it failed.

    Holds no path, address or time, so that the same run reads the same on every machine.
    """
    output = execution.stdout.decode("utf-8", "replace").replace("\x00", "\ufffd").strip()[:MAX_OBSERVATION]
    if execution.status is not ExecutionStatus.FINISHED:
        return f"{execution.status}: {execution.reason}"
    if execution.exit_code == 0:
        return output
    lines = execution.stderr.decode("utf-8", "replace").replace("\x00", "\ufffd").strip().splitlines()
    last = re.sub(r"^(\w+\.)+(?=\w+:)", "", lines[-1]) if lines else f"exit code {execution.exit_code}"
    return f"{output}\nfailed: {last[:1_000]}".lstrip("\n")
