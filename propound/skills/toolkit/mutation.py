"""Mutants of a Python program: each differs from it in one small, plausible mistake. Standard library only."""

from __future__ import annotations

import ast
import copy
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


def mutants(source: str) -> list[str]:
    """Sources of all first-order mutants, in a fixed order, without repetition."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    found = []
    for index, node in enumerate(ast.walk(tree)):
        for variant in _variants(node):
            mutated = copy.deepcopy(tree)
            target = next(other for place, other in enumerate(ast.walk(mutated)) if place == index)
            target.__dict__.clear()
            target.__dict__.update(variant.__dict__)
            target.__class__ = type(variant)
            try:
                text = ast.unparse(ast.fix_missing_locations(mutated))
            except (ValueError, AttributeError):
                continue
            if text not in seen:
                seen.add(text)
                found.append(text)
    return found


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
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SWAPPED_CALLS:
        yield ast.Call(ast.Name(_SWAPPED_CALLS[node.func.id], ast.Load()), node.args, node.keywords)
    elif isinstance(node, ast.If | ast.While | ast.IfExp):
        negated = copy.deepcopy(node)
        negated.test = ast.UnaryOp(ast.Not(), negated.test)
        yield negated
    elif isinstance(node, ast.Slice) and node.lower is not None and node.upper is None:
        yield ast.Slice(None, node.lower, node.step)
