"""Mutants of a Python program: each differs from it in one small, plausible mistake. Standard library only."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator

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


def mutants(source: str, *, limit: int | None = None, rng: random.Random | None = None) -> list[str]:
    """Sources of first-order mutants without repetition: all in a fixed order, or `limit` of them drawn by `rng`."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    mistakes = [(node, variant) for node in ast.walk(tree) for variant in _variants(node)]
    if rng is not None:
        rng.shuffle(mistakes)
    found: list[str] = []
    for node, variant in mistakes:
        if limit is not None and len(found) >= limit:
            break
        text = _unparse_with(tree, node, variant)
        if text not in seen:
            seen.add(text)
            found.append(text)
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


def _variants(node: ast.AST) -> Iterator[ast.AST]:
    """The node with one mistake each: comparison, arithmetic, logic, constant, condition, call or slice."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for operator in _COMPARE.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [operator()], node.comparators)
    elif isinstance(node, ast.BinOp):
        for arithmetic in _ARITHMETIC.get(type(node.op), ()):
            yield ast.BinOp(node.left, arithmetic(), node.right)
    elif isinstance(node, ast.AugAssign):
        for arithmetic in _ARITHMETIC.get(type(node.op), ()):
            yield ast.AugAssign(node.target, arithmetic(), node.value)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield ast.Constant(not node.value)
    else:
        yield from _structural_variants(node)


def _structural_variants(node: ast.AST) -> Iterator[ast.AST]:
    """Mistakes in a condition, a call, a sign or a slice."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SWAPPED_CALLS:
        yield ast.Call(ast.Name(_SWAPPED_CALLS[node.func.id], ast.Load()), node.args, node.keywords)
    elif isinstance(node, ast.If | ast.While | ast.IfExp):
        test = ast.UnaryOp(ast.Not(), node.test)
        if isinstance(node, ast.IfExp):
            yield ast.IfExp(test, node.body, node.orelse)
        elif isinstance(node, ast.If):
            yield ast.If(test, node.body, node.orelse)
        else:
            yield ast.While(test, node.body, node.orelse)
    elif isinstance(node, ast.Slice) and node.lower is not None and node.upper is None:
        yield ast.Slice(None, node.lower, node.step)
