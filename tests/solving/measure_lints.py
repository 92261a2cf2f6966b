"""How often stage 1 finds a fault in problems that are known to be sound, or known not to be.

    python -m tests.solving.measure_lints FILE.jsonl ...

Each line is a row with a statement (`statement`, `question`, `problem` or `input`), perhaps a `program`, an `answer`
and a `language`. Rows with a program are run through the whole stage, others through the tests of the text. What
rejects is counted by fault, with the first rows of each; the time is the median and the largest of one row.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from propound.domain import Domain
from propound.problem import MAX_STATEMENT, Work
from propound.sandbox import open_sandbox
from propound.solving.lint import Finding, lints
from propound.solving.reference import examine_reference
from tests.factories.drafts import terms

SHOWN = 3
"""Rows of each fault that are printed."""


def main(paths: list[str]) -> None:
    """Count and print."""
    sandbox = open_sandbox()
    for path in paths:
        rejected: Counter[str] = Counter()
        warned: Counter[str] = Counter()
        seconds: list[float] = []
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            began = time.perf_counter()
            found = _found(row, sandbox)
            seconds.append(time.perf_counter() - began)
            warned.update({finding.lint.value for finding in found if not finding.rejects})
            fault = next((finding for finding in found if finding.rejects), None)
            if fault is not None:
                rejected[fault.lint.value] += 1
                if rejected[fault.lint.value] <= SHOWN:
                    print(f"  {fault.lint}: {fault.detail[:160]}")
        seconds.sort()
        print(
            f"{path}: {rejected.total()} of {len(seconds)} rejected {dict(rejected)}, warned {dict(warned)}"
        )
        if seconds:
            print(
                f"  {1e3 * seconds[len(seconds) // 2]:.0f} ms in the median, {1e3 * seconds[-1]:.0f} ms at most"
            )


def _found(row: dict[str, Any], sandbox: Any) -> tuple[Finding, ...]:
    statement = next(row[name] for name in ("statement", "question", "problem", "input") if row.get(name))
    statement = str(statement)[:MAX_STATEMENT]
    language = row.get("language", "English")
    if not row.get("program"):
        return lints(statement, language=language)
    asked, claim = terms(language=language), row.get("answer")
    claim = None if claim is None else str(claim)
    work = Work(program=row["program"])
    return examine_reference(statement, work, claim, asked, Domain.MATHEMATICS, sandbox, seed=1).findings


if __name__ == "__main__":
    main(sys.argv[1:])
