"""The environment of open mode: the agent writes everything itself; drafts are run and looked through, never judged.

No model is asked here, so that nothing that an agent is told can be farmed; who decides comes after the episode.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from propound.answers import AnswerKind
from propound.answers.kinds import kind_named
from propound.answers.limits import MAX_ANSWER
from propound.domain import Domain
from propound.problem import MAX_STATEMENT, ProblemSpec, Submission, Terms, Work
from propound.proposing.drafts import Draft, read_turn
from propound.proposing.environment import LIMITS, MAX_OBSERVATION, Environment
from propound.proposing.open_prompt import open_messages
from propound.sandbox import Program, Sandbox
from propound.solving.given import SlotError, fill, read_given
from propound.solving.reference import Reference, examine_reference
from propound.trajectory import Action, ActionKind, Outcome

_SLOT = re.compile(r"\{[A-Za-z_]\w*\}")
ONE_SHOT = (ActionKind.CHECK, ActionKind.EXEC, ActionKind.EDIT, ActionKind.READ, ActionKind.THINK)
"""The tools to withhold for one-pass synthesis: the first draft is handed in."""


AGAIN = "Write the whole draft again, mended: <statement>, </statement>, and the block of Python."
HAND_IN = "If it is a good problem, answer with the one word: submit"
"""What comes next, in words that small models follow."""


class DraftError(Exception):
    """What is lacking before a draft can be checked or handed in, in words for the agent."""


class OpenEnvironment(Environment):
    """One decision process over a spec of open mode."""

    def __init__(
        self,
        spec: ProblemSpec,
        sandbox: Sandbox,
        max_steps: int,
        member: int = 0,
        *,
        withheld: Collection[ActionKind] = (),
    ) -> None:
        """See `Environment`; the spec brings its cards along."""
        super().__init__(spec, sandbox, max_steps, member, withheld)
        assert spec.open is not None, "a spec of open mode has terms"
        self.terms: Terms = spec.open
        self.prompt = open_messages(spec, self.terms, self.withheld)
        self.draft: Draft | None = None
        """All that was drafted so far."""
        self.checked: tuple[Draft, Reference] | None = None
        """The draft that was checked last, and what was found."""

    def read(self, text: str) -> Action:
        """See `propound.proposing.drafts`. Where nothing is checked, a draft is handed in."""
        action = read_turn(text)
        if action.kind is ActionKind.CHECK and ActionKind.CHECK in self.withheld:
            return action.model_copy(update={"kind": ActionKind.SUBMIT})
        return action

    def perform(self, action: Action) -> tuple[bool, str]:
        """Check, run a program or submit."""
        if action.kind is ActionKind.EXEC:
            return self._exec(action.arguments.get("code"))
        self.draft = Draft.of(action.arguments).over(self.draft)
        is_repeated = self.checked is not None and self.checked[0] == self.draft
        try:
            statement, work, reference = self._examined(self.draft)
        except DraftError as error:
            return False, f"failed: {error}"
        has_passed = reference.fault is None and not reference.failure
        if action.kind is ActionKind.CHECK and not (is_repeated and has_passed):
            return self._report(reference, is_repeated=is_repeated)
        answer = self.draft.answer or reference.answer
        if answer is None:
            return self._report(reference, is_repeated=is_repeated)
        self.submission = Submission(statement=statement, answer=answer[:MAX_ANSWER], open=work)
        self.outcome = Outcome.SUBMITTED
        return True, "submitted"

    def describe_skill(self, name: str) -> str:
        """The card's body, with its front where the prompt does not hold it."""
        card = self.terms.card(name)
        known = () if name in self.spec.skills else (card.front(),)
        return "\n\n".join((*known, card.body or card.description))

    def _exec(self, code: str | None) -> tuple[bool, str]:
        program = code or (self.draft.program if self.draft else "")
        if not program:
            return False, "no program: write it in a block that begins with ```python"
        return self.run(Program(program, files=self._scripts(), limits=LIMITS))

    def _scripts(self) -> dict[str, bytes]:
        """Third level of the active skills: programs that help to check, beside the agent's own."""
        cards = [self.terms.card(name) for name in self.skills]
        return {path: source.encode() for card in cards for path, source in card.modules.items()}

    def _examined(self, draft: Draft) -> tuple[str, Work, Reference]:
        """Statement and work as they would be handed in, and what stage 1 finds in them.

        Raises:
            DraftError: something is lacking.
        """
        statement, work = written(draft)
        if self.checked is None or self.checked[0] != draft:
            found = examine_reference(
                statement,
                work,
                draft.answer or None,
                self.terms,
                self.spec.domain,
                self.sandbox,
                seed=self.spec.seed,
            )
            self.checked = (draft, found)
        return statement, work, self.checked[1]

    def _report(self, reference: Reference, *, is_repeated: bool) -> tuple[bool, str]:
        """What the agent is told of its draft, and what to do next; it passed where nothing rejects it."""
        lines = [f"- {finding.lint}: {finding.detail}"[:600] for finding in reference.findings]
        if reference.failure:
            return False, f"failed: {reference.failure}"[:MAX_OBSERVATION]
        if reference.fault is not None:
            begin = "failed, as before: it is the same draft" if is_repeated else "failed"
            return False, "\n".join([f"{begin}:", *lines, AGAIN])[:MAX_OBSERVATION]
        shown = reference.answer or ""
        if self.spec.domain is Domain.CODING:
            tests = reference.coding
            shown = (
                f"{len(tests.tests)} tests, {tests.killed} of {tests.mutants} mutants killed" if tests else ""
            )
        lines.insert(0, f"passed: {shown[:400]}")
        lines.append(HAND_IN)
        return True, "\n".join(lines)[:MAX_OBSERVATION]


def written(draft: Draft) -> tuple[str, Work]:
    """The statement of a draft, its slots filled with what GIVEN names, and what else its author hands in.

    Raises:
        DraftError: a part is lacking, or the slots cannot be filled.
    """
    if not draft.statement:
        raise DraftError("no statement: write it between <statement> and </statement>")
    if not draft.program:
        raise DraftError("no program: write it in a block that begins with ```python")
    kind: AnswerKind | None = None
    if draft.kind:
        try:
            kind = kind_named(draft.kind)
        except KeyError:
            known = ", ".join(each.value for each in AnswerKind)
            raise DraftError(f"{draft.kind[:40]} is no kind of answer; kinds are {known}") from None
    statement, template = draft.statement, ""
    given: Mapping[str, Any] = read_given(draft.program)
    if given and any(slot[1:-1] in given for slot in _SLOT.findall(statement)):
        try:
            statement, template = fill(statement, given), statement
        except SlotError as error:
            raise DraftError(str(error)) from None
        if len(statement) > MAX_STATEMENT:
            raise DraftError(f"with its slots filled the statement is longer than {MAX_STATEMENT} characters")
    work = Work(program=draft.program, answer_kind=kind, template=template, generator=draft.generator)
    return statement, work
