"""The kinds of answers, and the names that people give to them."""

from __future__ import annotations

import re
from enum import StrEnum


class AnswerKind(StrEnum):
    """How a gold answer is meant, and therefore how another answer is compared with it."""

    INTEGER = "integer"
    RATIONAL = "rational"
    REAL = "real"
    """A decimal with stated significant figures."""
    EXPRESSION = "expression"
    MODULO_CONSTANT = "modulo_constant"
    """An expression whose additive constant is free: x^2 + C."""
    POLYNOMIAL = "polynomial"
    EQUATION = "equation"
    """An equation or an inequality in letters; what it says counts, not how it is arranged."""
    SET = "set"
    MULTISET = "multiset"
    """Entries in any order, each as often as it is written."""
    TUPLE = "tuple"
    INTERVAL = "interval"
    """A set of real numbers made of intervals and points, as brackets or as inequalities."""
    MATRIX = "matrix"
    QUANTITY = "quantity"
    """A number with a unit, to the significant figures that the statement asks for."""
    CHOICE = "choice"
    BOOLEAN = "boolean"
    TEXT = "text"
    CHEMICAL_FORMULA = "chemical_formula"
    """Atoms and charge of a substance, or a reaction of such."""
    PROGRAM_OUTPUT = "program_output"
    """What a program prints, line by line."""
    PROGRAM = "program"
    """A Python function or program; equal means: passes the tests."""


_UNDECLARED = "auto any infer number numeric math unknown"
"""Names that leave the kind to the gold answer."""

_ALSO: dict[AnswerKind, str] = {
    AnswerKind.INTEGER: "int",
    AnswerKind.RATIONAL: "fraction",
    AnswerKind.REAL: "float decimal real_with_stated_precision",
    AnswerKind.EXPRESSION: "expr symbolic algebraic",
    AnswerKind.MODULO_CONSTANT: "expression_modulo_constant expression_modulo_a_constant expression_mod_constant "
    "modulo_a_constant up_to_constant antiderivative indefinite_integral",
    AnswerKind.EQUATION: "inequality system",
    AnswerKind.MULTISET: "bag",
    AnswerKind.TUPLE: "ordered_pair pair point vector sequence list",
    AnswerKind.INTERVAL: "union intervals interval_or_union interval_union union_of_intervals "
    "interval_or_union_of_intervals",
    AnswerKind.QUANTITY: "unit quantity_with_unit physical_quantity",
    AnswerKind.CHOICE: "multiple_choice mcq option",
    AnswerKind.BOOLEAN: "bool yes_no true_false",
    AnswerKind.TEXT: "literal literal_text string word",
    AnswerKind.CHEMICAL_FORMULA: "formula chemical chemistry chemical_equation molecule",
    AnswerKind.PROGRAM_OUTPUT: "output stdout",
    AnswerKind.PROGRAM: "code",
}

_KINDS: dict[str, AnswerKind | None] = {
    "": None,
    **dict.fromkeys(_UNDECLARED.split(), None),
    **{name: kind for kind, names in _ALSO.items() for name in names.split()},
    **{kind.value: kind for kind in AnswerKind},
}


def kind_named(name: str) -> AnswerKind | None:
    """The kind that `name` means, None where it leaves that to the gold answer. KeyError for an unknown name."""
    return _KINDS[re.sub(r"[\s_-]+", "_", name.strip().lower())]
