"""What requests to language models come to, as a table for people; what nobody knows is a question mark, never 0."""

from __future__ import annotations

from rich.table import Table

from propound.cli.output import table
from propound.models.ledger import Spending, Sums

UNKNOWN = "?"


def spending_table(spending: Spending) -> Table:
    """A line for all, for each role and for each model."""
    rows = [("all requests", *_cells(spending))]
    rows += [(f"as {role}", *_cells(sums)) for role, sums in spending.by_role.items()]
    rows += [(f"to {model}", *_cells(sums)) for model, sums in spending.by_model.items()]
    heads = ["", "requests", "failed", "prompt tokens", "completion tokens", "of thought", "cost", "unpriced"]
    return table(heads, rows)


def _cells(sums: Sums) -> tuple[int | str, ...]:
    tokens = (sums.prompt_tokens, sums.completion_tokens, sums.thought_tokens)
    cost = UNKNOWN if sums.cost is None else f"{sums.cost:.4f}"
    known = (UNKNOWN if number is None else number for number in tokens)
    return sums.requests, sums.failures, *known, cost, sums.unpriced
