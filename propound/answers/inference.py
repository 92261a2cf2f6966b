"""Guesses the kind of a gold answer from how it is written."""

from __future__ import annotations

import re
from fractions import Fraction

from propound.answers.algebra.exact import exact
from propound.answers.comparators.antiderivatives import split_constant
from propound.answers.comparators.collections import outline, reads_as_list
from propound.answers.comparators.literals import is_label, is_truth
from propound.answers.comparators.matrices import read_matrix
from propound.answers.extraction import extract
from propound.answers.kinds import AnswerKind
from propound.answers.limits import MAX_ANSWER
from propound.answers.reading.formulas import ELEMENTS, is_written_as_chemistry, read_chemistry
from propound.answers.reading.notation import plain, split_name, split_top
from propound.answers.reading.quantities import reads_as_quantity
from propound.answers.reading.regions import read_region
from propound.answers.reading.relations import read_relations
from propound.answers.reading.tree import Node, names
from propound.answers.reading.values import read_value
from propound.answers.reading.wording import counts_something, worded

_SHORT_DECIMAL = 8
"""A decimal that is a fraction with so small a denominator is meant exactly: 0.5, 2.25, 0.125."""
_LEAST_FIGURES = 3

_SOURCE = re.compile(
    r"\s*(?:```\w*\s+)?(?:def \w+\(|class \w+[:(]|import \w+\s|from \w+ import |#include ?<)"
)
_NO_NUMBER = re.compile(r"[0-9]+(?: ?[-–] ?[0-9]+)+|[0-9]+(?:/[0-9]+){2,}|0[0-9]+")
"""Dates, scores, ranges and codes such as 007; as arithmetic 3-2 would equal 2-1."""
_JSON = re.compile(r'\{\s*"')
"""An object, which is no set."""
_ENVIRONMENT = re.compile(r"\\begin\s*\{((?:[pbB]|small)?matrix|array)\*?\}")
_BRACKETED = re.compile(r"[(\[\]].*[)\]\[]", re.DOTALL)
_SETTY = re.compile(r"\\?\{.*\\?\}|\\emptyset|\{\}", re.DOTALL)
_ALTERNATIVES = re.compile(r"\\(?:pm|lor|vee)(?![A-Za-z])|(?<![A-Za-z\\])(?:or|and)(?![A-Za-z])")
_NOTHING = re.compile(r"no (?:real )?solutions?|(?:the )?empty set", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]{2,}|(?=.{2})[A-Za-z]*[aeiouAEIOU][A-Za-z]*")
_DIGITS = re.compile(r"[-+]? ?([0-9,]*)\.?([0-9]*)(?:[eE]| ?\* ?10 ?\^|$)")
_SUBSTANCE = re.compile(r"[0-9+^]|[+-]$|[A-Z][a-z][A-Z]|[A-Z][A-Z][a-z]|^[A-Z][A-Z]$")
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{4,}(?![A-Za-z]*\{)")


def infer_kind(gold: str) -> AnswerKind:
    """The kind of a gold answer, by its notation. Total: what nothing else fits is text."""
    if _SOURCE.match(gold):
        return AnswerKind.PROGRAM
    if "\n" in gold.strip() and not re.search(
        r"\\(?:boxed|begin|\[)|\$\$|\banswer\b|####", gold, re.IGNORECASE
    ):
        return AnswerKind.PROGRAM_OUTPUT
    text = extract(gold)
    if len(text) > MAX_ANSWER:
        return AnswerKind.TEXT
    if _NO_NUMBER.fullmatch(text) or _JSON.match(text):
        return AnswerKind.TEXT
    for kind, fits in _TESTS:
        try:
            if fits(text):
                return kind
        except (ValueError, ArithmeticError, RecursionError):
            continue
    if counts_something(text):
        return _kind_of_number(worded(text)[0].tree)
    return AnswerKind.TEXT


def _kind_of_number(tree: Node) -> AnswerKind:
    value = exact(tree)
    whole = value is not None and value.denominator == 1
    return AnswerKind.INTEGER if whole else AnswerKind.RATIONAL


def _is_matrix(text: str) -> bool:
    if _ENVIRONMENT.search(text):
        return True
    return re.match(r"[^=]*=?\s*(?:[A-Za-z.]*\()?\s*[\[(]\s*[\[(]|\[[^\[\],]*;", text) is not None and (
        "[" in text and len(read_matrix(text)) > 0
    )


def _is_chemistry(text: str) -> bool:
    if is_written_as_chemistry(text):
        return True
    bare = plain(text)
    if not _SUBSTANCE.search(bare) or not re.match(r"[0-9 ]*[A-Z(\[{]", bare) or "=" in bare:
        return False
    found = read_chemistry(text)
    # Letters such as P_1 V_1 or a bare CO are more often something else.
    symbols = [symbol for symbol in re.findall(r"[A-Z][a-z]?", bare) if symbol in ELEMENTS]
    return hasattr(found, "reversible") or not (
        re.search(r"_\{?1\}?(?![0-9])", bare) or (len({*symbols}) < 2 and not _is_alone(bare))
    )


def _is_alone(text: str) -> bool:
    """O_2, Fe^{3+}, Na+: one element, with an index or a charge that says so."""
    return (
        re.fullmatch(
            r" ?(?:H|N|O|F|Cl|Br|I|P|S) ?_?\{?[2348]\}?|[A-Z][a-z]? ?\^ ?\{?[1-4]?[+-]\}?|[A-Z][a-z]?[1-4]?[+-]",
            text,
        )
        is not None
    )


def _is_interval(text: str) -> bool:
    bare = plain(text)
    letter = read_region(text)[0]
    if re.search(r"[<>≤≥≠ℝ]|\\(?:cup|cap|infty)", bare):
        return True
    if letter:
        return _BRACKETED.search(bare) is not None
    if not _BRACKETED.fullmatch(bare):
        return False
    # (1, 2) is a pair, [1, 2] an interval where its ends are in order.
    return (bare[0] == "[" or bare[-1] == "]") and _in_order(bare)


def _in_order(bare: str) -> bool:
    low, high = (read_value(end).tree for end in split_top(bare[1:-1]))
    values = exact(low), exact(high)
    return values[0] is None or values[1] is None or values[0] < values[1]


def _is_set(text: str) -> bool:
    bare = plain(text)
    bare = split_name(bare)[1] if bare.count("=") == 1 else bare
    if _SETTY.fullmatch(re.sub(r"^[A-Za-z] ?\\in(?![A-Za-z]) ?", "", bare)) or _NOTHING.fullmatch(bare):
        return True
    return _ALTERNATIVES.search(bare) is not None and reads_as_list(text)


def _is_tuple(text: str) -> bool:
    bracket, names_of_entries = outline(text)
    letters = {re.sub(r"_[0-9]+$", "", name) for name in names_of_entries}
    return bracket in {"(", "["} or len(letters) > 1


def _is_multiset(text: str) -> bool:
    return len(split_top(plain(text))) > 1 and reads_as_list(text)


def _is_modulo_constant(text: str) -> bool:
    rest, constant = split_constant(read_value(text).tree)
    letters = names(rest)
    return constant in {"C", "C_1", "K"} and bool(letters) and all(letter[0].islower() for letter in letters)


def _is_equation(text: str) -> bool:
    bare = plain(text)
    if not re.search("[=<>≤≥≠]", bare):
        return False
    name, value = split_name(bare)
    if name and ("(" in name or not names(read_value(value).tree)):
        return False
    return all(names(relation.difference) for relation in read_relations(text))


def _is_rational(text: str) -> bool:
    value = read_value(text)
    rational = exact(value.fraction_of_one)
    if rational is None:
        return False
    return value.half_unit is None or not _states_precision(plain(text), rational)


def _is_integer(text: str) -> bool:
    value = exact(read_value(text).fraction_of_one)
    return value is not None and value.denominator == 1 and "%" not in text and _is_rational(text)


def _is_real(text: str) -> bool:
    value = read_value(text)
    return value.half_unit is not None and exact(value.tree) is not None


def _states_precision(bare: str, value: Fraction) -> bool:
    """Whether a decimal is meant to its last place: 3.14 and 6.02e23, but not 0.125 or 12."""
    found = _DIGITS.match(split_name(bare)[1])
    if found is None or not found[2]:
        return False
    figures = len((found[1] + found[2]).replace(",", "").lstrip("0"))
    scientific = re.search(r"[eE]|10 ?\^", bare) is not None
    return figures >= _LEAST_FIGURES and (scientific or value.denominator > _SHORT_DECIMAL)


def _is_expression(text: str) -> bool:
    # "cat" is no product of c, a and t.
    return not _WORD.fullmatch(plain(text)) and _is_value(text)


def _is_value(text: str) -> bool:
    read_value(text)
    return True


def _is_notation(text: str) -> bool:
    """LaTeX beyond our grammar: the same text is all that can be equal."""
    return re.search(r"\\[A-Za-z]+|[\^=_]", plain(text)) is not None and not _PROSE.search(plain(text))


_TESTS = (
    (AnswerKind.MATRIX, _is_matrix),
    (AnswerKind.BOOLEAN, is_truth),
    (AnswerKind.CHOICE, is_label),
    (AnswerKind.INTEGER, _is_integer),
    (AnswerKind.RATIONAL, _is_rational),
    (AnswerKind.REAL, _is_real),
    (AnswerKind.CHEMICAL_FORMULA, _is_chemistry),
    (AnswerKind.INTERVAL, _is_interval),
    (AnswerKind.QUANTITY, reads_as_quantity),
    (AnswerKind.MODULO_CONSTANT, _is_modulo_constant),
    (AnswerKind.EQUATION, _is_equation),
    (AnswerKind.EXPRESSION, _is_expression),
    (AnswerKind.TUPLE, _is_tuple),
    (AnswerKind.SET, _is_set),
    (AnswerKind.MULTISET, _is_multiset),
    (AnswerKind.EXPRESSION, _is_notation),
)
"""In this order; each may refuse by `UnreadableError`."""
