"""The committee's acceptance rule (method section 7), as pure functions over votes.

Accepted when all hold: at least two votes are valid; no rationale names ambiguity, under-specification or
unsolvability; the answers agree, or an auditor settles the difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from propound.answers import Agreement, compare
from propound.answers.kinds import AnswerKind
from propound.verification.verdict import Rejection, Vote

QUORUM = 2
"""Valid votes that an accepted problem needs."""

_DEFECT = re.compile(
    r"ambigu|under[- ]?(?:specif|determin)|unsolvab|not solvable|cannot be solved|insufficient information"
    r"|missing information|ill[- ]posed|more than one (?:answer|reading)",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"(?:\b(?:no|not|isn't|nothing|without|neither|nor)\b[^.;]{0,24}|\bun)$", re.IGNORECASE)


@dataclass(frozen=True)
class Decision:
    """The committee's decision: why not, or the answer that stands."""

    rejection: Rejection | None
    rationale: str
    answer: str | None = None


Auditor = Callable[[Sequence[Vote]], str | None]
"""Looks again when answers differ; returns the answer that stands, or None."""


def names_defect(rationale: str) -> str | None:
    """The words with which a rationale names a defect of the statement, unless it denies it; else None."""
    for match in _DEFECT.finditer(rationale):
        if not _NEGATED.search(rationale[: match.start()]):
            return match.group(0)
    return None


def decide(
    votes: Sequence[Vote],
    auditor: Auditor,
    *,
    gold: str,
    kind: AnswerKind,
    relative_tolerance: float | None = None,
) -> Decision:
    """Apply the acceptance rule; answers agree when each is the same as `gold`, what the examination came to."""
    for vote in votes:
        if vote.rejection in (Rejection.AMBIGUOUS, Rejection.DEGENERATE, Rejection.GIVEN_AWAY):
            return Decision(vote.rejection, f"{vote.verifier}: {vote.rationale}")
        defect = names_defect(vote.rationale)
        if defect:
            return Decision(
                Rejection.AMBIGUOUS, f"{vote.verifier} names a defect ({defect}): {vote.rationale}"
            )
    valid = [vote for vote in votes if vote.valid]
    if len(valid) < QUORUM:
        first = next(vote for vote in votes if not vote.valid)
        return Decision(first.rejection or Rejection.OUTVOTED, f"{first.verifier}: {first.rationale}")
    answers = [vote.answer for vote in votes if vote.answer is not None]
    if not answers:
        return Decision(Rejection.UNDECIDED, "no verifier came to an answer")
    results = [
        compare(gold=gold, answer=answer, kind=kind, relative_tolerance=relative_tolerance)
        for answer in answers
    ]
    if all(result.result is Agreement.EQUAL for result in results):
        return Decision(
            None, f"{len(valid)} of {len(votes)} votes are valid and the answers agree", answers[0]
        )
    settled = auditor(votes)
    if settled is None:
        return Decision(Rejection.DISPUTED, "the answers differ: " + "; ".join(dict.fromkeys(answers))[:300])
    return Decision(None, "the answers differed; the second audit settled it", settled)
