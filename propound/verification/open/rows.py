"""What verification says of a row that somebody brings: whether its answer is right, for people and not for a dataset.

The stages are those of open mode, but the question is another one. A problem that is to be written is rejected for any
doubt; of a row it is told what the doubt is, and a wrong answer is suspected only where others agree on another one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from propound.answers import Agreement, AnswerKind, compare, infer_kind
from propound.domain import Domain
from propound.errors import SandboxFailedError
from propound.models.purpose import Origin
from propound.problem import TOKENS, CodingMode, Submission, Terms, Work
from propound.record import Record
from propound.solving.lint import Finding, Lint, lints
from propound.solving.reference import Reference, examine_reference
from propound.verification.committee import Standard
from propound.verification.consensus import Consensus, Outcome, consensus
from propound.verification.evidence import Evidence
from propound.verification.open.decision import Decision, decide
from propound.verification.open.row import Row
from propound.verification.open.verify import OpenVerification
from propound.verification.verifiers import Case
from propound.verification.vote import Defect, Rejection, Vote

FLAGGED = frozenset({Lint.ADDRESSES, Lint.HIDDEN})
"""What is told of a row's text: it may steer whoever reads it. Nothing is decided by this or any other lint of text."""
ILL = frozenset({Defect.AMBIGUOUS, Defect.UNDERSPECIFIED, Defect.CONTRADICTORY, Defect.UNSOLVABLE})
"""Defects that make a question one without an answer."""
FAMILIES = 2
"""That have to agree on another answer, before the row's is suspected."""
ROUNDED = 0.01
"""Relative difference up to which two decimals may be one number, written to other places."""
MAX_REASON = 500


class RowVerdict(StrEnum):
    """What comes of a row."""

    AGREES = "agrees"
    """Others come to its answer, from the question alone."""
    SUSPECTED_WRONG = "suspected_wrong"
    """All others come to one other answer: two families at least, and the audit where there is one."""
    DISPUTED = "disputed"
    """Others come to other answers, but not all to one, or not enough of them."""
    ILL_POSED = "ill_posed"
    """Two who looked find that the question has no one answer."""
    UNKNOWN = "unknown"
    """Nothing can be said: nobody solves it, too few do, or the row cannot be read."""


@dataclass(frozen=True)
class Judgement:
    """A verdict with its reason."""

    verdict: RowVerdict
    reason: str
    suggested: str | None = None
    """The other answer, where the row's is suspected to be wrong."""


class Result(Record):
    """What is given back for a row: a line of JSON."""

    id: str
    line: int
    """Of the file, or the place in the request, from 1."""
    verdict: RowVerdict
    reason: str
    """In a line, for people."""
    answer: str | None = None
    """The row's, as it was read; None where it was not."""
    suggested: str | None = None
    """The other answer, where the row's is suspected to be wrong."""
    flags: tuple[Finding, ...] = ()
    """What in its text may steer whoever reads it."""
    program: tuple[Finding, ...] = ()
    """What was found in its program."""
    failed: bool = False
    """Whether it could not be looked at: the row is not readable, or the sandbox failed."""
    evidence: Evidence | None = None
    """What every stage found."""


@dataclass(frozen=True)
class RowVerification:
    """Puts rows to the stages of open mode; safe to use from many threads at once."""

    stages: OpenVerification

    def verify(self, row: Row, line: int, origin: Origin) -> Result:
        """What comes of a row; equal rows of one origin get equal results.

        Raises:
            ServiceDownError: a solver's or a judge's server is down.
        """
        flags = tuple(each for each in lints(row.question, domain=row.domain) if each.lint in FLAGGED)
        known: dict[str, Any] = {"id": row.id, "line": line, "answer": row.answer, "flags": flags}
        try:
            program = _examined(row, self.stages)
            if row.domain is Domain.CODING and (program is None or program.coding is None):
                return Result(
                    verdict=RowVerdict.UNKNOWN,
                    reason=_why_no_coding(program),
                    program=_told(program),
                    **known,
                )
            case = Case(
                row.domain,
                Submission(
                    statement=row.question,
                    answer=row.answer,
                    open=Work(program=row.program, answer_kind=row.answer_kind) if row.program else None,
                ),
                row.answer_kind,
                row.relative_tolerance,
                origin=origin,
            )
            evidence, _ = self.stages.examine(case, _supporting(program))
        except SandboxFailedError as error:
            why = f"the sandbox failed: {error}"[:MAX_REASON]
            return Result(verdict=RowVerdict.UNKNOWN, reason=why, failed=True, **known)
        found = judged(evidence, program)
        return Result(
            verdict=found.verdict,
            reason=found.reason[:MAX_REASON],
            suggested=found.suggested,
            program=_told(program),
            evidence=evidence,
            **known,
        )


def judged(evidence: Evidence, program: Reference | None = None) -> Judgement:
    """What the evidence comes to for a row; `program` is what its own program was found to do, if it has one.

    The order of attempts and votes does not matter.
    """
    if evidence.reference is not None and evidence.reference.failure:
        return Judgement(RowVerdict.UNKNOWN, evidence.reference.failure)
    decision = decide(evidence)
    if evidence.attempts is None or not isinstance(decision, Decision):
        return Judgement(RowVerdict.UNKNOWN, "verification has not ended")
    agreed = consensus(evidence.standard, evidence.attempts, evidence.standing.rule)
    if agreed.outcome in (Outcome.UNSOLVED, Outcome.UNDECIDED):
        return Judgement(RowVerdict.UNKNOWN, agreed.rationale)
    if why := _ill_posed(evidence, agreed):
        return Judgement(RowVerdict.ILL_POSED, why)
    if agreed.outcome is Outcome.ACCEPTED:
        found = _accepted(evidence, agreed, decision)
    elif agreed.rival is not None:
        found = _against(evidence, agreed, agreed.rival)
    elif decision.rejection is None and agreed.clusters[0].attempts:
        found = Judgement(RowVerdict.AGREES, decision.rationale)
    else:
        found = Judgement(RowVerdict.DISPUTED, decision.rationale)
    if found.verdict is RowVerdict.AGREES and (own := _contradiction(program)):
        return Judgement(RowVerdict.DISPUTED, f"{own}; but {found.reason}")
    return found


def _ill_posed(evidence: Evidence, agreed: Consensus) -> str | None:
    """Why the question has no one answer: two say so, of the solvers' majority, the judges and the auditor."""
    naming = sorted(
        f"{vote.verifier} ({', '.join(sorted(ILL & {*vote.defects}))})"
        for vote in (*(evidence.votes or ()), *((evidence.audit,) if evidence.audit else ()))
        if ILL & {*vote.defects}
    )
    if agreed.outcome is Outcome.ILL_POSED:
        naming.append(agreed.rationale)
    settled = evidence.audit is not None and evidence.audit.valid
    return "; ".join(naming) if len(naming) >= FAMILIES and not settled else None


def _accepted(evidence: Evidence, agreed: Consensus, decision: Decision) -> Judgement:
    """The attempts come to the row's answer; judges or an audit may come to another one."""
    if decision.rejection is None:
        return Judgement(RowVerdict.AGREES, decision.rationale)
    votes = (*(evidence.votes or ()), *((evidence.audit,) if evidence.audit else ()))
    if any(_contradicts(vote, evidence.standard) for vote in votes):
        return Judgement(RowVerdict.DISPUTED, f"{agreed.rationale}; but {decision.rationale}")
    return Judgement(RowVerdict.AGREES, f"{agreed.rationale}; not settled: {decision.rationale}")


def _against(evidence: Evidence, agreed: Consensus, rival: str) -> Judgement:
    """All attempts come to another answer than the row's."""
    families = next(each.families for each in agreed.clusters[1:])
    if families < FAMILIES:
        why = f"{agreed.rationale}; one family alone may err together: ask models of a second one"
        return Judgement(RowVerdict.DISPUTED, why)
    if same_but_for_form(evidence.claim, rival):
        why = f"{agreed.rationale}; the two answers may be one in another form"
        return Judgement(RowVerdict.DISPUTED, why)
    if not evidence.standing.audits:
        why = f"{agreed.rationale}; nobody is there for an audit"
        return Judgement(RowVerdict.SUSPECTED_WRONG, why, rival)
    audit = evidence.audit
    assert audit is not None, "what is disputed is audited"
    standard = Standard(rival, evidence.kind, evidence.relative_tolerance)
    if audit.valid and audit.answer is not None and standard.compare(audit.answer).result is Agreement.EQUAL:
        return Judgement(RowVerdict.SUSPECTED_WRONG, f"{agreed.rationale}; the audit upholds it", rival)
    return Judgement(
        RowVerdict.DISPUTED, f"{agreed.rationale}; the audit does not uphold it: {audit.rationale}"
    )


def _contradicts(vote: Vote, standard: Standard) -> bool:
    """Whether somebody came to another answer."""
    if vote.abstention:
        return False
    if vote.rejection is Rejection.WRONG_ANSWER or Defect.WRONG_ANSWER in vote.defects:
        return True
    return vote.answer is not None and standard.compare(vote.answer).result is Agreement.NOT_EQUAL


def same_but_for_form(one: str, other: str) -> bool:
    """Whether two answers may be one, written in another way: rounded, in per cent, without a unit, in other brackets.

    Generous on purpose: it keeps a sound row from being suspected.
    """
    if any(_equal(*pair, AnswerKind.MULTISET) for pair in _either(_unbracketed(one), _unbracketed(other))):
        return True
    numbers = [_NUMBER.match(text.strip()) for text in (one, other)]
    bare = [
        found[0].strip(" $\\") if found else text for found, text in zip(numbers, (one, other), strict=True)
    ]
    if all(_WHOLE.fullmatch(text) for text in bare):
        return bare[0].replace(",", "") == bare[1].replace(",", "") and (one, other) != (bare[0], bare[1])
    hundredfold = ((1.0, 1.0), (100.0, 1.0), (1.0, 100.0))
    return any(
        _equal(*pair, AnswerKind.REAL, ROUNDED)
        for by, of in hundredfold
        for pair in _either(_times(bare[0], by), _times(bare[1], of))
    )


_NUMBER = re.compile(
    r"\\?\$? ?[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?= *(?:\\?[%°]|\\text|[A-Za-zµμΩ°]|$))"
)
_WHOLE = re.compile(r"[-+]?\d[\d,]*")


def _times(text: str, factor: float) -> str:
    return text if factor == 1.0 else f"{factor:g} * ({text})"


def _either(one: str, other: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (one, other), (other, one)


def _equal(gold: str, answer: str, kind: AnswerKind, tolerance: float | None = None) -> bool:
    found = compare(gold=gold, answer=answer, kind=kind, relative_tolerance=tolerance)
    return found.result is Agreement.EQUAL


def _unbracketed(text: str) -> str:
    return text.strip().removeprefix("\\").strip("{}[]()\\ ")


_TERMS = {
    mode: Terms.model_construct(  # a row has no cards, which a spec's terms must have
        cards=(), language="English", answer_kinds=(), coding=mode, max_tokens=TOKENS
    )
    for mode in CodingMode
}
_READS = re.compile(r"\binput\(|\bstdin\b|\bopen\(0\)")


def _examined(row: Row, stages: OpenVerification) -> Reference | None:
    """What the row's own program comes to."""
    if not row.program:
        return None
    mode = CodingMode.STDIN if _READS.search(row.program) else CodingMode.FUNCTION
    work = Work(program=row.program, answer_kind=row.answer_kind, generator=row.generator)
    claim = None if infer_kind(row.answer) is AnswerKind.PROGRAM else row.answer
    return examine_reference(row.question, work, claim, _TERMS[mode], row.domain, stages.sandbox, seed=0)


def _told(program: Reference | None) -> tuple[Finding, ...]:
    """What was found in the program, without what is said of the text."""
    if program is None:
        return ()
    return tuple(each for each in program.findings if each.lint not in _OF_TEXT)


_OF_TEXT = frozenset(
    {
        Lint.GIVES_AWAY,
        Lint.ASKS_TWO,
        Lint.ASKS_NOTHING,
        Lint.ADDRESSES,
        Lint.CUT_OFF,
        Lint.MARKUP,
        Lint.LABELS,
        Lint.HIDDEN,
        Lint.REPEATS,
        Lint.TOO_LONG,
        Lint.LANGUAGE,
        Lint.PLACEHOLDER,
    }
)


def _supporting(program: Reference | None) -> Reference | None:
    """The reference, as far as it speaks for the answer; a program that does not is told of, and skipped."""
    if program is None:
        return None
    kept = program.model_copy(update={"findings": _told(program)})
    if program.coding is not None:
        return kept.model_copy(update={"findings": ()})
    return None if kept.fault or kept.failure else kept


def _contradiction(program: Reference | None) -> str | None:
    """What the row's own program says against its answer."""
    return next((each.detail for each in _told(program) if each.lint is Lint.CLAIM), None)


def _why_no_coding(program: Reference | None) -> str:
    if program is None:
        return "a coding problem needs a program: a reference solution that the attempts are compared with"
    said = program.failure or next((each.detail for each in _told(program) if each.rejects), "")
    return f"its program gives no tests to compare with: {said}"[:MAX_REASON]


class Suspect(Record):
    """A row whose answer is suspected to be wrong, in the table of them."""

    id: str
    line: int
    answer: str | None
    suggested: str | None
    reason: str


class Summary(Record):
    """What came of a file of rows."""

    n: int
    by_verdict: dict[str, int]
    """Of every verdict, 0 included."""
    failed: int
    """Rows among the unknown ones that could not be looked at."""
    suspected: tuple[Suspect, ...]

    @classmethod
    def of(cls, results: Sequence[Result]) -> Summary:
        """The summary, in the order of the results."""
        counts = Counter(each.verdict for each in results)
        return cls(
            n=len(results),
            by_verdict={verdict.value: counts[verdict] for verdict in RowVerdict},
            failed=sum(each.failed for each in results),
            suspected=tuple(
                Suspect(
                    id=each.id,
                    line=each.line,
                    answer=each.answer,
                    suggested=each.suggested,
                    reason=each.reason,
                )
                for each in results
                if each.verdict is RowVerdict.SUSPECTED_WRONG
            ),
        )


def unread(name: str, line: int, reason: str) -> Result:
    """What is given back for a row that cannot be read."""
    return Result(id=name, line=line, verdict=RowVerdict.UNKNOWN, reason=reason[:MAX_REASON], failed=True)
