"""How well answers are compared, and how fast: `python -m tests.answers.measure [--math-verify]`.

Over all rows of the tables that are short enough to be answers, without programs, what programs print, and rows with a
stated tolerance. Agreement is of "equal or not", since undecided passes as little as not equal. Times are of the wall
clock, one comparison after the other, after a first one that loads what is loaded once; for the slowest
also processor time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from statistics import median, quantiles

from propound.answers import Agreement, AnswerKind, compare
from propound.answers.limits import MAX_ANSWER
from tests.answers.cases import CASES, INFERRED
from tests.answers.test_variants import RESULTS, ROWS

Row = tuple[AnswerKind | None, str, str, bool]
_AS_WRITTEN = {AnswerKind.PROGRAM, AnswerKind.PROGRAM_OUTPUT}


def rows() -> Iterator[Row]:
    """(kind, gold, answer, whether they are equal)."""
    for kind, gold, answer, expected, tolerance in CASES:
        if tolerance is None and kind not in _AS_WRITTEN:
            yield kind, gold, answer, expected is Agreement.EQUAL
    for gold, answer, expected in INFERRED:
        yield None, gold, answer, expected is Agreement.EQUAL
    for row in ROWS:
        named = AnswerKind(row["kind"]) if "kind" in row else None
        if named not in _AS_WRITTEN:
            for result in RESULTS:
                for answer in row.get(result, ()):
                    yield named, row["gold"], answer, result == Agreement.EQUAL


def ours(kind: AnswerKind | None, gold: str, answer: str) -> bool:
    """Whether Propound takes the answer."""
    return compare(gold=gold, answer=answer, kind=kind).result is Agreement.EQUAL


def others(_kind: AnswerKind | None, gold: str, answer: str) -> bool:
    """Whether math-verify takes it, in dollars or bare, each within its own time limits."""
    from math_verify import parse, verify

    return bool(verify(parse(f"${gold}$"), parse(f"${answer}$"))) or bool(verify(parse(gold), parse(answer)))


def report(judge: Callable[[AnswerKind | None, str, str], bool]) -> None:
    """Prints one line of counts and one of times."""
    judge(AnswerKind.EXPRESSION, "x+1", "1+x+0\\sin(x)")
    judge(AnswerKind.QUANTITY, "5 m", "500 cm")
    false_positives = misses = count = 0
    times: list[float] = []
    costliest = 0.0
    for kind, gold, answer, expected in rows():
        if max(len(gold), len(answer)) > MAX_ANSWER:
            continue
        start, spent = time.perf_counter(), time.thread_time()
        try:
            found = judge(kind, gold, answer)
        except Exception:  # noqa: BLE001 - math-verify's own errors count as a refusal
            found = False
        times.append(1e3 * (time.perf_counter() - start))
        costliest = max(costliest, 1e3 * (time.thread_time() - spent))
        count += 1
        false_positives += found and not expected
        misses += expected and not found
    right = 1 - (false_positives + misses) / count
    print(
        f"{judge.__name__}: {count} rows, {right:.1%} right, {false_positives} false positives, {misses} misses"
    )
    worst = sum(one > 2_000 for one in times)
    print(
        f"  median {median(times):.2f} ms, 95th percentile {quantiles(times, n=20)[-1]:.1f} ms, slowest "
        f"{max(times):.0f} ms ({costliest:.0f} ms of the processor), {worst} over 2 s"
    )


if __name__ == "__main__":
    report(ours)
    if "--math-verify" in sys.argv:
        report(others)
