"""The second audit by a model: asked only where judges named a defect, or came to different answers.

It works the problem out blind, and only then sees what others answered - their answers alone, never their prose, in an
order that says nothing. It settles the matter only if both looks come to the same.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from propound.answers import Agreement
from propound.models.client import Client
from propound.models.marks import Marks
from propound.models.purpose import Role
from propound.verification.committee import Standard
from propound.verification.judges.judge import abstained, put
from propound.verification.judges.opinion import (
    CHOICE_SCHEMA,
    SCHEMA,
    NoVoteError,
    Opinion,
    parse_choice,
    parse_opinion,
)
from propound.verification.judges.question import LETTERS, choice, prompt_version, question
from propound.verification.verifiers import Case
from propound.verification.vote import Abstention, Vote

PART = "auditor"


class ModelAuditor:
    """An auditor that asks a model, twice."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.name = f"audit:{client.model.name}@{prompt_version(PART)}"

    def audit(self, case: Case, answers: Sequence[str]) -> Vote:
        """See `propound.verification.verifiers.Auditor`."""
        marks = Marks(self.client.ledger.secret)
        asked = question(PART, case, marks)
        try:
            reply = put(self.client, asked, case, Role.AUDITOR, part=PART, schema=SCHEMA)
            blind = parse_opinion(reply, asked.ticket)
            if blind.valid:
                return self._compared(blind, case, answers, marks)
        except NoVoteError as error:
            return abstained(self.name, error)
        return Vote(
            verifier=self.name,
            answer=blind.answer,
            valid=False,
            rationale=blind.rationale[:300],
            defects=blind.defects,
        )

    def _compared(self, blind: Opinion, case: Case, answers: Sequence[str], marks: Marks) -> Vote:
        """The vote after a look at what others answered: valid where that is what it came to itself.

        Raises:
            NoVoteError: it is not, or there is no such look.
        """
        own = blind.answer
        if own is None:
            raise NoVoteError("valid, but without an answer", Abstention.UNDECIDED)
        candidates = distinct([case.standard.gold, *answers], case.standard)
        shuffled = random.Random(marks.draw("order", case.submission.statement, *candidates))
        shuffled.shuffle(candidates)
        asked = choice(case, candidates, marks)
        reply = put(self.client, asked, case, Role.AUDITOR, part="choice", schema=CHOICE_SCHEMA)
        chosen = parse_choice(reply, asked.ticket, LETTERS[: len(candidates)])
        if chosen.letter is None:
            why = f"none of the answers, own {own[:80]}: {chosen.rationale}"
            raise NoVoteError(why, Abstention.UNDECIDED)
        taken = candidates[LETTERS.index(chosen.letter)]
        standard = Standard(taken, case.kind, case.relative_tolerance)
        if standard.compare(own).result is not Agreement.EQUAL:
            why = f"own answer {own[:80]}, then {taken[:80]}: {chosen.rationale}"
            raise NoVoteError(why, Abstention.UNDECIDED)
        return Vote(verifier=self.name, answer=taken, valid=True, rationale=blind.rationale[:300])


def distinct(answers: Sequence[str], standard: Standard) -> list[str]:
    """The answers without repetitions of the same value, at most as many as there are letters."""
    kept: list[str] = []
    for answer in dict.fromkeys(answers):
        held = (Standard(each, standard.kind, standard.relative_tolerance) for each in kept)
        if all(each.compare(answer).result is not Agreement.EQUAL for each in held):
            kept.append(answer)
    return kept[: len(LETTERS)]
