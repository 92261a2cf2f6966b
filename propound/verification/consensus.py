"""What blind attempts say of a claimed answer: a pure function of claim, attempts and rule, for verdicts and replay.

Attempts that come to the claimed answer are for it, those that come to another are its rivals. Accepted is what enough
attempts of enough families come to, with few rivals:

- a majority of those who were asked find the statement not well posed -> ill_posed, whatever they answer;
- the claim is the largest cluster, has support of enough attempts and families, few rivals -> accepted;
- anything else with support and a rival -> disputed; nobody for it, but two for one rival -> disputed;
- nobody for it, and rivals scatter -> unsolved;
- too few answers for any of these -> undecided.

Comparing is neither symmetric nor transitive. An attempt is for the claim if the claim, as the gold answer, equals it.
Rivals are of one cluster if they are linked by pairs that are equal in either direction, so a cluster is as large as it
can be said to be; a rival is named as a correction only if all pairs are equal in both. An answer that cannot be
compared with the claim counts on neither side; but where acceptance hangs on it, it is undecided.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from itertools import permutations
from typing import NamedTuple, Self

from pydantic import Field, model_validator

from propound.answers import Agreement, AnswerKind, compare, extract, infer_kind
from propound.record import Record
from propound.solving.asking import Asking
from propound.solving.attempt import Attempt
from propound.verification.committee import Standard

SMALL = 10
"""Whole numbers from 0 to this are a small answer space."""


class Rule(Record):
    """When attempts are enough. Stored with the verdicts that it gave."""

    families: int = Field(default=2, ge=1)
    """Families that have to agree with the claim, where so many solve."""
    attempts: int = Field(default=4, ge=1, le=16)
    """Most attempts of a family."""
    agree: int = Field(default=2, ge=1)
    """Attempts that have to agree with the claim."""
    small: int = Field(default=1, ge=0)
    """So many more where the answer space is small. Where k wrong answers are equally likely, a solver that errs meets
    an author who errs with probability 1/k, and two of them do with 1/k^2: 1 in 10,000 for whole numbers up to 100, but
    1 in 100 for those up to 10, and always for yes and no (k = 1). One more agreeing attempt divides that by k once
    more; for yes and no it helps only as far as solvers are right."""
    rivals: float = Field(default=0.25, ge=0, lt=0.5)
    """Largest share that rivals may have of the attempts for and against the claim."""
    rivals_alone: float = Field(default=0.2, ge=0, lt=0.5)
    """The same where all solvers are of one family, and err together: of up to four attempts, none."""
    vetoes: int = Field(default=2, ge=1)
    """Fewest who find the statement not well posed, besides being a majority of those asked."""
    unanimous: int | None = Field(default=3, ge=2)
    """Attempts with an answer that have to agree on another one than the claimed, with nobody against them, for it to
    be named as a correction. None: corrections are not looked for, and attempts end earlier."""
    asking: Asking = Asking.NOT
    """How solvers are asked whether the statement is well posed; where they are not, what they say of it is ignored."""
    reasons: bool = True
    """Whether attempts go on until the reason of a rejection is certain, as an audit of disputed problems needs it; if
    not, they end as soon as acceptance is out of reach."""

    @model_validator(mode="after")
    def _stricter_alone(self) -> Self:
        if self.rivals_alone > self.rivals:
            raise ValueError(
                "rivals_alone is larger than rivals: one family alone is held to a stricter share"
            )
        return self


class Outcome(StrEnum):
    """What attempts come to."""

    ACCEPTED = "accepted"
    """Enough of them come to the claimed answer."""
    UNSOLVED = "unsolved"
    """None comes to the claimed answer, and no two to the same other one."""
    DISPUTED = "disputed"
    """Some come to the claimed answer and some to others, or several to one other."""
    ILL_POSED = "ill_posed"
    """Most who were asked find the statement not well posed."""
    UNDECIDED = "undecided"
    """Too few came to an answer that can be compared."""


class Cluster(Record):
    """Attempts that come to the same answer."""

    answer: str
    """As most of them write it."""
    attempts: int
    families: int
    is_claim: bool = False


class Consensus(Record):
    """The outcome with what it rests on."""

    outcome: Outcome
    rationale: str
    clusters: tuple[Cluster, ...]
    """The claim's first, though nobody may be for it; then rivals by size."""
    unclear: int = 0
    """Answers that could not be compared with the claim."""
    unanswered: int = 0
    """Attempts without an answer."""
    families: int
    """Families that solve; 1: the verifiers of this problem share a family, and may err together."""
    needed: int
    """Attempts for the claim that acceptance takes."""
    ill_posed: int = 0
    """Attempts that find the statement not well posed, where they are asked."""
    asked: int = 0
    """Attempts that say whether it is."""
    rival: str | None = None
    """Another answer that all attempts agree on, where that is enough for a correction."""


def family_of(attempt: Attempt) -> str:
    """Who the attempt may err together with."""
    return attempt.family or attempt.solver


def consensus(claim: Standard, attempts: Sequence[Attempt], rule: Rule) -> Consensus:
    """What the attempts come to; their order does not matter."""
    field = _Field.of(claim, attempts)
    terms = _Terms.of(claim, field, rule)
    outcome = _outcome(field.count, terms)
    possible = _possible(field, terms, {})
    if Outcome.ACCEPTED in possible and len(possible) > 1:
        outcome = Outcome.UNDECIDED
    clusters = (
        Cluster(answer=claim.gold, attempts=field.count.claim, families=field.count.families, is_claim=True),
        *(
            Cluster(answer=rival.answer, attempts=rival.families.total(), families=len(rival.families))
            for rival in field.rivals
        ),
    )
    return Consensus(
        outcome=outcome,
        rationale=_rationale(outcome, clusters, field, terms),
        clusters=clusters,
        unclear=field.unclear.total(),
        unanswered=field.unanswered,
        families=len(field.solving),
        needed=terms.needed,
        ill_posed=field.count.flawed if terms.asks else 0,
        asked=field.count.sound + field.count.flawed if terms.asks else 0,
        rival=_correction(field, terms) if outcome is Outcome.DISPUTED else None,
    )


def decided(claim: Standard, attempts: Sequence[Attempt], rule: Rule, remaining: Mapping[str, int]) -> bool:
    """Whether nothing that the remaining attempts may come to changes the decision.

    `remaining` holds how many attempts of each family are still possible. True means that with all of them, or any
    part of them, whatever they say, outcome and correction stay as they are; without `rule.reasons`, that what is
    accepted stays accepted and what is rejected stays rejected. False may be too careful.
    """
    left = {family: number for family, number in remaining.items() if number > 0}
    if not left:
        return True
    field = _Field.of(claim, attempts)
    if not left.keys() <= field.solving:
        return False
    terms = _Terms.of(claim, field, rule)
    now = consensus(claim, attempts, rule).outcome
    possible = {now, *_possible(field, terms, left)}
    if Outcome.DISPUTED in possible and _may_be_corrected(field, terms, sum(left.values())):
        return False
    if len(possible) == 1:
        return True
    return not (rule.reasons or Outcome.ACCEPTED in possible or now is Outcome.UNDECIDED)


@dataclass(frozen=True)
class _Rival:
    """A cluster of answers other than the claimed one."""

    answer: str
    families: Counter[str]
    """Attempts by family."""
    is_one: bool
    """Whether all pairs are equal, in both directions."""


class _Count(NamedTuple):
    """All that the outcome depends on."""

    claim: int
    """Attempts for the claim."""
    families: int
    """Families of these."""
    rivals: int
    """Attempts against it."""
    largest: int
    """Of these, in the largest cluster."""
    sound: int
    """Attempts that find the statement well posed."""
    flawed: int
    """Attempts that do not."""


@dataclass(frozen=True)
class _Field:
    """Attempts, sorted by what they say of the claim."""

    claim: Counter[str]
    """Attempts for it, by family."""
    rivals: tuple[_Rival, ...]
    """The largest first."""
    unclear: Counter[str]
    unanswered: int
    solving: frozenset[str]
    """All families."""
    count: _Count

    @classmethod
    def of(cls, claim: Standard, attempts: Sequence[Attempt]) -> _Field:
        """The attempts beside the claim."""
        by_answer: dict[str, Counter[str]] = {}
        for attempt in attempts:
            if attempt.answer is not None and attempt.failure is None:
                by_answer.setdefault(attempt.answer, Counter())[family_of(attempt)] += 1
        found = {answer: _compared(claim, answer) for answer in by_answer}
        sides = {
            side: sum(
                (by_answer[answer] for answer, result in found.items() if result is side), Counter[str]()
            )
            for side in Agreement
        }
        others = {
            answer: by_answer[answer] for answer in sorted(found) if found[answer] is Agreement.NOT_EQUAL
        }
        rivals = _clusters(claim, others)
        said = Counter(attempt.well_posed for attempt in attempts)
        supported = sides[Agreement.EQUAL]
        return cls(
            claim=supported,
            rivals=rivals,
            unclear=sides[Agreement.UNDECIDED],
            unanswered=len(attempts) - sum(side.total() for side in sides.values()),
            solving=frozenset(map(family_of, attempts)),
            count=_Count(
                claim=supported.total(),
                families=len(supported),
                rivals=sides[Agreement.NOT_EQUAL].total(),
                largest=max((rival.families.total() for rival in rivals), default=0),
                sound=said[True],
                flawed=said[False],
            ),
        )


@dataclass(frozen=True)
class _Terms:
    """The rule for this claim and these families."""

    needed: int
    families: int
    share: Fraction
    vetoes: int
    asks: bool
    unanimous: int | None

    @classmethod
    def of(cls, claim: Standard, field: _Field, rule: Rule) -> _Terms:
        """What the rule comes to."""
        more = rule.small if is_small(claim) else 0
        is_alone = len(field.solving) < 2
        return cls(
            needed=rule.agree + more,
            families=min(rule.families, max(1, len(field.solving))),
            share=Fraction(str(rule.rivals_alone if is_alone else rule.rivals)),
            vetoes=rule.vetoes,
            asks=rule.asking is not Asking.NOT,
            unanimous=None if rule.unanimous is None else rule.unanimous + more,
        )


def is_small(claim: Standard) -> bool:
    """Whether a wrong answer is easily met by chance: a truth value, a choice, a whole number up to `SMALL`."""
    kind = claim.kind or infer_kind(claim.gold)
    if kind in (AnswerKind.BOOLEAN, AnswerKind.CHOICE):
        return True
    number = _WHOLE.match(extract(claim.gold).strip())
    return kind in _NUMBERS and number is not None and int(number[1]) <= SMALL


_NUMBERS = frozenset({AnswerKind.INTEGER, AnswerKind.RATIONAL, AnswerKind.REAL, AnswerKind.QUANTITY})
_WHOLE = re.compile(r"\+?(\d{1,6})(?:\.0*)?(?![\d.,/^*])(?! ?[/^*×])")
"""A whole number, perhaps with a unit."""


@lru_cache(maxsize=2_048)
def _agreement(gold: str, answer: str, kind: AnswerKind | None, tolerance: float | None) -> Agreement:
    return compare(gold=gold, answer=answer, kind=kind, relative_tolerance=tolerance).result


def _compared(claim: Standard, answer: str, gold: str | None = None) -> Agreement:
    """An answer beside the claim, or beside another answer as the claim is compared.

    Rivals may be of another kind than the claim. Programs print decimals for exact values: 3.4641016151377544 is
    2 sqrt(3), to a billionth.
    """
    is_rival = gold is not None
    gold = claim.gold if gold is None else gold
    found = _agreement(gold, answer, claim.kind, claim.relative_tolerance)
    if is_rival and found is Agreement.UNDECIDED:
        found = _agreement(gold, answer, None, claim.relative_tolerance)
    if (
        found is Agreement.NOT_EQUAL
        and claim.kind is not AnswerKind.INTEGER
        and _MANY_FIGURES.fullmatch(answer)
    ):
        near = _agreement(gold, answer, AnswerKind.REAL, _FLOATING)
        return found if near is Agreement.UNDECIDED else near
    return found


_FLOATING = 1e-9
_MANY_FIGURES = re.compile(r"[-+]?0*(?=[\d.]{13,40}(?:[eE]|$))\d*\.\d+(?:[eE][-+]?\d{1,3})?")
"""A decimal of a dozen figures or more, which nobody wrote."""


def _clusters(claim: Standard, others: Mapping[str, Counter[str]]) -> tuple[_Rival, ...]:
    """The rivals, by what links them, the largest first."""
    equal = {
        (one, other)
        for one, other in permutations(others, 2)
        if _compared(claim, other, gold=one) is Agreement.EQUAL
    }
    left, found = set(others), []
    for start in others:
        if start not in left:
            continue
        members, fresh = set[str](), {start}
        while fresh:
            members |= fresh
            fresh = {two for pair in equal for one, two in (pair, pair[::-1]) if one in fresh} - members
        left -= members
        found.append(
            _Rival(
                answer=min(members, key=lambda text: (-others[text].total(), len(text), text)),
                families=sum((others[text] for text in members), Counter[str]()),
                is_one=all(pair in equal for pair in permutations(members, 2)),
            )
        )
    return tuple(sorted(found, key=lambda rival: (-rival.families.total(), rival.answer)))


def _outcome(count: _Count, terms: _Terms) -> Outcome:
    """The rule."""
    if terms.asks and count.flawed >= terms.vetoes and count.flawed > count.sound:
        return Outcome.ILL_POSED
    if (
        count.claim >= terms.needed
        and count.families >= terms.families
        and count.claim > count.largest
        and count.rivals <= terms.share * (count.claim + count.rivals)
    ):
        return Outcome.ACCEPTED
    if (count.claim and count.rivals) or count.largest >= _SEVERAL:
        return Outcome.DISPUTED
    return Outcome.UNSOLVED if count.rivals >= _SEVERAL else Outcome.UNDECIDED


_SEVERAL = 2


def _possible(field: _Field, terms: _Terms, left: Mapping[str, int]) -> set[Outcome]:
    """What the attempts may come to: what is unclear, and what is left, may be for the claim, against it, or neither.

    A new rival may join any cluster, and link clusters to one.
    """
    states = {(0, 0, 0)}
    """Attempts for the claim, their families, and new rivals."""
    for family in field.solving:
        open_ones = field.unclear[family] + left.get(family, 0)
        states = {
            (
                claim + field.claim[family] + more,
                families + bool(field.claim[family] + more),
                rivals + against,
            )
            for claim, families, rivals in states
            for more in range(open_ones + 1)
            for against in range(open_ones + 1 - more)
        }
    count, asked = field.count, sum(left.values()) if terms.asks else 0
    said = {(sound, flawed) for sound in range(asked + 1) for flawed in range(asked + 1 - sound)}
    return {
        _outcome(
            _Count(claim, families, count.rivals + more, largest, count.sound + sound, count.flawed + flawed),
            terms,
        )
        for claim, families, more in states
        for largest in range(
            max(count.largest, min(1, count.rivals + more)),
            (count.rivals + more if more else count.largest) + 1,
        )
        for sound, flawed in said
    }


def _correction(field: _Field, terms: _Terms) -> str | None:
    """The answer that all who have one agree on, against the claim; None where they do not, or are too few."""
    if terms.unanimous is None or field.claim or field.unclear or len(field.rivals) != 1:
        return None
    rival = field.rivals[0]
    enough = rival.families.total() >= terms.unanimous and len(rival.families) >= terms.families
    return rival.answer if enough and rival.is_one else None


def _may_be_corrected(field: _Field, terms: _Terms, left: int) -> bool:
    """Whether there is a correction, or further attempts may still make one."""
    if terms.unanimous is None or field.claim or field.unclear or len(field.rivals) > 1:
        return False
    return all(rival.is_one for rival in field.rivals) and field.count.rivals + left >= terms.unanimous


def _rationale(outcome: Outcome, clusters: Sequence[Cluster], field: _Field, terms: _Terms) -> str:
    """Why, in a line for people; answers are quoted in short."""
    claim, *rivals = clusters
    count = field.count
    if outcome is Outcome.ILL_POSED:
        asked = count.sound + count.flawed
        return f"{count.flawed} of {asked} attempts find the statement not well posed"
    said = f"{_attempts(claim.attempts)} of {_families(claim.families)} for {claim.answer[:60]}"
    if rivals:
        against = "; ".join(f"{rival.answer[:60]} ({rival.attempts})" for rival in rivals[:4])
        said += f", {count.rivals} against it: {against}"
    if field.unclear:
        said += f", {field.unclear.total()} that cannot be compared"
    if field.unanswered:
        said += f", {field.unanswered} without an answer"
    if outcome is Outcome.UNDECIDED:
        said += f"; acceptance takes {terms.needed} of {_families(terms.families)}"
    return said


def _attempts(number: int) -> str:
    return f"{number} attempt{'' if number == 1 else 's'}"


def _families(number: int) -> str:
    return f"{number} famil{'y' if number == 1 else 'ies'}"
