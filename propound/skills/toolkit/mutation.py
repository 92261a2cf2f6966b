"""Mutants of a Python program: each differs from it in one small, plausible mistake. Standard library only.

The operators, by the names that are stored as evidence:

- `comparison`: another relation (`<` for `<=`, `!=` for `==`, `not in` for `in`)
- `arithmetic`: another operator (`-` for `+`, `%` for `//`), also in `+=`
- `constant`: an integer off by one
- `boolean`: `True` for `False`
- `logic`: `or` for `and`
- `negation`: a `not` or a minus sign left out
- `condition`: an `if`, `while`, conditional expression or filter turned round
- `function`: `min` for `max`, `all` for `any`
- `unwrapped`: a call of `abs`, `sorted`, `set`, `list` or `reversed` left out
- `arguments`: the two arguments of a call swapped
- `range`: a range that ends one early or one late
- `slice`: the bound of a slice at the other end
- `index`: the neighbouring element
- `assignment`: `=` for `+=`
- `deletion`: a statement that works by its effect left out
- `jump`: `continue` for `break`
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

OPERATORS = (
    "comparison",
    "arithmetic",
    "constant",
    "boolean",
    "logic",
    "negation",
    "condition",
    "function",
    "unwrapped",
    "arguments",
    "range",
    "slice",
    "index",
    "assignment",
    "deletion",
    "jump",
)

_COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add,),
    ast.FloorDiv: (ast.Mod,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
}
_SWAPPED_CALLS = {"max": "min", "min": "max", "any": "all", "all": "any"}
_WRAPPERS = frozenset({"abs", "sorted", "set", "list", "reversed"})

_Mistake = tuple[str, ast.AST]


class Mutant(NamedTuple):
    """A changed program and the operator that changed it."""

    operator: str
    source: str


def mutants(source: str, *, limit: int | None = None, rng: random.Random | None = None) -> list[Mutant]:
    """First-order mutants without repetition: all in a fixed order, or `limit` of them drawn by `rng`.

    Drawn mutants take turns over the operators, so that a common one does not crowd out the rare ones.
    """
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    mistakes = [(node, *mistake) for node in ast.walk(tree) for mistake in _mistakes(node)]
    if rng is not None:
        rng.shuffle(mistakes)
        of_each = [[mistake for mistake in mistakes if mistake[1] == operator] for operator in OPERATORS]
        mistakes = [mistake for turn in zip_longest(*of_each) for mistake in turn if mistake is not None]
    found: list[Mutant] = []
    for node, operator, variant in mistakes:
        if limit is not None and len(found) >= limit:
            break
        text = _unparse_with(tree, node, variant)
        if text not in seen:
            seen.add(text)
            found.append(Mutant(operator, text))
    return found


def _unparse_with(tree: ast.Module, node: ast.AST, variant: ast.AST) -> str:
    """The source with `variant` in the place of `node`; the tree is left as it was."""
    kept_class, kept_fields = node.__class__, dict(node.__dict__)
    node.__class__ = variant.__class__
    node.__dict__ = dict(variant.__dict__)
    try:
        return ast.unparse(ast.fix_missing_locations(tree))
    finally:
        node.__class__ = kept_class
        node.__dict__ = kept_fields


def _mistakes(node: ast.AST) -> Iterator[_Mistake]:
    """What a mistake could put in the place of the node, with the operator's name."""
    if isinstance(node, ast.expr):
        yield from _operations(node)
        yield from _conditions(node)
        yield from _calls(node)
        yield from _places(node)
    else:
        yield from _statements(node)


def _operations(node: ast.expr) -> Iterator[_Mistake]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for relation in _COMPARE.get(type(node.ops[0]), ()):
            yield "comparison", ast.Compare(node.left, [relation()], node.comparators)
    elif isinstance(node, ast.BinOp):
        for arithmetic in _ARITHMETIC.get(type(node.op), ()):
            yield "arithmetic", ast.BinOp(node.left, arithmetic(), node.right)
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield "constant", ast.Constant(node.value + 1)
        yield "constant", ast.Constant(node.value - 1)
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield "boolean", ast.Constant(not node.value)


def _conditions(node: ast.expr) -> Iterator[_Mistake]:
    if isinstance(node, ast.BoolOp):
        yield "logic", ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield "negation", node.operand
    elif isinstance(node, ast.IfExp):
        yield "condition", ast.IfExp(_negated(node.test), node.body, node.orelse)


def _calls(node: ast.expr) -> Iterator[_Mistake]:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return
    name, arguments = node.func.id, node.args
    if name in _SWAPPED_CALLS:
        called = ast.Name(_SWAPPED_CALLS[name], ast.Load())
        yield "function", ast.Call(called, arguments, node.keywords)
    elif name in _WRAPPERS and len(arguments) == 1:
        yield "unwrapped", arguments[0]
    elif name == "range":
        end = min(len(arguments), 2) - 1
        for operation in (ast.Sub(), ast.Add()):
            moved = ast.BinOp(arguments[end], operation, ast.Constant(1))
            yield "range", ast.Call(node.func, [*arguments[:end], moved, *arguments[end + 1 :]], [])
    if len(arguments) == 2 and name not in _SWAPPED_CALLS:
        yield "arguments", ast.Call(node.func, arguments[::-1], node.keywords)


def _places(node: ast.expr) -> Iterator[_Mistake]:
    if not isinstance(node, ast.Subscript):
        return
    place = node.slice
    if isinstance(place, ast.Slice):
        if (place.lower is None) != (place.upper is None):
            turned = ast.Slice(place.upper, place.lower, place.step)
            yield "slice", ast.Subscript(node.value, turned, node.ctx)
    elif isinstance(node.ctx, ast.Load) and not isinstance(place, ast.Constant):
        moved = ast.BinOp(place, ast.Sub(), ast.Constant(1))
        yield "index", ast.Subscript(node.value, moved, node.ctx)


def _statements(node: ast.AST) -> Iterator[_Mistake]:
    if isinstance(node, ast.AugAssign):
        for arithmetic in _ARITHMETIC.get(type(node.op), ()):
            yield "arithmetic", ast.AugAssign(node.target, arithmetic(), node.value)
        yield "assignment", ast.Assign([node.target], node.value)
        yield "deletion", ast.Pass()
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "deletion", ast.Pass()
    elif isinstance(node, ast.If):
        yield "condition", ast.If(_negated(node.test), node.body, node.orelse)
    elif isinstance(node, ast.While):
        yield "condition", ast.While(_negated(node.test), node.body, node.orelse)
    elif isinstance(node, ast.comprehension):
        for index, test in enumerate(node.ifs):
            tests = [*node.ifs[:index], _negated(test), *node.ifs[index + 1 :]]
            yield "condition", ast.comprehension(node.target, node.iter, tests, node.is_async)
    elif isinstance(node, ast.Break):
        yield "jump", ast.Continue()
    elif isinstance(node, ast.Continue):
        yield "jump", ast.Break()


def _negated(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)
