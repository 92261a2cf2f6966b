"""The environment of procedural mode: draw from the skills' own scripts, check by reading back, submit."""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from propound.answers.limits import MAX_ANSWER
from propound.draft import DraftError, Drawn, expand, read_draw, unquoted
from propound.problem import ProblemSpec, Submission
from propound.proposing.environment import LIMITS, Environment
from propound.proposing.prompt import opening_messages
from propound.sandbox import Program, Sandbox
from propound.skills import Library
from propound.skills.library import TOOLKIT_ROOT
from propound.skills.toolkit import CATALOGUE
from propound.trajectory import Action, ActionKind, Outcome
from propound.transcript import parse_turn

_CHECK = "import json\nfrom toolkit import check\ncheck(**json.load(open('draft.json', encoding='utf-8')))"


class ProceduralEnvironment(Environment):
    """One decision process over a spec of procedural mode."""

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
        """See `Environment`; `library` holds the spec's skills."""
        super().__init__(spec, sandbox, max_steps, member, withheld)
        self.library = library
        self.prompt = opening_messages(spec, library, self.withheld)
        self.drawn = Drawn()
        """What was drawn last."""
        self.draft: Submission | None = None
        """What was checked last."""

    def read(self, text: str) -> Action:
        """See `propound.transcript`."""
        return parse_turn(text)

    def perform(self, action: Action) -> tuple[bool, str]:
        """Draw, check, run a program or submit."""
        if action.kind is ActionKind.DRAW:
            return self._draw(**action.arguments)
        if action.kind is ActionKind.CHECK:
            return self._check(action.arguments)
        if action.kind is ActionKind.EXEC:
            return self._exec(action.arguments["code"])
        return self._submit(action.arguments)

    def describe_skill(self, name: str) -> str:
        """The package's body, with its front matter where the prompt does not hold it."""
        package = self.library[name]
        known = () if name in self.spec.skills else (package.front_matter(),)
        return "\n\n".join((*known, package.body))

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

    def _exec(self, code: str, files: Mapping[str, bytes] = MappingProxyType({})) -> tuple[bool, str]:
        catalogue = json.dumps(self.library.catalogue(self.skills)).encode()
        given = {CATALOGUE: catalogue, **files}
        return self.run(Program(code, files=given, python_path=(TOOLKIT_ROOT,), limits=LIMITS))
