"""The small tree that an expression is read into; numbers are exact, and nothing is simplified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

CONSTANTS = {"pi", "e", "i", "infinity"}
"""Names of `Constant`."""

UNKNOWN_BASE = "base of log"
"""The free name in `log x` without a base: ten for some, e for others, so it equals neither."""


@dataclass(frozen=True, slots=True)
class Number:
    """A literal."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """One of `CONSTANTS`."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation: add, mul, div, neg, pow, root (radicand, index), log (argument, base), or a function."""

    operation: str
    operands: tuple[Node, ...]


Node = Number | Name | Constant | Apply


def nodes(tree: Node) -> Iterator[Node]:
    """Every node of `tree`."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Apply):
            waiting.extend(node.operands)


def names(tree: Node) -> frozenset[str]:
    """The variables of `tree`."""
    return frozenset(node.name for node in nodes(tree) if isinstance(node, Name))


def constants(tree: Node) -> frozenset[str]:
    """The constants of `tree`."""
    return frozenset(node.name for node in nodes(tree) if isinstance(node, Constant))


def operations(tree: Node) -> frozenset[str]:
    """The operations of `tree`."""
    return frozenset(node.operation for node in nodes(tree) if isinstance(node, Apply))
