"""Proof of an equality with sympy, on objects built here from a bounded tree: no text reaches sympy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any

from propound.answers.algebra.exact import bits, exact
from propound.answers.effort import Effort
from propound.answers.errors import UnreadableError
from propound.answers.limits import MAX_DEGREE, MAX_SYMBOLIC_BITS, MAX_SYMBOLIC_NODES
from propound.answers.reading.alphabet import HYPERBOLIC, TRIGONOMETRIC
from propound.answers.reading.tree import (
    Apply,
    Constant,
    Name,
    Node,
    Number,
    names,
    nodes,
    operations,
)

Steps = Callable[[], Iterator[Callable[[Any], Any]]]

_NEEDS_A_DOMAIN = {"root", "pow", "log"}
"""Operations whose identities may need positive letters."""


def proven(a: Node, b: Node, effort: Effort) -> bool:
    """Whether a - b is shown to be zero within `effort`.

    Letters are real. Where that does not suffice, and no absolute value hides a sign, they are taken as
    positive (ln x^2 = 2 ln x); an equality that fails for negative numbers has been refuted there before.
    """
    if not (_fits(a) and _fits(b)):
        return False
    used = operations(a) | operations(b)
    letters = names(a) | names(b)
    may_be_positive = letters and "abs" not in used and used & _NEEDS_A_DOMAIN
    signs = (False, True) if may_be_positive else (False,)
    return any(
        _vanishes(a, b, effort, steps, positive=positive)
        for steps in (_cheap, _thorough)
        for positive in signs
    )


def _vanishes(a: Node, b: Node, effort: Effort, steps: Steps, *, positive: bool) -> bool:
    import sympy  # outside the budget: loading it is no part of the work

    written = sorted(names(a) | names(b))

    def difference() -> Any:
        assumption = {"positive": True} if positive else {"real": True}
        letters = {name: sympy.Symbol(f"x{at}", **assumption) for at, name in enumerate(written)}
        return _built(a, letters) - _built(b, letters)

    built = effort.run(difference)
    return built is not None and any(effort.run(partial(_is_zero, step, built)) for step in steps())


def _is_zero(step: Callable[[Any], Any], difference: Any) -> bool:
    return bool(step(difference) == 0)


def _cheap() -> Iterator[Callable[[Any], Any]]:
    """Ways to bring a difference to zero, in the time of an expansion."""
    import sympy

    yield lambda d: d
    yield sympy.expand
    yield _numerator
    yield lambda d: sympy.expand(d.rewrite(sympy.exp))
    yield lambda d: _numerator(d.rewrite(sympy.exp))
    yield lambda d: sympy.expand(sympy.powsimp(sympy.expand_log(sympy.expand(d))))


def _thorough() -> Iterator[Callable[[Any], Any]]:
    """Ways that search."""
    import sympy

    yield lambda d: sympy.expand(sympy.radsimp(sympy.sqrtdenest(d)))
    yield lambda d: sympy.expand(sympy.sqrtdenest(sympy.expand(d)))
    yield sympy.gammasimp
    yield sympy.simplify
    yield _minimal


def _numerator(difference: Any) -> Any:
    import sympy

    return sympy.expand(sympy.together(difference).as_numer_denom()[0])


def _minimal(difference: Any) -> Any:
    """Zero where the minimal polynomial of an algebraic number says so."""
    import sympy

    if difference.free_symbols:
        return difference
    letter = sympy.Symbol("minimal")
    return 0 if sympy.minimal_polynomial(difference, letter) == letter else difference


def _fits(tree: Node) -> bool:
    """Whether sympy may see the tree: small, small numbers, small exponents, no infinity."""
    found = list(nodes(tree))
    if len(found) > MAX_SYMBOLIC_NODES:
        return False
    if _degree(tree) > MAX_DEGREE:
        return False
    for node in found:
        if isinstance(node, Number) and bits(node.value) > MAX_SYMBOLIC_BITS:
            return False
        if isinstance(node, Constant) and node.name == "infinity":
            return False
        if isinstance(node, Apply) and not _small(node):
            return False
    return True


def _degree(tree: Node) -> Fraction:
    """At most how often a letter is multiplied by letters in the expanded tree: 81 for (x^9)^9."""
    if not isinstance(tree, Apply):
        return Fraction(isinstance(tree, Name))
    degrees = [_degree(operand) for operand in tree.operands]
    if tree.operation == "mul":
        return sum(degrees, Fraction(0))
    times = exact(tree.operands[-1]) if tree.operation == "pow" else None
    return max(degrees) * max(abs(times or Fraction(1)), Fraction(1))


def _small(node: Apply) -> bool:
    try:
        value = exact(node)
        last = exact(node.operands[-1])
    except UnreadableError:
        return False
    if value is not None and bits(value) > MAX_SYMBOLIC_BITS:
        return False
    if node.operation in {"pow", "root"}:
        return last is None or abs(last) <= MAX_DEGREE
    return node.operation != "factorial" or last is None or abs(last) <= MAX_DEGREE


def _built(tree: Node, letters: dict[str, Any]) -> Any:
    import sympy

    if isinstance(tree, Number):
        return sympy.Rational(tree.value.numerator, tree.value.denominator)
    if isinstance(tree, Name):
        return letters[tree.name]
    if isinstance(tree, Constant):
        return {"pi": sympy.pi, "e": sympy.E, "i": sympy.I}[tree.name]
    value = exact(tree)
    if value is not None:
        return sympy.Rational(value.numerator, value.denominator)
    operands = [_built(operand, letters) for operand in tree.operands]
    return _OPERATIONS[tree.operation](sympy, *operands)


def _root(sympy: Any, radicand: Any, index: Any) -> Any:
    """The real root: of an odd index also for negative numbers."""
    if index % 2 == 1 and radicand.is_negative:
        return -sympy.root(-radicand, index)
    return sympy.root(radicand, index)


def _called(name: str) -> Callable[..., Any]:
    return lambda sympy, *operands: getattr(sympy, name)(*operands)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": lambda sympy, *terms: sympy.Add(*terms),
    "mul": lambda sympy, *factors: sympy.Mul(*factors),
    "div": lambda _, a, b: a / b,
    "neg": lambda _, a: -a,
    "pow": lambda _, a, b: a**b,
    "root": _root,
    "log": lambda sympy, argument, base: sympy.log(argument) / sympy.log(base),
    "abs": _called("Abs"),
    "ceil": _called("ceiling"),
    "arcsin": _called("asin"),
    "arccos": _called("acos"),
    "arctan": _called("atan"),
    **{name: _called(name) for name in (*TRIGONOMETRIC, *HYPERBOLIC, "floor", "factorial", "binomial")},
}
