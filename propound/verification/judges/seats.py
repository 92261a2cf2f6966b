"""Who sits in the committee of three. Programmatic members vote first, and what they reject no judge sees."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from propound.verification.verifiers import Case, Verifier
from propound.verification.vote import Vote


def poll(judges: Sequence[Verifier], case: Case) -> tuple[Vote, ...]:
    """The votes of the judges, who are asked at the same time; in their order.

    Raises:
        ServiceDownError: a judge's service is down.
    """
    with ThreadPoolExecutor(len(judges), thread_name_prefix="judge") as threads:
        return tuple(threads.map(lambda judge: judge.vote(case), judges))


def seated(programmatic: Sequence[Vote], judged: Sequence[Vote]) -> tuple[Vote, ...]:
    """The votes that count: each judge takes the seat of the last programmatic member that still has one.

    With three judges the committee is theirs alone. With one, its vote is outvoted unless it names a defect.
    """
    return (*programmatic[: max(0, len(programmatic) - len(judged))], *judged)
