"""What PostgreSQL is asked, and what it reads to answer: counted, never timed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

Seen = list[tuple[str, Any]]


@contextmanager
def listening(session: Session) -> Iterator[Seen]:
    """The statements of the block, with their parameters."""
    seen: Seen = []
    connection = session.connection()

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        seen.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    yield seen
    event.remove(connection, "before_cursor_execute", note)


def statements(session: Session, action: Callable[[], object]) -> list[str]:
    """What is asked while the action runs."""
    with listening(session) as seen:
        action()
    return [statement for statement, _ in seen]


def rows_read(session: Session, seen: Seen) -> dict[str, int]:
    """Rows that the queries read, by table; they are run once more."""
    read: dict[str, int] = {}
    for statement, parameters in seen:
        if not statement.lstrip().startswith("SELECT"):
            continue
        found = session.connection().exec_driver_sql(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters
        )
        plan = found.scalar_one()
        for node in _nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]):
            if "Relation Name" in node:
                removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
                rows = (node["Actual Rows"] + removed) * node["Actual Loops"]
                read[node["Relation Name"]] = read.get(node["Relation Name"], 0) + round(rows)
    return read


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)
