"""Stage 1 of open mode: what the author's own program comes to, and what is wrong with statement and program.

The text is looked at first, then the program as it is written, then what it prints: cheap before dear. The program is
untrusted and runs in the sandbox alone. No model is asked, so that an agent may be told everything that is found.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from pydantic import Field

from propound.answers import Agreement, AnswerKind, compare, infer_kind
from propound.domain import Domain
from propound.errors import SandboxFailedError
from propound.problem import Coding, CodingMode, Terms, Work
from propound.record import Record
from propound.sandbox import Sandbox
from propound.solving.asked import asked_unit, fits
from propound.solving.coded import examine_coding
from propound.solving.finding import Finding, Lint
from propound.solving.given import (
    Given,
    GivenError,
    SlotError,
    changed,
    fill,
    given_of,
    printed_by,
    rewritten,
    slots,
)
from propound.solving.lint import asks_for_one_number, asks_for_solutions, implausible, lints
from propound.solving.outputs import FailedError, printed
from propound.solving.precision import Precision, precision_of
from propound.solving.source import Source, UnreadableSourceError
from propound.solving.usage import holds_its_answer, is_a_given_number, stands_unused, usage, uses_nothing
from propound.solving.value import Value, ValueFault, value_of

_EXACT = 1e-9
_NUMBERS = frozenset({AnswerKind.INTEGER, AnswerKind.RATIONAL, AnswerKind.REAL})
_WIDER = {
    AnswerKind.INTEGER: (AnswerKind.RATIONAL, AnswerKind.REAL, AnswerKind.EXPRESSION),
    AnswerKind.RATIONAL: (AnswerKind.REAL, AnswerKind.EXPRESSION),
    AnswerKind.POLYNOMIAL: (AnswerKind.EXPRESSION,),
    AnswerKind.TUPLE: (AnswerKind.SET, AnswerKind.MULTISET),
    AnswerKind.MULTISET: (AnswerKind.SET, AnswerKind.TUPLE),
    AnswerKind.SET: (AnswerKind.MULTISET,),
    AnswerKind.EXPRESSION: (AnswerKind.POLYNOMIAL,),
}
"""Kinds that an answer of a kind may also be taken for, where they are asked for and it does not say which it is."""
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+|0x[0-9a-fA-F]{6,}|(?:/[\w.-]+){2,}")


class Reference(Record):
    """What stage 1 found; stored as evidence."""

    answer: str | None = None
    """What the program comes to, in plain notation; for coding the output for the first example of the statement (or
    else of the tests), as JSON. None where it comes to nothing."""
    kind: AnswerKind | None = None
    """How the answer is compared."""
    relative_tolerance: float | None = None
    """From the precision that the statement asks for; only for real and quantity."""
    given: dict[str, Any] = Field(default_factory=dict)
    """What GIVEN names, as JSON values."""
    bounds: dict[str, tuple[Any, Any]] = Field(default_factory=dict)
    """What BOUNDS says of it."""
    findings: tuple[Finding, ...] = ()
    """Of the text and of the program; warnings too."""
    coding: Coding | None = None
    """For coding: entry point, reference, tests, and mutants killed."""
    failure: str | None = None
    """The sandbox failed; says nothing about the problem."""

    @property
    def fault(self) -> Finding | None:
        """The first finding that rejects."""
        return next((finding for finding in self.findings if finding.rejects), None)


def examine_reference(  # noqa: PLR0917 - the parts of a draft, in their order
    statement: str,
    work: Work,
    claim: str | None,
    terms: Terms,
    domain: Domain,
    sandbox: Sandbox,
    *,
    seed: int,
) -> Reference:
    """Everything that can be found about a draft without a model; `claim` is the author's answer, if it gives one.

    The same draft and seed give the same findings, in the same order and words.
    """
    found = lints(statement, language=terms.language, domain=domain)
    try:
        if domain is Domain.CODING:
            coded = examine_coding(
                statement, work, claim, terms.coding or CodingMode.FUNCTION, sandbox, seed=seed
            )
            return Reference(
                answer=coded.answer, kind=coded.kind, findings=(*found, *coded.findings), coding=coded.coding
            )
        return _Examination(statement, work, claim, terms, sandbox, random.Random(seed)).result(found)
    except SandboxFailedError as error:
        return Reference(findings=found, failure=f"the sandbox failed: {error}"[:200])


class _Fault(Exception):  # noqa: N818 - of the draft, not of ours
    """A finding after which nothing more can be found."""

    def __init__(self, lint: Lint, detail: str) -> None:
        super().__init__(detail)
        self.finding = Finding(lint=lint, detail=detail)


@dataclass
class _Examination:
    """One draft of mathematics or science; used once."""

    statement: str
    work: Work
    claim: str | None
    terms: Terms
    sandbox: Sandbox
    rng: random.Random
    findings: list[Finding] = field(default_factory=list)
    given: Given | None = None
    answer: str | None = None
    kind: AnswerKind | None = None
    tolerance: float | None = None

    def result(self, found: tuple[Finding, ...]) -> Reference:
        self.findings += found
        try:
            self._examine()
        except _Fault as fault:
            self.findings.append(fault.finding)
        except ValueFault as fault:
            self.findings.append(fault.finding)
        given = self.given or Given()
        return Reference(
            answer=self.answer,
            kind=self.kind,
            relative_tolerance=self.tolerance,
            given={name: _plain(value) for name, value in given.values.items()},
            bounds={name: (_plain(low), _plain(high)) for name, (low, high) in given.bounds.items()},
            findings=tuple(dict.fromkeys(self.findings)),
        )

    def _examine(self) -> None:
        source = self._source()
        program = self._program(source)
        self.findings += usage(self.statement, source, self.given.values if self.given else {})
        text = self._printed(program)
        value = value_of(text, self.work.answer_kind)
        rounded = precision_of(self.statement) is not None
        self.findings += [found for found in value.findings if not (rounded and found.lint is Lint.NOISE)]
        self._settle(value, source)
        self._against_claim()
        self._given_away(source)
        if self.given is not None:
            self._perturb(source, text)

    def _source(self) -> Source:
        """The program, with what is wrong with it as it is written."""
        try:
            source = Source(self.work.program)
        except UnreadableSourceError as error:
            raise _Fault(Lint.BROKEN, str(error)[:160]) from None
        if drawn := source.chance():
            raise _Fault(Lint.CHANCE, f"the program uses {drawn[:40]}: compute the exact value")
        if source.reads():
            raise _Fault(Lint.READS, "the program waits for input: write the numbers into it")
        if not source.computes():
            detail = "the program prints a value that it does not compute: compute it from the numbers of the statement"
            self.findings.append(Finding(lint=Lint.PRINTED, detail=detail))
        return source

    def _program(self, source: Source) -> str:
        """The program to run, and what it is given."""
        try:
            self.given = given_of(source)
            if self.given is not None:
                self._check_template(self.given)
                return rewritten(source)
        except GivenError as error:
            fault = _Fault(Lint.GIVEN, str(error)[:200])
            if not source.prints:
                raise fault from None
            self.findings.append(fault.finding)
        if not source.prints:
            hint = " or define GIVEN for solve" if source.has_solve else ""
            raise _Fault(Lint.SILENT, f"the program prints nothing: print the answer{hint}")
        return source.program

    def _check_template(self, given: Given) -> None:
        names = slots(self.work.template)
        if unknown := [
            name for name in names if name not in given.values and f"{{{name}}}" in self.statement
        ]:
            raise GivenError(f"the slot {{{unknown[0]}}} is not in GIVEN")
        try:
            filled = fill(self.work.template, given.values)
        except SlotError as error:
            raise GivenError(str(error)) from None
        if self.work.template and filled.split() != self.statement.split():
            raise GivenError("the statement is not its template with the values of GIVEN")

    def _printed(self, program: str) -> str:
        """What two runs print, with different hash seeds."""
        first = self._run(program, 0)
        if self._run(program, 1) != first:
            raise _Fault(
                Lint.UNSTABLE,
                "two runs of the program differ: do not depend on the order of a set or on chance",
            )
        return first

    def _run(self, program: str, hash_seed: int) -> str:
        try:
            return printed(program, self.sandbox, hash_seed=hash_seed)
        except FailedError as error:
            said = _ADDRESS.sub("", " ".join(str(error).split()))[:160]
            raise _Fault(Lint.BROKEN, f"the program fails: {said}") from None

    def _settle(self, value: Value, source: Source) -> None:
        """Answer, kind and tolerance, from what the program came to and what the statement asks for."""
        value = self._with_unit(value)
        self.answer, self.kind = value.text, self.work.answer_kind
        if self.kind is None:
            self.answer, self.kind = self._inferred(value)
        precision = precision_of(self.statement)
        if value.number is not None and self.kind in {*_NUMBERS, AnswerKind.QUANTITY}:
            if precision is not None:
                self._round(value, value.number, precision, source)
            elif self._exact_claim(value):
                assert self.claim is not None
                self.answer, self.kind = self.claim.strip(), self.work.answer_kind or infer_kind(self.claim)
            elif value.is_decimal or self._rounding_matters(value, source):
                self.kind = self.kind if self.kind is AnswerKind.QUANTITY else AnswerKind.REAL
                advice = "ask in the statement for so many decimals or significant figures, or print the exact form"
                self.findings.append(
                    Finding(lint=Lint.PRECISION, detail=f"the answer is a rounded decimal: {advice}")
                )
        self._check_kind()

    def _inferred(self, value: Value) -> tuple[str, AnswerKind]:
        """The answer and its kind, as it is written; a list of Python's is a set of solutions, or else a tuple."""
        if value.number is not None and not value.unit:
            exact = AnswerKind.REAL if value.is_decimal else AnswerKind.RATIONAL
            return value.text, AnswerKind.INTEGER if re.fullmatch(r"[-+$\d]+", value.text) else exact
        kind = infer_kind(value.text)
        is_list = value.text.startswith("[") and kind in (AnswerKind.INTERVAL, AnswerKind.TUPLE)
        are_several = is_list or kind in (AnswerKind.TUPLE, AnswerKind.SET, AnswerKind.MULTISET)
        if are_several and asks_for_one_number(self.statement):
            detail = "the program prints several values where one number is asked for: print that one"
            raise _Fault(Lint.SEVERAL, detail)
        if is_list and value.text.endswith("]"):
            inner = value.text[1:-1]
            if asks_for_solutions(self.statement):
                return f"{{{inner}}}", AnswerKind.SET
            return f"({inner})", AnswerKind.TUPLE
        return value.text, kind

    def _with_unit(self, value: Value) -> Value:
        """With the unit that the author's answer has, where the program prints the same number bare."""
        if (
            value.number is None
            or value.unit
            or self.claim is None
            or self.work.answer_kind not in (None, AnswerKind.QUANTITY)
        ):
            return value
        found = re.fullmatch(
            r"\s*(?P<number>[-+]?[\d.,/]+(?:[eE][-+]?\d+)?)\s*(?P<unit>[A-Za-zµμΩ°%].{0,40})", self.claim
        )
        if found is None or infer_kind(self.claim) is not AnswerKind.QUANTITY:
            return value
        same = compare(gold=found["number"], answer=value.text, kind=AnswerKind.REAL)
        if same.result is not Agreement.EQUAL:
            return value
        return Value(
            f"{value.text} {found['unit'].strip()}", value.number, found["unit"].strip(), value.is_decimal
        )

    def _round(self, value: Value, number: Fraction, precision: Precision, source: Source) -> None:
        """The answer as the statement asks for it, and how far another may be off."""
        places = source.rounded_places()
        if (
            precision.places is not None
            and places is not None
            and 0 <= places < precision.places
            and value.number
        ):
            detail = f"the program rounds to {places} places, the statement asks for {precision.places}: round less"
            self.findings.append(Finding(lint=Lint.PRECISION, detail=detail))
        shown = precision.shown(number)
        self.answer = (
            f"{shown} {value.unit}" if value.unit and value.unit[0] not in "%°" else f"{shown}{value.unit}"
        )
        if self.kind is not AnswerKind.QUANTITY and self.work.answer_kind is None:
            self.kind = AnswerKind.INTEGER if precision.places == 0 else AnswerKind.REAL
        if self.kind in (AnswerKind.REAL, AnswerKind.QUANTITY) and Fraction(shown):
            self.tolerance = min(float(precision.half_unit(number) / abs(Fraction(shown))), 0.5)

    def _exact_claim(self, value: Value) -> bool:
        """Whether the author's answer is an exact form of the decimal that the program prints: 2 sqrt(3)."""
        if (
            self.claim is None
            or not value.is_decimal
            or value.unit
            or self.work.answer_kind is AnswerKind.REAL
        ):
            return False
        if infer_kind(self.claim) not in (AnswerKind.EXPRESSION, AnswerKind.RATIONAL):
            return False
        near = compare(gold=self.claim, answer=value.text, kind=AnswerKind.REAL, relative_tolerance=_EXACT)
        return near.result is Agreement.EQUAL

    def _rounding_matters(self, value: Value, source: Source) -> bool:
        """Whether the program rounds a decimal that is no exact value."""
        assert value.number is not None
        if source.rounded_places() is None or value.number.denominator == 1:
            return False
        try:
            bare = Source(source.unrounded())
            text = self._run(rewritten(bare) if self.given else bare.program, 0)
            other = value_of(text).number
        except (UnreadableSourceError, GivenError, ValueFault, _Fault, RecursionError):
            return True
        return other is None or abs(other - value.number) > Fraction(1, 10**9) * (1 + abs(value.number))

    def _check_kind(self) -> None:
        """Whether the answer reads as its kind, and the kind is one that is asked for."""
        assert self.answer is not None
        assert self.kind is not None
        if self.kind is AnswerKind.PROGRAM:
            raise _Fault(Lint.KIND, "the answer is a program, which only coding asks for")
        asked = self.terms.answer_kinds
        if asked and self.kind not in asked:
            wider = next(
                (kind for kind in _WIDER.get(self.kind, ()) if kind in asked and self._reads_as(kind)), None
            )
            if wider is None:
                wanted = ", ".join(kind.replace("_", " ") for kind in asked)
                raise _Fault(
                    Lint.KIND,
                    f"the answer is of kind {self.kind.replace('_', ' ')}: ask for one of kind {wanted}",
                )
            self.kind = wider
        if not self._reads_as(self.kind):
            unit = self.kind is AnswerKind.QUANTITY
            what = "a number with a unit" if unit else f"an answer of kind {self.kind.replace('_', ' ')}"
            raise _Fault(
                Lint.UNIT if unit else Lint.UNREADABLE, f"{self.answer[:60]!r} does not read as {what}"
            )

        if self.kind is AnswerKind.QUANTITY and not fits(self.answer, self.statement):
            wanted_unit = asked_unit(self.statement)
            raise _Fault(
                Lint.UNIT, f"the answer is {self.answer[:60]}, and the statement asks for it in {wanted_unit}"
            )

    def _reads_as(self, kind: AnswerKind) -> bool:
        assert self.answer is not None
        return compare(gold=self.answer, answer=self.answer, kind=kind).result is Agreement.EQUAL

    def _against_claim(self) -> None:
        if self.claim is None or self.answer is None:
            return
        found = compare(
            gold=self.answer, answer=self.claim, kind=self.kind, relative_tolerance=self.tolerance
        )
        if found.result is not Agreement.EQUAL:
            if self._is_right_but_for_form():
                raise _Fault(Lint.UNREADABLE, f"the answer is not in plain form: write {self.answer[:60]}")
            shown = " ".join(self.claim.split())[:60]
            raise _Fault(
                Lint.CLAIM,
                f"the program comes to {self.answer[:60]}, the answer says {shown}: see which is right",
            )

    def _is_right_but_for_form(self) -> bool:
        """Whether the answer handed in holds the right one, with words or noise around it."""
        assert self.claim is not None
        assert self.answer is not None
        try:
            meant = value_of(self.claim, self.work.answer_kind).text
        except ValueFault:
            return False
        found = compare(gold=self.answer, answer=meant, kind=self.kind, relative_tolerance=self.tolerance)
        return found.result is Agreement.EQUAL

    def _given_away(self, source: Source) -> None:
        """Whether the answer can be one, follows from the numbers of the statement, and does not stand there."""
        assert self.answer is not None
        if self.kind in {*_NUMBERS, AnswerKind.QUANTITY} and (number := _number(self.answer)) is not None:
            if fault := implausible(-number if self.answer.startswith("-") else number, self.statement):
                self._find(Lint.IMPLAUSIBLE, f"the answer is {self.answer[:60]}, and {fault}")
            if holds_its_answer(number, self.statement, source) or uses_nothing(self.statement, source):
                self._find(
                    Lint.PRINTED, "the program does not compute its answer from the numbers of the statement"
                )
            if is_a_given_number(number, source):
                self._find(
                    Lint.PRINTED, "the answer is a number that is given: ask for what has to be worked out"
                )
        if (
            self.kind is AnswerKind.BOOLEAN
            and not self.work.answer_kind
            and asks_for_one_number(self.statement)
        ):
            self._find(
                Lint.IMPLAUSIBLE, "the program prints a truth value where a number is asked for: print that"
            )
        if tells(self.statement, self.answer, self.kind, source):
            self._find(Lint.GIVES_AWAY, "the statement holds its own answer: leave it out")

    def _find(self, lint: Lint, detail: str) -> None:
        self.findings.append(Finding(lint=lint, detail=detail))

    def _perturb(self, source: Source, text: str) -> None:
        """Whether each given value matters in one of five changes of it at least."""
        assert self.given is not None
        changes = {name: changed(self.given, name, self.rng) for name in self.given.values}
        firsts = [(name, several[0]) for name, several in changes.items() if several]
        rest = {name: several[1:] for name, several in changes.items()}
        idle = {name for name, several in changes.items() if several}
        ran = False
        for batch in (firsts, None):
            pairs = (
                batch
                if batch is not None
                else [(name, values) for name in rest if name in idle for values in rest[name]]
            )
            outputs = printed_by([rewritten(source, values) for _, values in pairs], self.sandbox)
            for (name, _), output in zip(pairs, outputs, strict=True):
                ran = ran or output is not None
                if output is not None and output != text.strip():
                    idle.discard(name)
        if firsts and not ran:
            self.findings.append(
                Finding(
                    lint=Lint.FRAGILE,
                    detail="the program fails for all other numbers: see that solve uses its arguments alone",
                )
            )
        elif named := [name for name in self.given.values if name in idle]:
            detail = (
                f"{', '.join(named[:3])} in GIVEN does not matter for the answer: use it, or leave it out"
            )
            self.findings.append(Finding(lint=Lint.IDLE, detail=detail))


def tells(statement: str, answer: str, kind: AnswerKind | None, source: Source) -> bool:
    """Whether the statement holds the answer: after the question, as a number that nothing else needs, or verbatim."""
    after = re.split(r"[?？]", statement)[-1].strip(" \n*_()[]$.=") if re.search("[?？]", statement) else ""
    if not after and (ending := re.search(r"[=:]\s*\$?([^=:.?]{1,40})\$?\.?\s*$", statement)):
        after = ending[1].strip()
    if after and len(after) <= 60 and compare(gold=answer, answer=after, kind=kind).result is Agreement.EQUAL:
        return True
    if kind in {*_NUMBERS, AnswerKind.QUANTITY}:
        number = _number(answer)
        return number is not None and stands_unused(number, statement, source)
    long = len(answer) >= 6 and kind not in (AnswerKind.TEXT, AnswerKind.CHOICE, AnswerKind.BOOLEAN, None)
    return long and re.sub(r"\s+", "", answer) in re.sub(r"\s+|\\[,;]", "", statement)


def _number(answer: str) -> Fraction | None:
    """The number that an answer begins with."""
    found = re.match(r"[-+]?\$?(\d+/\d+|\d+(?:\.\d+)?(?:e-?\d{1,3})?)(?![\d^])", answer)
    return None if found is None or re.search(r"/0+$", found[1]) else Fraction(found[1])


def _plain(value: Any) -> Any:
    """A value of GIVEN as JSON has it."""
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
