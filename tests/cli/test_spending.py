"""What requests come to, as people see it: sums by role and model, and what nobody knows as such."""

from __future__ import annotations

import io

from rich.console import Console

from propound.cli.spending import spending_table
from propound.models.ledger import Spending, Sums
from propound.models.purpose import Role


def test_the_table_says_what_is_unknown() -> None:
    parts = [
        (Role.PROPOSER, "qwen", Sums(requests=2, prompt_tokens=1200, completion_tokens=40, cost=0.25)),
        (Role.JUDGE, "oth\x1b[2Jer", Sums(requests=3, failures=1, unpriced=2)),
    ]
    screen = Console(width=120, file=io.StringIO())
    with screen.capture() as shown:
        screen.print(spending_table(Spending.over(parts)))
    lines = [line.split() for line in shown.get().splitlines()]
    assert lines[1:] == [
        ["all", "requests", "5", "1", "1200", "40", "?", "0.2500", "2"],
        ["as", "judge", "3", "1", "?", "?", "?", "?", "2"],
        ["as", "proposer", "2", "0", "1200", "40", "?", "0.2500", "0"],
        ["to", "oth\N{REPLACEMENT CHARACTER}[2Jer", "3", "1", "?", "?", "?", "?", "2"],
        ["to", "qwen", "2", "0", "1200", "40", "?", "0.2500", "0"],
    ]
