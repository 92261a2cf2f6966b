"""Verdicts of open mode once more, from what was stored: no model, no sandbox, the rules alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pydantic import Field

from propound.record import Record
from propound.verification.evidence import Evidence
from propound.verification.labelled import Labelled
from propound.verification.open.decision import Decision, Stage, decide

ACCEPTED = "accepted"
MISSING = "missing"
"""How a verdict is called for which a stage is needed that was not recorded."""


class Replayed(Record):
    """A verdict beside the one that its evidence gives now."""

    id: str
    stored: str
    """The stored reason, or `accepted`."""
    again: str
    """The reason by the rules of now, `accepted`, or `missing`."""
    answer: str | None = None
    """The gold answer that the evidence gives."""
    rationale: str = ""

    @property
    def differs(self) -> bool:
        """Whether they are two verdicts."""
        return self.stored != self.again


def replay(id: str, stored: str, evidence: Evidence, answer: str | None = None) -> Replayed:  # noqa: A002
    """The verdict again; `stored` is the stored reason or `accepted`, `answer` the stored gold answer where there is
    one."""
    found = decide(evidence)
    if isinstance(found, Stage):
        return Replayed(id=id, stored=stored, again=MISSING, rationale=f"{found} was not recorded")
    again = verdict_of(found)
    if again == ACCEPTED and answer is not None and found.answer != answer:
        said = f"the gold answer is {found.answer}, not {answer}"
        return Replayed(id=id, stored=stored, again="other_answer", answer=found.answer, rationale=said[:300])
    return Replayed(id=id, stored=stored, again=again, answer=found.answer, rationale=found.rationale[:300])


def verdict_of(decision: Decision) -> str:
    """The reason of a rejection, or `accepted`."""
    return ACCEPTED if decision.rejection is None else decision.rejection.value


class Tally(Record):
    """What rules make of labelled problems."""

    n: int
    """Problems with recorded replies."""
    accepted: int
    wrong_accepted: int
    """Accepted though something is wrong with them."""
    right_rejected: int
    """Not accepted though nothing is wrong with them."""
    by_reason: dict[str, int]
    """Rejections, the most frequent reason first."""
    accepted_by_label: dict[str, int] = Field(default_factory=dict)


def tally(rows: Iterable[Labelled]) -> Tally:
    """The verdicts of the recorded evidence, counted."""
    known = [(row, _again(row.evidence)) for row in rows if row.evidence is not None]
    accepted = [row for row, verdict in known if verdict == ACCEPTED]
    reasons = Counter(verdict for _, verdict in known if verdict != ACCEPTED)
    return Tally(
        n=len(known),
        accepted=len(accepted),
        wrong_accepted=sum(not row.is_right for row in accepted),
        right_rejected=sum(row.is_right and verdict != ACCEPTED for row, verdict in known),
        by_reason=dict(reasons.most_common()),
        accepted_by_label=dict(Counter(row.label.value for row in accepted).most_common()),
    )


def _again(evidence: Evidence) -> str:
    found = decide(evidence)
    return MISSING if isinstance(found, Stage) else verdict_of(found)
