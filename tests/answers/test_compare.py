"""The table of cases, and what holds for every comparison in it."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from propound.answers import Agreement, compare, infer_kind
from propound.answers.kinds import AnswerKind
from tests.answers.cases import CASES, INFERRED, Case

EXACT = set(AnswerKind) - {AnswerKind.REAL, AnswerKind.QUANTITY}


def label(case: Case) -> str:
    """A short printable name of a case."""
    kind, gold, answer, _, _ = case
    return f"{kind}: {ascii(gold)[:30]} / {ascii(answer)[:50]}"


@pytest.mark.parametrize("case", CASES, ids=label)
def test_table(case: Case) -> None:
    kind, gold, answer, expected, tolerance = case
    found = compare(gold=gold, answer=answer, kind=kind, relative_tolerance=tolerance)
    assert (found.result, found.kind) == (expected, kind), found.reason
    assert found.reason


@pytest.mark.parametrize(("gold", "answer", "expected"), INFERRED, ids=ascii)
def test_table_without_kinds(gold: str, answer: str, expected: Agreement) -> None:
    found = compare(gold=gold, answer=answer)
    assert (found.result, found.kind) == (expected, infer_kind(gold)), found.reason
    assert compare(gold=gold, answer=answer, kind=found.kind).kind is found.kind


@pytest.mark.parametrize("case", [case for case in CASES if case[0] in EXACT], ids=label)
def test_exact_kinds_never_contradict_themselves_backwards(case: Case) -> None:
    kind, gold, answer, expected, _ = case
    backwards = compare(gold=answer, answer=gold, kind=kind).result
    contradiction = {Agreement.EQUAL, Agreement.NOT_EQUAL}
    assert {expected, backwards} != contradiction


@pytest.mark.parametrize("case", CASES, ids=label)
def test_every_readable_gold_answer_equals_itself(case: Case) -> None:
    kind, gold, _, expected, tolerance = case
    if expected is Agreement.EQUAL:
        assert (
            compare(gold=gold, answer=gold, kind=kind, relative_tolerance=tolerance).result is Agreement.EQUAL
        )


def test_kinds_are_all_covered() -> None:
    assert {case[0] for case in CASES} == set(AnswerKind)


def test_works_in_threads_side_by_side() -> None:
    """Nothing rests on signals, and no state is shared between comparisons."""
    chosen = [case for case in CASES if case[0] in {AnswerKind.EXPRESSION, AnswerKind.QUANTITY}][::2]

    def result(case: Case) -> Agreement:
        kind, gold, answer, _, tolerance = case
        return compare(gold=gold, answer=answer, kind=kind, relative_tolerance=tolerance).result

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(result, chosen))
    assert found == [case[3] for case in chosen]


def test_import_loads_no_heavy_library() -> None:
    program = (
        "import sys, propound.answers as a; a.compare(gold='3/4', answer='0.75', kind=a.AnswerKind.RATIONAL);"
        "print([m for m in ('sympy', 'pint', 'math_verify', 'mpmath', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "piece",
    ["\u3000", "1", "1,", "(", "-", "^", "x ", "or ", r"\text{", r"\frac", "A ", "m/", "\ud800", "1 "],
)
def test_no_repetition_makes_it_hang(piece: str) -> None:
    for kind in AnswerKind:
        for start in ("", "x", "1", "(1", "{1", "A"):
            text = (start + piece * 2_000)[:1_990]
            compare(gold=text, answer=text + "=1", kind=kind)


def test_the_reason_never_quotes_the_input() -> None:
    for kind in AnswerKind:
        found = compare(gold="5", answer="qwertyuiop \ud800 \x00", kind=kind)
        assert "qwerty" not in found.reason
        found.model_dump_json()
