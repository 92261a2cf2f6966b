"""Notation: what stands in `solution` is read by math-verify as TRL calls it, and never as something else."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from propound.answers.kinds import AnswerKind
from propound.storage.notation import in_latex


@pytest.mark.parametrize(
    ("kind", "answer", "latex"),
    [
        (AnswerKind.INTEGER, "42", "$42$"),
        (AnswerKind.RATIONAL, "-22/7", r"$-\frac{22}{7}$"),
        (AnswerKind.REAL, "1.5e-07", r"$1.5 \times 10^{-7}$"),
        (AnswerKind.QUANTITY, "12.5 m/s", r"$12.5\ \mathrm{m/s}$"),
        (AnswerKind.QUANTITY, "1.20e-05 kg", r"$1.20 \times 10^{-5}\ \mathrm{kg}$"),
        (AnswerKind.QUANTITY, "3 kg*m^2/s^2", r"$3\ \mathrm{kg\,m^{2}/s^{2}}$"),
        (AnswerKind.SET, "{1, 2/3}", r"$\{1, \frac{2}{3}\}$"),
        (AnswerKind.POLYNOMIAL, "x**12 + 3*x - 1", r"$x^{12} + 3 \cdot x - 1$"),
        (AnswerKind.TUPLE, "(1, 2)", "$(1, 2)$"),
        (AnswerKind.CHOICE, "B", "$B$"),
        (AnswerKind.EXPRESSION, "sqrt(2)", ""),
        (AnswerKind.EXPRESSION, "pi/2", ""),
        (AnswerKind.QUANTITY, "3 hours 20 minutes", ""),
        (AnswerKind.SET, "{apple, 3}", ""),
        (AnswerKind.MULTISET, "{1, 1, 2}", ""),
        (AnswerKind.TEXT, "abc 3", ""),
        (AnswerKind.BOOLEAN, "true", ""),
        (AnswerKind.PROGRAM, "print(1)", ""),
        (AnswerKind.PROGRAM_OUTPUT, "1\n2", ""),
    ],
)
def test_notations(kind: AnswerKind, answer: str, latex: str) -> None:
    assert in_latex(answer, kind) == latex


@pytest.fixture
def _no_complaints() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def accuracy(solution: str, reply: str) -> float | None:
    """As `trl.rewards.accuracy_reward` (TRL 1.16) asks math-verify."""
    from latex2sympy2_extended import NormalizationConfig
    from math_verify import LatexExtractionConfig, parse, verify

    gold = parse(solution, parsing_timeout=None)
    if not gold:
        return None
    config = LatexExtractionConfig(
        normalization_config=NormalizationConfig(units=True),
        boxed_match_priority=0,
        try_extract_without_anchor=False,
    )
    answer = parse(reply, extraction_config=[config], extraction_mode="first_match", parsing_timeout=None)
    return float(verify(gold, answer, timeout_seconds=None))


@pytest.mark.usefixtures("_no_complaints")
@pytest.mark.parametrize(
    ("kind", "answer", "reply", "score"),
    [
        (AnswerKind.QUANTITY, "2368 J", r"\boxed{2368\ \text{J}}", 1.0),
        (AnswerKind.QUANTITY, "2368 J", r"\boxed{2.368 \times 10^{3}\,\mathrm{J}}", 1.0),
        (AnswerKind.QUANTITY, "2368 J", r"\boxed{2369\ \text{J}}", 0.0),
        (AnswerKind.QUANTITY, "12.5 m/s", r"\boxed{12.5\ \mathrm{m\,s^{-1}}}", 1.0),
        (AnswerKind.QUANTITY, "0.3888 mol", r"The answer is $0.3888\ \text{mol}$.", 1.0),
        (AnswerKind.QUANTITY, "1.20e-05 kg", r"\boxed{0.000012\text{ kg}}", 1.0),
        (AnswerKind.RATIONAL, "57/16", r"\boxed{\dfrac{57}{16}}", 1.0),
        (AnswerKind.SET, "{21, 23}", r"\boxed{\left\{23, 21\right\}}", 1.0),
        (AnswerKind.SET, "{21, 23}", r"\boxed{\{21\}}", 0.0),
        (AnswerKind.POLYNOMIAL, "x**12 + 3*x - 1", r"\boxed{3x + x^{12} - 1}", 1.0),
        (AnswerKind.POLYNOMIAL, "x**12 + 3*x - 1", r"\boxed{x^1 + 3x - 1}", 0.0),
        (AnswerKind.CHOICE, "B", r"\boxed{\text{B}}", 1.0),
        (AnswerKind.PROGRAM, "def f(x): return 1", r"\boxed{1}", None),
        (AnswerKind.TEXT, "abc 3", r"\boxed{3}", None),
    ],
)
def test_math_verify_reads_them(kind: AnswerKind, answer: str, reply: str, score: float | None) -> None:
    assert accuracy(in_latex(answer, kind), reply) == score
