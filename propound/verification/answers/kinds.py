"""The names that people give to answer kinds."""

from __future__ import annotations

import re

from propound.problem import AnswerKind

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
