"""Says whether two final answers are the same, by the declared kind of the gold answer.

`compare` is pure and total: it evaluates no code, and bounds its input before any algebra, because one side
is whatever a model wrote. Only `Agreement.EQUAL` counts as the same; `UNDECIDED` never passes.

The package has three floors: `reading` turns text into small trees, `algebra` decides trees, `comparators`
hold one family of kinds each and are listed in `registry`. Importing it loads none of sympy, mpmath or pint.
"""

from propound.answers.agreement import Agreement, Comparison
from propound.answers.extraction import extract
from propound.answers.inference import infer_kind
from propound.answers.kinds import AnswerKind, kind_named
from propound.answers.registry import compare

__all__ = ["Agreement", "AnswerKind", "Comparison", "compare", "extract", "infer_kind", "kind_named"]
