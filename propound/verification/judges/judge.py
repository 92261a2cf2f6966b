"""A member of the committee that asks a language model. Its answer counts as far as the answer checker agrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from propound.answers import Agreement, compare
from propound.config import Settings
from propound.policy.endpoint.endpoint import endpoint_of
from propound.policy.endpoint.errors import RequestRefusedError
from propound.policy.endpoint.policy import seed_of
from propound.policy.endpoint.reply import Reply
from propound.verification.committee import names_defect
from propound.verification.judges.case import prompt_version, question
from propound.verification.judges.parse import SCHEMA, Opinion, UnparsedError, parse_opinion
from propound.verification.verdict import Rejection, Vote
from propound.verification.verifiers import Case, Verifier

PROMPTS = ("solver", "sceptic", "reviewer")
"""The parts of the judges, in the order in which seats are given to them."""
MAX_TOKENS = 4_096
"""Longest reply of a judge."""
TEMPERATURE = 0.6
"""Of a judge's sampling; greedy decoding sends some reasoning models in circles."""


class Respondent(Protocol):
    """A language model that answers chat messages: an `Endpoint`, or an engine of this process."""

    model: str

    def ask(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        seed: int,
        temperature: float,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
    ) -> Reply:
        """The next message; see `Endpoint.ask`."""
        ...


class JudgeVerifier:
    """A judge: sees statement and trace, solves, and votes."""

    def __init__(self, respondent: Respondent, prompt: str = PROMPTS[0]) -> None:
        """`prompt` is the name of a file in `prompts/`; its hash is part of the name under which votes are kept."""
        self.respondent = respondent
        self.prompt = prompt
        self.name = f"judge/{prompt}:{respondent.model}@{prompt_version(prompt)}"

    def vote(self, case: Case) -> Vote:
        """Ask the model and check what it says.

        Raises:
            ServiceDownError: nobody answers; the episode is made again later.
        """
        asked = question(self.prompt, case)
        spec, member = case.trajectory.spec, case.trajectory.member
        try:
            reply = self.respondent.ask(
                asked.messages,
                seed=seed_of(str(spec.seed), str(member), self.prompt),
                temperature=TEMPERATURE,
                max_tokens=MAX_TOKENS,
                schema=SCHEMA,
            )
        except RequestRefusedError:
            return self._unparsed("the server refuses the request")
        if reply.finish_reason != "stop":
            return self._unparsed("the reply was cut off")
        try:
            opinion = parse_opinion(reply.text, asked.ticket)
        except UnparsedError as error:
            return self._unparsed(str(error))
        return self._checked(opinion, case)

    def _checked(self, opinion: Opinion, case: Case) -> Vote:
        """The vote: an answer that is not the gold one makes it invalid, a named defect rejects the problem."""
        gold = case.examination.direct or case.submission.answer
        valid, rejection, rationale = opinion.valid, None, opinion.rationale
        if opinion.valid:
            if opinion.answer is None:
                valid, rationale = False, f"valid, but without an answer: {rationale}"
                rejection = Rejection.UNDECIDED
            else:
                found = compare(
                    gold=gold,
                    answer=opinion.answer,
                    kind=case.kind,
                    relative_tolerance=case.relative_tolerance,
                )
                if found.result is not Agreement.EQUAL:
                    unequal = found.result is Agreement.NOT_EQUAL
                    valid, rejection = False, Rejection.WRONG_ANSWER if unequal else Rejection.UNDECIDED
                    rationale = f"own answer {opinion.answer[:80]}, gold {gold[:80]}: {rationale}"
        if names_defect(opinion.rationale):
            valid, rejection = False, Rejection.AMBIGUOUS
        return Vote(
            verifier=self.name,
            answer=opinion.answer,
            valid=valid,
            rationale=rationale[:300],
            rejection=rejection,
        )

    def _unparsed(self, reason: str) -> Vote:
        return Vote(
            verifier=self.name,
            answer=None,
            valid=False,
            rationale=f"unparsed: {reason}"[:300],
            rejection=Rejection.UNDECIDED,
        )


def open_judges(settings: Settings) -> tuple[Verifier, ...]:
    """As many judges at the endpoint as the settings say, each with its own part.

    Raises:
        ValueError: there are to be some, and no endpoint is named or installed.
    """
    if not settings.judges:
        return ()
    endpoint = endpoint_of(settings)
    return tuple(JudgeVerifier(endpoint, prompt) for prompt in PROMPTS[: settings.judges])
