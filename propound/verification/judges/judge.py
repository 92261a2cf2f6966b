"""A member of the committee that asks a language model. Its answer counts as far as the answer checker agrees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from propound.answers import Agreement
from propound.models.client import Client, cut_off
from propound.models.errors import RequestError
from propound.models.marks import Marks
from propound.models.purpose import Purpose, Role, seed_of
from propound.models.reply import FinishReason
from propound.verification.judges.opinion import SCHEMA, NoVoteError, Opinion, parse_opinion
from propound.verification.judges.question import Question, prompt_version, question
from propound.verification.verifiers import Case
from propound.verification.vote import Abstention, Rejection, Vote

PARTS = ("solver", "sceptic", "reviewer")
"""The parts of the judges, in the order in which seats are given to them."""
TEMPERATURE = 0.6
"""Of a judge's sampling; greedy decoding sends some reasoning models in circles."""


class Judge:
    """A member of the committee that asks a model: sees what its part may see, solves, and votes."""

    def __init__(self, client: Client, part: str) -> None:
        """`part` is the name of a file in `prompts/`; its hash is part of the name under which votes are kept."""
        self.client = client
        self.part = part
        self.name = f"judge/{part}:{client.model.name}@{prompt_version(part)}"

    def vote(self, case: Case) -> Vote:
        """Ask the model and check what it says.

        Raises:
            ServiceDownError: nobody answers; the episode is made again later.
        """
        asked = question(self.part, case, Marks(self.client.ledger.secret))
        try:
            reply = put(self.client, asked, case, Role.JUDGE, part=self.part, schema=SCHEMA)
            return self._checked(parse_opinion(reply, asked.ticket), case)
        except NoVoteError as error:
            return abstained(self.name, error)

    def _checked(self, opinion: Opinion, case: Case) -> Vote:
        """The vote: an answer that is not the gold one makes it invalid, one that cannot be compared none at all."""
        abstention, rejection, rationale = None, None, opinion.rationale
        valid = opinion.valid
        if valid and opinion.answer is None:
            valid, abstention = False, Abstention.UNDECIDED
            rationale = f"valid, but without an answer: {rationale}"
        elif valid and opinion.answer is not None:
            found = case.standard.compare(opinion.answer)
            if found.result is not Agreement.EQUAL:
                valid = False
                rationale = f"own answer {opinion.answer[:80]}, gold {case.standard.gold[:80]}: {rationale}"
                if found.result is Agreement.NOT_EQUAL:
                    rejection = Rejection.WRONG_ANSWER
                else:
                    abstention = Abstention.UNDECIDED
        return Vote(
            verifier=self.name,
            answer=opinion.answer,
            valid=valid,
            rationale=rationale[:300],
            rejection=abstention.rejection if abstention else rejection,
            defects=opinion.defects,
            abstention=abstention,
        )


def abstained(name: str, error: NoVoteError) -> Vote:
    """The vote of somebody who has none."""
    return Vote(
        verifier=name,
        answer=None,
        valid=False,
        rationale=f"{error.abstention}: {error}"[:300],
        rejection=error.abstention.rejection,
        abstention=error.abstention,
    )


def put(
    client: Client, asked: Question, case: Case, role: Role, *, part: str, schema: Mapping[str, Any]
) -> str:
    """The whole text of the model's reply, thought left out.

    Raises:
        NoVoteError: the request failed, or the reply was cut off.
        ServiceDownError: nobody answers.
    """
    try:
        reply = client.ask(
            asked.messages,
            purpose=Purpose(origin=case.origin, member=case.member, role=role, part=part),
            seed=seed_of(str(case.seed), str(case.member), part),
            temperature=TEMPERATURE,
            schema=schema,
        )
    except RequestError as error:
        raise NoVoteError(str(error), Abstention.FAILED) from None
    if (cut := cut_off(reply)) is not None:
        withheld = reply.finish_reason is FinishReason.FILTERED
        raise NoVoteError(cut, Abstention.FAILED if withheld else Abstention.UNPARSED)
    return reply.text
