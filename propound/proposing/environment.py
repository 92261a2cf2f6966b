"""The environment of one episode: takes the agent's turns, answers with observations, ends with an outcome.

It is single-use. It runs the agent's programs in the sandbox and judges nothing: whether the submitted
problem is any good is for verification, after the episode.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from propound.answers.limits import MAX_ANSWER
from propound.draft import DraftError, Drawn, expand, read_draw, unquoted
from propound.errors import SandboxFailedError
from propound.problem import ProblemSpec, Submission
from propound.proposing.prompt import opening_messages
from propound.proposing.stage import next_stage
from propound.sandbox import Execution, ExecutionStatus, Limits, Program, Sandbox
from propound.skills import Library
from propound.skills.library import TOOLKIT_ROOT
from propound.skills.toolkit import CATALOGUE
from propound.trajectory import Action, ActionKind, Observation, Outcome, Sampling, Stage, Step, Unrecorded
from propound.transcript import parse_turn

MAX_OBSERVATION = 4_000
"""Longest text of an observation, in characters."""
LIMITS = Limits(wall_s=30.0, cpu_s=10.0, memory_mb=512)
"""Of one program of the agent."""
_CHECK = "import json\nfrom toolkit import check\ncheck(**json.load(open('draft.json', encoding='utf-8')))"


class Environment:
    """One decision process over a spec."""

    def __init__(
        self,
        spec: ProblemSpec,
        library: Library,
        sandbox: Sandbox,
        max_steps: int,
        member: int = 0,
        *,
        withheld: Collection[ActionKind] = (),
    ) -> None:
        """`withheld` tools are neither offered nor performed: for measuring what each is worth."""
        self.spec = spec
        self.withheld = frozenset(withheld)
        self.member = member
        self.library = library
        self.sandbox = sandbox
        self.max_steps = max_steps
        self.prompt = opening_messages(spec, library, self.withheld)
        self.stage = Stage.DRAFT
        self.skills: tuple[str, ...] = spec.skills
        self.steps: list[Step] = []
        self.outcome: Outcome | None = None
        self.drawn = Drawn()
        """What was drawn last."""
        self.draft: Submission | None = None
        """What was checked last."""
        self.submission: Submission | None = None

    def step(
        self, text: str, sampling: Sampling | Unrecorded | None = None, flaw: str | None = None
    ) -> Observation:
        """Take one turn of the agent; `flaw` says why it is not whole, and is its answer unless it holds a call.

        Raises:
            SandboxFailedError: the sandbox failed, twice.
        """
        assert self.outcome is None, "the episode is over"
        action = parse_turn(text)
        if flaw is not None and action.kind in (ActionKind.THINK, ActionKind.MALFORMED):
            action = Action(kind=ActionKind.MALFORMED, thought=action.thought[:2_000], arguments={"reason": flaw})
        stage, skills = self.stage, self.skills
        ok, answer = self._perform(action)
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

    def _perform(self, action: Action) -> tuple[bool, str]:
        if action.kind is ActionKind.MALFORMED:
            return False, f"malformed: {action.arguments['reason']}"
        if action.kind in self.withheld:
            return False, f"{action.kind} is not available"
        if action.kind is ActionKind.READ:
            return self._read(action.arguments["name"])
        if action.kind is ActionKind.DRAW:
            return self._draw(**action.arguments)
        if action.kind is ActionKind.CHECK:
            return self._check(action.arguments)
        if action.kind is ActionKind.EXEC:
            return self._exec(action.arguments["code"])
        if action.kind is ActionKind.EDIT:
            return self._edit(action.arguments.get("drop", []), action.arguments.get("add", []))
        if action.kind is ActionKind.SUBMIT:
            return self._submit(action.arguments)
        if not action.thought:
            self.outcome = Outcome.ABANDONED
            return False, "abandoned"
        return True, ""

    def _read(self, name: str) -> tuple[bool, str]:
        if name not in (*self.skills, *self.spec.alternates):
            return False, f"{name[:60]} is neither active nor an alternate"
        package = self.library[name]
        known = () if name in self.spec.skills else (package.front_matter(),)
        return True, "\n\n".join((*known, package.body))[:MAX_OBSERVATION]

    def _draw(self, skills: Sequence[str] = (), seed: int | None = None) -> tuple[bool, str]:
        if seed is None:
            seed = random.Random(f"{self.spec.seed}:{self.member}:{len(self.steps)}:draw").randrange(2**32)
        names = json.dumps(skills or list(self.skills))
        ok, text = self._exec(
            f"from toolkit import draw\ndraw({names}, seed={seed}, level={self.spec.level})"
        )
        if ok:
            self.drawn = read_draw(text)
        return ok, text

    def _check(self, arguments: Mapping[str, Any]) -> tuple[bool, str]:
        try:
            self.draft = self._written(arguments)
        except DraftError as error:
            return False, f"failed: {error}"
        draft = self.draft.model_dump_json(include={"statement", "answer"}).encode()
        ok, text = self._exec(_CHECK, {"draft.json": draft})
        missing = [] if ok else unquoted(arguments["statement"], self.drawn)
        return ok, f"{text}; not quoted: {', '.join(missing)}" if missing else text

    def _written(self, arguments: Mapping[str, Any]) -> Submission:
        """What the agent means, with the quotes of the last draw replaced."""
        texts = {part: expand(arguments[part], self.drawn) for part in ("statement", "answer")}
        if len(texts["answer"]) > MAX_ANSWER:
            raise DraftError(f"the answer is longer than {MAX_ANSWER} characters")
        return Submission.model_validate({**arguments, **texts})

    def _submit(self, arguments: dict[str, Any]) -> tuple[bool, str]:
        try:
            submission = self._written(arguments) if arguments.get("statement") else self.draft
        except DraftError as error:
            return False, f"failed: {error}"
        if submission is None:
            return False, "no draft has been checked: give statement and answer"
        self.submission = submission
        self.outcome = Outcome.SUBMITTED
        return True, "submitted"

    def _edit(self, drop: list[str], add: list[str]) -> tuple[bool, str]:
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

    def _exec(self, code: str, files: Mapping[str, bytes] = MappingProxyType({})) -> tuple[bool, str]:
        catalogue = json.dumps(self.library.catalogue(self.skills)).encode()
        given = {CATALOGUE: catalogue, **files}
        execution = self.sandbox.run(Program(code, files=given, python_path=(TOOLKIT_ROOT,), limits=LIMITS))
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
